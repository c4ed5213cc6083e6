//! When the model is asked: after all that is done, so that nothing waits for it or depends on it.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::ollama::{Reply, Script, Server};
use crate::workspace::Workspace;

/// A server that never answers, and a workspace whose run waits for it.
fn silent() -> (Server, Workspace) {
    let server = Server::start(Script { chats: vec![Reply::Silent], ..Script::default() });
    let workspace = Workspace::small();
    let model = format!("ai: {{ollama_url: '{}', timeout: 60s, budget: 60s}}", server.url());
    workspace.edit("heal.yaml", "ai: {enabled: false}", &model);
    workspace.write("logs/app.log", "2026-01-05 10:00:00 ERROR app.db: pool exhausted, 10 in use\n");
    (server, workspace)
}

/// A run that has come to the question.
fn asking(server: &Server, workspace: &Workspace, mode: &str) -> Child {
    let child = workspace.command(&[mode]).stdout(Stdio::null()).spawn().unwrap();
    let begun = Instant::now();
    // The model is loaded first.
    while server.requests().iter().filter(|request| request.path == "/api/chat").count() < 2 {
        assert!(begun.elapsed() < Duration::from_secs(20));
        std::thread::sleep(Duration::from_millis(2));
    }
    child
}

fn send(child: &mut Child, signal: rustix::process::Signal) -> Option<i32> {
    let pid = rustix::process::Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    rustix::process::kill_process(pid, signal).unwrap();
    child.wait().unwrap().code()
}

#[test]
fn a_fix_does_not_wait_for_the_model() {
    let (server, workspace) = silent();
    let mut child = asking(&server, &workspace, "--apply");
    assert!(workspace.read("app.yaml").contains("pool: 20"), "{}", workspace.read("app.yaml"));
    // What comes while the model thinks came after the fix, and has not been read.
    workspace.append("logs/app.log", "ERROR app.db: pool exhausted, no stamp\n");
    assert_eq!(send(&mut child, rustix::process::Signal::INT), Some(2));
    let (_, document) = workspace.json(&["--apply", "--no-ai"]);
    assert_eq!(document["incidents"][0]["count"], 1, "{document}");
}

/// The question shows the files as they were when the trouble was found.
#[test]
fn the_model_is_asked_about_the_files_before_the_fix() {
    let (server, workspace) = silent();
    let mut child = asking(&server, &workspace, "--apply");
    let question = server.chats().last().unwrap().body.clone();
    send(&mut child, rustix::process::Signal::KILL);
    assert!(question.contains("pool: 10") && !question.contains("pool: 20"), "{question}");
}

#[test]
fn what_a_killed_run_found_is_told_by_the_next_one_and_only_by_that() {
    for mode in ["--record", "--apply"] {
        let (server, workspace) = silent();
        workspace.write("fixes/app.yaml", "fixes: []\n");
        let mut child = asking(&server, &workspace, mode);
        send(&mut child, rustix::process::Signal::KILL);
        let next = workspace.heal(&[mode, "--no-ai"]);
        assert_eq!(next.code, 1, "{mode}: {} {}", next.out, next.err);
        let words = next.out.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains("cut short before it could tell: pool_exhausted"), "{mode}: {words}");
        let last = workspace.heal(&[mode, "--no-ai"]);
        assert_eq!((last.code, last.out.as_str()), (0, ""), "{mode}");
    }
}

#[test]
fn a_dry_run_tells_it_too_and_a_muted_one_is_told_by_none() {
    let (server, workspace) = silent();
    workspace.write("fixes/app.yaml", "fixes: []\n");
    let mut child = asking(&server, &workspace, "--record");
    send(&mut child, rustix::process::Signal::KILL);
    let (code, document) = workspace.json(&["--no-ai"]);
    assert_eq!(code, 1);
    let notices = document["notices"].as_array().unwrap();
    let told = |notice: &&serde_json::Value| notice["text"].as_str().unwrap().contains("cut short");
    let id = notices.iter().find(told).unwrap()["subject"].as_str().unwrap().to_owned();
    assert_eq!(workspace.heal(&["mute", &id, "--reason", "known"]).code, 0);
    let next = workspace.heal(&["--record", "--no-ai"]);
    assert_eq!((next.code, next.out.as_str()), (0, ""));
}

/// What the next run can mend it mends, and then all is well.
#[test]
fn what_was_never_told_and_is_mended_now_is_no_trouble() {
    let (server, workspace) = silent();
    let mut child = asking(&server, &workspace, "--record");
    send(&mut child, rustix::process::Signal::KILL);
    let next = workspace.heal(&["--apply", "--no-ai"]);
    assert_eq!(next.code, 0, "{}", next.out);
    assert!(next.out.contains("raise_pool") && workspace.read("app.yaml").contains("pool: 20"), "{}", next.out);
}
