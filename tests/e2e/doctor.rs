//! `heal doctor`: what stands in the way, and the command that mends it.

use crate::ollama::{self, Script, Server};
use crate::workspace::Workspace;

fn with(ai: &str) -> Workspace {
    let workspace = Workspace::small();
    workspace.edit("heal.yaml", "ai: {enabled: false}", &format!("ai: {{{ai}}}"));
    workspace
}

fn doctor(workspace: &Workspace) -> (i32, serde_json::Value) {
    let ran = workspace.heal(&["doctor", "--json"]);
    (ran.code, serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {}{}", ran.out, ran.err)))
}

/// State, text and mend of the first check of a part in this state.
fn found(document: &serde_json::Value, part: &str, state: &str) -> (String, String) {
    let checks = document["checks"].as_array().unwrap();
    let check = checks.iter().find(|check| check["part"] == part && check["state"] == state);
    let check = check.unwrap_or_else(|| panic!("no {state} of {part}: {document}"));
    let text = |key: &str| check[key].as_str().unwrap_or_default().to_owned();
    (text("text"), text("mend"))
}

#[test]
fn all_is_well() {
    let server = Server::start(Script::default());
    let workspace = with(&format!("ollama_url: '{}'", server.url()));
    let before = workspace.tree();
    let (code, document) = doctor(&workspace);
    assert_eq!(code, 0, "{document}");
    assert!(found(&document, "model", "ok").0.contains("Ollama 0.33.0"), "{document}");
    for part in ["configuration", "permissions", "tables", "logs"] {
        found(&document, part, "ok");
    }
    assert_eq!(workspace.tree(), before, "it changes nothing");
    assert!(server.chats().is_empty() && server.requests().len() == 3, "it asks and loads nothing");
    let text = workspace.heal(&["doctor"]).out;
    assert!(text.contains("Nothing stands in the way."), "{text}");
}

#[test]
fn the_model_and_what_mends_it() {
    let tags = |names: &[&str]| Script { tags: ollama::tags(names), ..Script::default() };
    for (script, more, state, words, mend) in [
        (tags(&["llama3.1:latest"]), "", "trouble", "Did you mean llama3.1:latest?", "ollama pull llama3.2:latest"),
        (Script::default(), ", ollama_model: 'gpt-oss:cloud'", "trouble", "not local", ""),
        (Script { show: ollama::show(&[], 2048), ..Script::default() }, "", "warning", "context of 2048 tokens", ""),
        (Script { version: ollama::version("0.17.0"), ..Script::default() }, "", "warning", "CVE-2026-7482", "curl"),
        (Script::default(), ", num_ctx: 1024", "warning", "`ai.num_ctx: 1024` is small", ""),
    ] {
        let server = Server::start(script);
        let workspace = with(&format!("ollama_url: '{}'{more}", server.url()));
        let (code, document) = doctor(&workspace);
        let said = found(&document, "model", state);
        assert!(said.0.contains(words) && said.1.starts_with(mend), "{document}");
        assert_eq!(code, i32::from(state == "trouble"), "{document}");
    }
    let (code, document) = doctor(&with(&format!("ollama_url: '{}'", ollama::nobody())));
    assert_eq!((code, found(&document, "model", "trouble").1.as_str()), (1, "ollama serve"));
    assert_eq!(doctor(&Workspace::small()).0, 0, "a model that is not wanted is no trouble");
}

#[test]
fn logs_services_and_configuration() {
    let workspace = Workspace::small();
    workspace.edit(
        "heal.yaml",
        "logs: [{path: 'logs/*.log'}]",
        "logs: [{path: 'logs/*.log'}, {path: gone.log, required: true}]",
    );
    workspace.append("fixes/app.yaml", "      - restart_service: {service: 'no-such-thing-here'}\n");
    let (code, document) = doctor(&workspace);
    assert_eq!(code, 1, "{document}");
    assert!(found(&document, "logs", "trouble").0.contains("gone.log"), "{document}");
    let services = document["checks"].to_string();
    assert!(services.contains("no-such-thing-here") || services.contains("systemd does not run"), "{document}");
    workspace.append("patterns/app.yaml", "    regexx: x\n");
    let (code, document) = doctor(&workspace);
    assert_eq!((code, found(&document, "tables", "trouble").1.as_str()), (2, "heal check"), "{document}");
    workspace.write("heal.yaml", "windw: 5m\n");
    let (code, document) = doctor(&workspace);
    assert_eq!(code, 2);
    assert!(found(&document, "configuration", "trouble").0.contains("did you mean `window`"), "{document}");
    let (code, document) = doctor(&Workspace::empty());
    assert_eq!((code, found(&document, "configuration", "trouble").1.as_str()), (2, "heal init"));
}

#[test]
fn what_others_may_write() {
    use std::os::unix::fs::PermissionsExt as _;
    let open = |path: std::path::PathBuf| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o777)).unwrap();
    };
    let workspace = Workspace::small();
    workspace.heal(&["--record"]);
    open(workspace.file(".heal"));
    let (code, document) = doctor(&workspace);
    let (_, mend) = found(&document, "permissions", "trouble");
    assert!(code == 2 && mend.contains("chmod go-w") && mend.contains(".heal"), "{document}");
    if rustix::process::geteuid().is_root() {
        let workspace = Workspace::small();
        open(workspace.file("fixes/app.yaml"));
        let (code, document) = doctor(&workspace);
        let (_, mend) = found(&document, "permissions", "trouble");
        assert!(code == 2 && mend.contains("chown root:root") && mend.contains("fixes/app.yaml"), "{document}");
        // What it says mends it.
        let shell = std::process::Command::new("sh").args(["-c", &mend]).status().unwrap();
        assert!(shell.success());
        assert_eq!(doctor(&workspace).0, 0);
    }
}

