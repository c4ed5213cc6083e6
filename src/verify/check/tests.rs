//! Each kind of check, passing and failing, against real programs, ports and servers of the test's own.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;

use super::*;
use crate::catalogue::{OnIneffective, Origin};
use crate::words::Risk;

fn fix(verify: Vec<Check>, timeout: Duration) -> Fix {
    Fix {
        name: "a".to_owned(),
        selectors: Vec::new(),
        description: String::new(),
        risk: Risk::Safe,
        when: None,
        trusted: None,
        steps: Vec::new(),
        verify,
        settle: Duration::ZERO,
        on_ineffective: OnIneffective::Retry,
        cooldown: None,
        probation: None,
        max_attempts: None,
        max_event_age: None,
        timeout,
        origin: Origin { file: "a.yaml".into(), builtin: false },
        adoption: None,
    }
}

fn run(check: Check, workspace: &Path, timeout: Duration, errors: &[u64]) -> Result<(), String> {
    let mut looks = errors.iter().copied();
    let mut new_errors = || Ok(looks.next().unwrap_or_default());
    let mut around = Surroundings { workspace, begun: Instant::now(), new_errors: &mut new_errors };
    run_checks(&fix(vec![check], timeout), &mut around).map_err(|failure| failure.reason)
}

const MINUTE: Duration = Duration::from_secs(60);

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

#[test]
fn a_command_passes_by_its_exit_code() {
    let here = Path::new("/");
    assert_eq!(run(Check::Command(words(&["true"])), here, MINUTE, &[]), Ok(()));
    let reason = run(Check::Command(words(&["ls", "/nowhere-at-all"])), here, MINUTE, &[]).unwrap_err();
    assert!(reason.starts_with("ended with exit code 2: ") && reason.contains("nowhere-at-all"), "{reason}");
    let slow = run(Check::Command(words(&["sleep", "60"])), here, Duration::from_secs(1), &[]).unwrap_err();
    assert!(slow.starts_with("was stopped after "), "{slow}");
    assert!(run(Check::Command(words(&["no-such-program"])), here, MINUTE, &[]).is_err());
    let late = run(Check::Command(words(&["true"])), here, Duration::ZERO, &[]).unwrap_err();
    assert!(late.contains("used up"), "{late}");
}

#[test]
fn a_relative_file_is_the_workspace_s() {
    let dir = tempfile::tempdir().unwrap();
    #[allow(clippy::disallowed_methods, reason = "the test sets the scene")]
    std::fs::write(dir.path().join("a.json"), b"{}").unwrap();
    assert_eq!(run(Check::FileParses("a.json".to_owned()), dir.path(), MINUTE, &[]), Ok(()));
    assert!(run(Check::FileParses("b.json".to_owned()), dir.path(), MINUTE, &[]).is_err());
}

#[test]
fn a_port_may_take_a_moment_to_open() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let check = Check::PortOpen { host: "127.0.0.1".to_owned(), port };
    let closed = run(check.clone(), Path::new("/"), Duration::from_millis(600), &[]).unwrap_err();
    assert_eq!(closed, "connection refused");
    let late = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(400));
        TcpListener::bind(("127.0.0.1", port)).map(|listener| (listener, std::thread::sleep(Duration::from_secs(2))))
    });
    assert_eq!(run(check, Path::new("/"), MINUTE, &[]), Ok(()));
    drop(late.join());
}

#[test]
fn a_server_must_answer_the_status_that_is_asked_for() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for (at, stream) in listener.incoming().enumerate() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4096]).unwrap();
            // Not ready at first.
            let status = if at < 2 { "503 Not Yet" } else { "204 Fine" };
            write!(stream, "HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").unwrap();
        }
    });
    let url = format!("http://127.0.0.1:{port}/up");
    let check = |status, within| Check::HttpOk { url: url.clone(), status, within };
    assert_eq!(run(check(None, MINUTE), Path::new("/"), MINUTE, &[]), Ok(()));
    assert_eq!(run(check(Some(204), MINUTE), Path::new("/"), MINUTE, &[]), Ok(()));
    let other = run(check(Some(200), Duration::from_millis(600)), Path::new("/"), MINUTE, &[]).unwrap_err();
    assert_eq!(other, "does not hold: it answers 204");
}

#[test]
fn new_errors_are_watched_for_until_the_end() {
    let check = |within| Check::NoNewErrors { within };
    let short = Duration::from_millis(300);
    assert_eq!(run(check(short), Path::new("/"), MINUTE, &[0, 0]), Ok(()));
    let one = run(check(short), Path::new("/"), MINUTE, &[0, 1]).unwrap_err();
    assert_eq!(one, "does not hold: there is a new one");
    assert!(run(check(short), Path::new("/"), MINUTE, &[3]).unwrap_err().contains("3 new ones"));
    assert!(run(check(MINUTE), Path::new("/"), short, &[]).unwrap_err().contains("longer than"));
}

#[test]
fn a_service_that_is_not_there_is_not_active() {
    assert!(run(Check::ServiceActive("heal-no-such-unit".to_owned()), Path::new("/"), MINUTE, &[]).is_err());
}
