//! Answers of a real systemd (252), and those that must not be believed.

use super::act::{advice, is_reached};
use super::state::{parse, tells_of_limit};
use super::*;

const STUBBORN: &str = "Type=simple\nResult=success\nNRestarts=0\nKillMode=mixed\nId=stubborn.service\n\
    Names=stubborn.service mule.service\nLoadState=loaded\nActiveState=active\nSubState=running\n\
    StateChangeTimestampMonotonic=32038237769\nCanReload=no\n";
const FAILED: &str = "Type=simple\nResult=exit-code\nNRestarts=5\nKillMode=control-group\nId=bad.service\n\
    Names=bad.service\nLoadState=loaded\nActiveState=failed\nSubState=failed\n\
    StateChangeTimestampMonotonic=32034867591\nCanReload=no\n";
const ONESHOT: &str = "Type=oneshot\nResult=success\nNRestarts=0\nKillMode=control-group\nId=one.service\n\
    Names=one.service\nLoadState=loaded\nActiveState=inactive\nSubState=dead\n\
    StateChangeTimestampMonotonic=0\nCanReload=no\n";
const ABSENT: &str = "Type=\nResult=success\nNRestarts=0\nKillMode=control-group\nId=nope.service\n\
    Names=nope.service\nLoadState=not-found\nActiveState=inactive\nSubState=dead\n\
    StateChangeTimestampMonotonic=0\nCanReload=no\n";
const TIMER: &str = "Result=success\nId=logrotate.timer\nNames=logrotate.timer\nLoadState=loaded\nActiveState=active\n\
    SubState=waiting\nStateChangeTimestampMonotonic=31940632803\nCanReload=no\n";
const MOUNT: &str = "Type=tmpfs\nResult=success\nKillMode=control-group\nId=tmp.mount\nNames=tmp.mount\n\
    LoadState=loaded\nActiveState=active\nSubState=mounted\nStateChangeTimestampMonotonic=31940455678\nCanReload=yes\n";

fn unit(name: &str) -> Unit {
    Unit::parse(name).unwrap()
}

#[test]
fn real_answers_are_understood() {
    let state = parse(&unit("mule"), STUBBORN).unwrap().state;
    assert_eq!((state.id.as_str(), state.kill_mode.as_str()), ("stubborn.service", "mixed"));
    assert_eq!(state.names, ["stubborn.service", "mule.service"]);
    assert!(state.is_active() && state.exists() && !state.can_reload && !state.start_limited);
    assert_eq!(state.shown(), "active (running)");

    let mut state = parse(&unit("bad"), FAILED).unwrap().state;
    assert_eq!((state.shown().as_str(), state.restarts), ("failed (Result: exit-code)", 5));
    state.start_limited = true;
    assert_eq!(state.shown(), "failed (Result: exit-code), start limit hit");
    let limited = FAILED.replace("exit-code", "start-limit-hit");
    assert!(parse(&unit("bad"), &limited).unwrap().state.start_limited);

    let state = parse(&unit("nope"), ABSENT).unwrap().state;
    assert!(!state.exists());
    assert_eq!(state.shown(), "not-found");
    assert_eq!(parse(&unit("logrotate.timer"), TIMER).unwrap().state.shown(), "active (waiting)");
    assert!(parse(&unit("tmp.mount"), MOUNT).unwrap().state.can_reload);
}

#[test]
fn an_answer_with_a_hole_is_none() {
    for line in STUBBORN.lines().filter(|line| !line.starts_with("Type=")) {
        let key = line.split('=').next().unwrap();
        let cut = STUBBORN.replace(&format!("{line}\n"), "");
        let error = parse(&unit("mule"), &cut).unwrap_err().to_string();
        assert!(error.contains(key), "{key}: {error}");
        let twice = format!("{STUBBORN}{line}\n");
        assert!(parse(&unit("mule"), &twice).is_err(), "{line} twice");
    }
    for (from, to) in [
        ("CanReload=no", "CanReload=maybe"),
        ("NRestarts=0", "NRestarts=[not set]"),
        ("Id=stubborn.service", "Id=../x"),
        ("ActiveState=active", "ActiveState=\u{1b}[31m"),
    ] {
        assert!(parse(&unit("mule"), &STUBBORN.replace(from, to)).is_err(), "{to}");
    }
    // An answer about another unit.
    assert!(parse(&unit("ssh"), STUBBORN).is_err());
}