/// A file that holds a key, of this mode.
fn key_file(workspace: &Workspace, mode: u32) -> std::path::PathBuf {
    use std::os::unix::fs::PermissionsExt as _;
    workspace.write("key", "k-0123456789abcdef\n");
    let file = workspace.file("key");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
    file
}

#[test]
fn a_signal_ends_it_as_it_ends_a_run() {
    let server = Server::start(Script { tags: ollama::Reply::Silent, ..Script::default() });
    let workspace = with(&format!("ollama_url: '{}'", server.url()));
    for signal in [rustix::process::Signal::INT, rustix::process::Signal::TERM] {
        let seen = server.requests().len();
        let mut command = workspace.command(&["doctor", "--json"]);
        let child = command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap();
        while server.requests().len() == seen {
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        let id = rustix::process::Pid::from_raw(child.id().cast_signed()).unwrap();
        rustix::process::kill_process(id, signal).unwrap();
        let out = child.wait_with_output().unwrap();
        assert_eq!(out.status.code(), Some(2), "{out:?}");
    }
}

#[test]
fn a_server_without_a_list_of_models_is_no_trouble() {
    let gone = || ollama::Reply::Status(404, "not found".into());
    let bad = ollama::Reply::Status(400, r#"{"error":{"message":"messages: too short"}}"#.into());
    for (load, state, words) in
        [(bad, "warning", "has no list of models"), (gone(), "trouble", "does not speak the chat protocol")]
    {
        let server = Server::start(Script { tags: gone(), load, ..Script::default() });
        let workspace = with(&format!("provider: openai, base_url: '{}/v1', ollama_model: qwen", server.url()));
        let (code, document) = doctor(&workspace);
        assert!(found(&document, "model", state).0.contains(words), "{document}");
        assert_eq!(code, i32::from(state == "trouble"), "{document}");
        assert!(server.chats().is_empty(), "nothing is asked");
    }
}

#[test]
fn a_model_that_answers_no_questions_is_trouble() {
    let server = Server::start(Script { show: ollama::show(&["embedding"], 8192), ..Script::default() });
    let (code, document) = doctor(&with(&format!("ollama_url: '{}'", server.url())));
    let said = found(&document, "model", "trouble").0;
    assert!(said.contains("does not answer questions") && said.contains("`ai.ollama_model`"), "{document}");
    assert_eq!(code, 1, "{document}");
}

#[test]
fn a_key_that_others_may_read_is_mended_by_a_command() {
    let server = Server::start(Script::default());
    let workspace = with(&format!("provider: openai, base_url: '{}/v1', api_key_file: KEY", server.url()));
    let file = key_file(&workspace, 0o644);
    workspace.edit("heal.yaml", "KEY", file.to_str().unwrap());
    let (code, document) = doctor(&workspace);
    assert_eq!(found(&document, "model", "trouble").1, format!("chmod 600 {}", file.display()), "{document}");
    assert_eq!((code, server.requests().len()), (1, 0), "{document}");
}
