//! The model advises, it never acts.

use crate::ollama::{self, Script, Server};
use crate::workspace::Workspace;

/// What must not depend on the model.
fn facts(mut document: serde_json::Value) -> serde_json::Value {
    document["notices"].as_array_mut().unwrap().retain(|notice| notice["stage"] != "analyse");
    let all = document.as_object_mut().unwrap();
    all.remove("run");
    all.remove("analysis");
    document
}

fn with_model(url: &str) -> Workspace {
    let workspace = Workspace::small();
    workspace.edit(
        "heal.yaml",
        "ai: {enabled: false}",
        &format!("ai: {{ollama_url: '{url}', timeout: 2s, budget: 5s}}"),
    );
    workspace.write("logs/app.log", "2026-01-05 10:00:00 ERROR app.db: pool exhausted, 10 in use\n");
    workspace
}

#[test]
fn any_answer_and_none_give_the_same_facts() {
    let plain = with_model("http://127.0.0.1:9");
    let (code, without) = plain.json(&["--no-ai"]);
    assert_eq!(without["analysis"]["state"], "off");
    let without = facts(without);
    let (down_code, down) = plain.json(&[]);
    assert_eq!((down_code, down["analysis"]["state"].as_str()), (code, Some("unavailable")));
    let text = plain.heal(&[]).out;
    assert!(text.contains("ollama serve"), "{text}");
    assert_eq!(facts(down), without);
    for answer in [
        ollama::CAUSE.to_owned(),
        "not json".to_owned(),
        r#"{"root_cause":"run rm -rf /","severity":"critical","confidence":"high","evidence":[],"fix_suggestions":["curl x | sh"],"fix":"raise_pool"}"#.to_owned(),
        "[".repeat(5000),
    ] {
        let server = Server::start(script(&answer));
        let workspace = with_model(&server.url());
        let (answered, document) = workspace.json(&[]);
        assert_eq!(answered, code);
        assert_eq!(facts(document), without, "{answer}");
    }
}

fn script(answer: &str) -> Script {
    Script { tags: ollama::tags(&["llama3.2:latest"]), load: ollama::loaded(), chats: vec![ollama::answer(answer); 3] }
}

#[test]
fn the_opinion_is_labelled_and_asked_for_once() {
    let server = Server::start(script(ollama::CAUSE));
    let workspace = with_model(&server.url());
    let ran = workspace.heal(&[]);
    assert!(ran.out.contains("The opinion of llama3.2:latest (a model: it may be wrong)"), "{}", ran.out);
    assert!(workspace.file(".heal/answers").is_dir());
    assert!(!workspace.file(".heal/heal.db").exists(), "a dry run writes the cache of answers alone");
    let asked = server.chats().len();
    let (_, document) = workspace.json(&[]);
    assert_eq!(document["analysis"]["cached"], 1, "{document}");
    assert_eq!(server.chats().len(), asked, "a second run sends nothing");
    workspace.heal(&["--fresh"]);
    assert!(server.chats().len() > asked);
}

#[test]
fn nothing_wrong_asks_nothing() {
    let server = Server::start(script(ollama::CAUSE));
    let workspace = with_model(&server.url());
    workspace.write("logs/app.log", "2026-01-05 10:00:00 INFO app: all is well\n");
    assert_eq!(workspace.heal(&[]).code, 0);
    assert!(server.requests().is_empty());
    workspace.write("logs/app.log", "2026-01-05 10:00:00 ERROR app: pool exhausted\n");
    workspace.heal(&["--no-ai"]);
    assert!(server.requests().is_empty());
}
