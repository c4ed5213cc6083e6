//! Programs that hang, flood and fork.

use super::*;

fn argv(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn sh(script: &str, timeout: Duration) -> Outcome {
    let argv = argv(&["sh", "-c", script]);
    run(&Command::new(&argv, Path::new("/"), timeout)).unwrap()
}

const LONG: Duration = Duration::from_secs(60);

#[test]
fn gives_status_and_both_outputs_in_order() {
    let outcome = sh("echo one; echo two >&2; echo three; exit 7", LONG);
    assert_eq!((outcome.status, outcome.text().as_str()), (Some(7), "one\ntwo\nthree\n"));
    assert!(!outcome.succeeded() && !outcome.timed_out && !outcome.truncated);
    assert!(sh("true", LONG).succeeded());
    assert_eq!(sh("kill -9 $$", LONG).signal, Some(9));
}

#[test]
fn arguments_are_never_words_of_a_shell() {
    let argv = argv(&["printf", "%s|", "a b", "$HOME", "; exit 1", "-n"]);
    let outcome = run(&Command::new(&argv, Path::new("/"), LONG)).unwrap();
    assert_eq!(outcome.text(), "a b|$HOME|; exit 1|-n|");
}

#[test]
fn the_environment_is_clean_and_input_is_empty() {
    let outcome = sh("env; cat", LONG);
    assert!(outcome.succeeded());
    let text = outcome.text();
    assert!(text.contains("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n"), "{text}");
    assert!(text.contains("LANG=C.UTF-8\n"), "{text}");
    assert!(!text.contains("CARGO"), "{text}");
}

#[test]
fn the_whole_group_dies_at_the_limit() {
    let outcome = sh("sleep 300 & echo $!; sleep 300 & wait", Duration::from_millis(300));
    assert!(outcome.timed_out && !outcome.succeeded());
    let pid: i32 = outcome.text().trim().parse().unwrap();
    let gone = || {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"));
        stat.map_or(true, |stat| stat.contains(") Z "))
    };
    for _ in 0..1000 {
        if gone() {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("the grandchild {pid} outlived its group");
}

#[test]
fn one_that_ignores_sigterm_is_killed() {
    let outcome = sh("trap '' TERM; echo ready; while :; do sleep 1; done", Duration::from_millis(300));
    assert!(outcome.timed_out);
    assert_eq!(outcome.signal, Some(9));
    assert_eq!(outcome.text(), "ready\n");
}

#[test]
fn a_grandchild_that_holds_the_pipe_does_not_hang_it() {
    let outcome = sh("sleep 300 & echo $!", LONG);
    assert!(outcome.succeeded());
    assert!(outcome.took < LONG);
    let pid: i32 = outcome.text().trim().parse().unwrap();
    rustix::process::kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL).unwrap();
}

#[test]
fn the_end_of_long_output_is_kept() {
    let outcome = sh("yes 0123456789abcde | head -c 3000000; echo; echo last", LONG);
    assert!(outcome.succeeded() && outcome.truncated);
    assert_eq!(outcome.output.len(), OUTPUT_LIMIT);
    assert!(outcome.text().ends_with("\nlast\n"));
}

#[test]
fn output_without_end_stops_at_the_limit() {
    let outcome = sh("yes", Duration::from_millis(300));
    assert!(outcome.timed_out && outcome.truncated);
}

#[test]
fn a_program_is_found_in_fixed_directories_only() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(resolve("sh", dir.path()).unwrap().file_name().unwrap(), "sh");
    std::fs::copy(resolve("true", dir.path()).unwrap(), dir.path().join("mine")).unwrap();
    assert_eq!(resolve("mine", dir.path()), None);
    assert_eq!(resolve("./mine", dir.path()), Some(dir.path().join("./mine")));
    let argv = argv(&["no-such-program-here"]);
    let error = run(&Command::new(&argv, dir.path(), LONG)).unwrap_err();
    assert!(error.to_string().contains("/usr/sbin"), "{error}");
    assert!(matches!(run(&Command::new(&[], dir.path(), LONG)), Err(ExecError::Empty)));
}

#[test]
fn a_folder_that_is_gone_is_an_error_not_a_panic() {
    let argv = argv(&["true"]);
    let error = run(&Command::new(&argv, Path::new("/no/such/folder"), LONG)).unwrap_err();
    assert!(matches!(error, ExecError::Start(..)), "{error}");
}
