//! Programs that hang, flood and fork.

use std::ops::ControlFlow;

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

#[test]
fn argv_is_shown_as_it_would_be_typed() {
    let argv = ["grep", "-Eq", "^  timeout: [0-9]+", "it's", ""].map(str::to_owned);
    assert_eq!(shown(&argv), r"grep -Eq '^  timeout: [0-9]+' 'it'\''s' ''");
}

/// What `script` writes line by line, cut at eight bytes; `!` marks a cut line. Stops at a line `enough`.
fn streamed(script: &str, timeout: Duration) -> (Vec<String>, Streamed) {
    let argv = argv(&["sh", "-c", script]);
    let mut told = Vec::new();
    let ended = lines(&Command::new(&argv, Path::new("/"), timeout), 8, &mut |line| {
        let mark = if line.half {
            "..."
        } else if line.cut {
            "!"
        } else {
            ""
        };
        told.push(format!("{}{mark}", String::from_utf8_lossy(line.bytes)));
        if line.bytes == b"enough" { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    (told, ended.unwrap())
}

#[test]
fn lines_come_one_by_one_and_errors_apart() {
    let (told, ended) =
        streamed("echo one; echo; echo bad >&2; echo 12345678; echo 123456789; printf half; exit 3", LONG);
    assert_eq!(told, ["one", "", "12345678", "12345678!", "half"]);
    assert_eq!((ended.status, ended.last_words().as_deref()), (Some(3), Some("bad")));
    assert!(!ended.succeeded() && !ended.timed_out && !ended.stopped);
}

#[test]
fn no_line_is_lost_of_much_output() {
    let argv = argv(&["seq", "300000"]);
    let mut next = 1_u32;
    let ended = lines(&Command::new(&argv, Path::new("/"), LONG), 100, &mut |line| {
        assert_eq!(std::str::from_utf8(line.bytes).unwrap(), next.to_string());
        next += 1;
        ControlFlow::Continue(())
    });
    assert!(ended.unwrap().succeeded());
    assert_eq!(next, 300_001);
}

#[test]
fn one_who_has_enough_ends_it() {
    let (told, ended) = streamed("echo a; echo enough; while :; do echo more; done", LONG);
    assert_eq!(told, ["a", "enough"]);
    assert!(ended.stopped && !ended.succeeded() && ended.took < LONG);
}

#[test]
fn a_half_line_of_one_that_was_killed_is_told_as_such() {
    let (told, ended) = streamed("echo a; printf half; sleep 300", Duration::from_millis(300));
    assert_eq!(told, ["a", "half..."]);
    assert!(ended.timed_out);
}

#[test]
fn a_line_without_end_and_endless_errors_take_no_memory() {
    let (told, ended) = streamed("head -c 3000000 /dev/zero; echo; yes | head -c 100000 >&2; echo z", LONG);
    assert_eq!(told, [&format!("{}!", "\0".repeat(8)), "z"]);
    assert_eq!((ended.stderr.len(), ended.last_words().as_deref()), (16 * 1024, Some("y")));
}

#[test]
fn a_text_is_one_word_of_a_shell() {
    assert_eq!(word(Path::new("/srv/app-1/heal.yaml")), "/srv/app-1/heal.yaml");
    assert_eq!(word(Path::new("/srv/a b;rm")), "'/srv/a b;rm'");
    assert_eq!(word("it's"), r"'it'\''s'");
    assert_eq!(shown(&["echo".to_owned(), String::new()]), "echo ''");
}