#[test]
fn the_journal_tells_of_a_start_limit() {
    let line = |at: u64, text: &str| {
        format!("{{\"__MONOTONIC_TIMESTAMP\":\"{at}\",\"MESSAGE\":\"{text}\",\"_BOOT_ID\":\"f\"}}\n")
    };
    let limit = line(100_000_000, "bad.service: Start request repeated too quickly.");
    let journal =
        line(99_000_000, "Started bad.service.") + &limit + &line(100_000_001, "Failed to start bad.service.");
    assert!(tells_of_limit(&journal, 100_000_500));
    // Long before the last change of state, or before another start.
    assert!(!tells_of_limit(&journal, 103_000_000));
    assert!(!tells_of_limit(&(journal + &line(100_500_000, "Starting bad.service - Bad...")), 100_500_100));
    assert!(!tells_of_limit("nonsense\n{\"MESSAGE\":[1,2]}\n", 0));
    assert!(!tells_of_limit("", 0));
}

#[test]
fn commands_are_exact_and_end_options() {
    let shown = |verb| commands(verb, &unit("nginx")).iter().map(|argv| exec::shown(argv)).collect::<Vec<_>>();
    assert_eq!(shown(Verb::Restart), ["systemctl restart --no-ask-password -- nginx.service"]);
    assert_eq!(shown(Verb::Start), ["systemctl start --no-ask-password -- nginx.service"]);
    assert_eq!(shown(Verb::Stop), ["systemctl stop --no-ask-password -- nginx.service"]);
    assert_eq!(shown(Verb::Reload), ["systemctl reload --no-ask-password -- nginx.service"]);
    assert_eq!(
        shown(Verb::ForceRestart),
        [
            "systemctl kill --signal=SIGKILL --no-ask-password -- nginx.service",
            "systemctl restart --no-ask-password -- nginx.service"
        ]
    );
}

#[test]
fn each_verb_knows_its_end() {
    let running = parse(&unit("mule"), STUBBORN).unwrap();
    let failed = parse(&unit("bad"), FAILED).unwrap();
    let oneshot = parse(&unit("one"), ONESHOT).unwrap();
    let dead = parse(&unit("one"), &ONESHOT.replace("Type=oneshot", "Type=simple")).unwrap();
    for verb in [Verb::Start, Verb::Restart, Verb::ForceRestart] {
        assert!(is_reached(verb, &running) && is_reached(verb, &oneshot));
        assert!(!is_reached(verb, &failed) && !is_reached(verb, &dead));
    }
    assert!(is_reached(Verb::Stop, &failed) && is_reached(Verb::Stop, &dead) && !is_reached(Verb::Stop, &running));
    assert!(is_reached(Verb::Reload, &running) && !is_reached(Verb::Reload, &oneshot));

    let mut limited = failed.state;
    assert_eq!(advice(&unit("bad"), &limited), "");
    limited.start_limited = true;
    assert!(advice(&unit("bad"), &limited).contains("`systemctl status bad.service`"));
}

#[test]
fn without_systemd_there_is_a_clear_no() {
    let dir = tempfile::tempdir().unwrap();
    assert!(require_systemd(dir.path()).is_ok());
    let error = require_systemd(&dir.path().join("none")).unwrap_err().to_string();
    assert!(error.starts_with("systemd does not run this host"), "{error}");
    if !Path::new(BOOTED).is_dir() {
        assert!(state(&unit("cron")).is_err());
        let writer = crate::sys::disk::Writer::new();
        assert!(act(&writer, Verb::Restart, &unit("cron"), QUESTION, true).is_err());
    }
}

#[test]
fn the_last_line_is_safe_and_short() {
    let outcome = |text: &str| Outcome {
        status: Some(1),
        signal: None,
        output: text.as_bytes().to_vec(),
        timed_out: false,
        interrupted: false,
        truncated: false,
        took: Duration::ZERO,
    };
    let told = ended(&outcome("Job for x failed.\nSee \"systemctl status x\" for details.\n\n"), QUESTION);
    assert_eq!(told, "ended with exit code 1 (it said: Job for x failed.)");
    assert_eq!(last_line(&outcome(&"\u{1b}é".repeat(300))).unwrap(), " é".repeat(100));
    assert_eq!(last_line(&outcome(" \n")), None);
    let stopped = Outcome { timed_out: true, ..outcome("") };
    assert_eq!(ended(&stopped, Duration::from_secs(30)), "did not end within 30 s and was stopped");
}
