//! What the model proposes is shown, kept for a person, and applied by nobody until one accepts it.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::{Value, json};

use crate::ollama::{self, Script, Server};
use crate::review::Terminal;
use crate::workspace::{APP, FIX, Workspace, held};

/// A larger pool, as a model proposes it.
fn pool(value: u32) -> Value {
    json!({"file": "app.yaml", "yaml_path": ["db", "pool"], "operation": "set", "value": value})
}

fn answer(suggestion: &Value) -> String {
    let mut answer: Value = serde_json::from_str(ollama::CAUSE).unwrap();
    answer["suggestion"] = suggestion.clone();
    answer.to_string()
}

fn server(suggestion: &Value) -> Server {
    Server::start(Script { chats: vec![ollama::answer(&answer(suggestion))], ..Script::default() })
}

/// The only fix of the operator's names the file, and is for something else.
fn world(server: &Server) -> Workspace {
    let workspace = Workspace::small();
    workspace.edit("heal.yaml", "ai: {enabled: false}", &format!("ai: {{ollama_url: '{}'}}", server.url()));
    workspace.write("fixes/app.yaml", &FIX.replace("[pool_exhausted]", "['category:api']"));
    workspace
}

/// A workspace in which one suggestion waits, and its id.
fn waiting(suggestion: &Value) -> (Workspace, String) {
    let server = server(suggestion);
    let workspace = world(&server);
    let ran = workspace.heal(&["--record"]);
    let id = only_id(&workspace);
    assert!(ran.out.contains(&format!("heal suggestions show {id}")), "{}", ran.out);
    (workspace, id)
}

fn kept(workspace: &Workspace) -> Vec<String> {
    let Ok(folder) = std::fs::read_dir(workspace.file(".heal/suggestions")) else { return Vec::new() };
    folder.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

fn only_id(workspace: &Workspace) -> String {
    let files = kept(workspace);
    assert_eq!(files.len(), 1, "{files:?}");
    files[0].strip_suffix(".yaml").unwrap().to_owned()
}

fn shown(workspace: &Workspace, id: &str) -> Value {
    let ran = workspace.heal(&["suggestions", "show", id, "--json"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    serde_json::from_str(&ran.out).unwrap()
}

fn hash(workspace: &Workspace, id: &str) -> String {
    shown(workspace, id)["suggestion"]["hash"].as_str().unwrap().to_owned()
}

fn state(workspace: &Workspace) -> String {
    let listed: Value = serde_json::from_str(&workspace.heal(&["suggestions", "--json"]).out).unwrap();
    listed["suggestions"][0]["state"].as_str().unwrap().to_owned()
}

fn accept(workspace: &Workspace, id: &str) -> (i32, String) {
    let ran = workspace.heal(&["suggestions", "accept", id, "--yes", &hash(workspace, id)]);
    (ran.code, ran.out + &ran.err)
}

fn refused(workspace: &Workspace, arguments: &[&str], words: &str) {
    let before = workspace.tree();
    let ran = workspace.heal(&[&["suggestions"], arguments].concat());
    let err = ran.err.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(ran.code == 2 && err.contains(words), "{arguments:?}: {} {err}", ran.code);
    let mut after = workspace.tree();
    // The lock's file holds nothing.
    after.retain(|path, _| before.contains_key(path) || !path.ends_with("heal.lock"));
    assert_eq!(after, before, "{arguments:?}");
}

#[test]
fn a_dry_run_shows_it_and_writes_nothing() {
    let server = server(&pool(30));
    let workspace = world(&server);
    let before = workspace.tree();
    let text = workspace.heal(&[]).out;
    assert!(text.contains("suggested by the model, not applied"), "{text}");
    assert!(text.contains("    >   -  pool: 10") && text.contains("    >   +  pool: 30"), "{text}");
    let (code, document) = workspace.json(&[]);
    let diagnosis = &document["analysis"]["diagnoses"][0];
    assert_eq!(diagnosis["suggestion"].as_str().unwrap().len(), 10);
    assert_eq!((code, &diagnosis["suggested_edit"]["state"]), (1, &json!("new")));
    assert!(diagnosis["suggested_edit"]["diff"].as_str().unwrap().contains("+  pool: 30"));
    assert!(document["plan"]["steps"].as_array().unwrap().is_empty());
    let mut after = workspace.tree();
    after.retain(|path, _| !path.starts_with(".heal"));
    assert_eq!(after, before);
    assert_eq!(std::fs::read_dir(workspace.file(".heal")).unwrap().count(), 1, "the cache of answers alone");
    assert!(workspace.heal(&["suggestions"]).out.contains("no suggestions"));
}

#[test]
fn it_is_kept_once_and_never_applied() {
    for mode in ["--record", "--apply"] {
        let server = server(&pool(30));
        let workspace = world(&server);
        let (_, dry) = workspace.json(&[]);
        let (code, document) = workspace.json(&[mode, "--unsafe"]);
        let diagnosis = &document["analysis"]["diagnoses"][0];
        assert_eq!((code, &diagnosis["suggested_edit"]["state"]), (1, &json!("open")), "{mode}");
        let id = only_id(&workspace);
        assert_eq!(
            (&diagnosis["suggestion"], &dry["analysis"]["diagnoses"][0]["suggestion"]),
            (&json!(id), &json!(id))
        );
        assert_eq!(workspace.read("app.yaml"), APP, "{mode}");
        let file = workspace.read(&format!(".heal/suggestions/{id}.yaml"));
        workspace.log("ERROR app.db: pool exhausted, 10 in use");
        for again in [&["--record"][..], &["--apply", "--unsafe"], &["--apply", "--fresh"]] {
            workspace.heal(again);
            workspace.log("ERROR app.db: pool exhausted, 10 in use");
        }
        assert_eq!((kept(&workspace).len(), workspace.read("app.yaml").as_str()), (1, APP), "{mode}");
        assert_eq!(workspace.read(&format!(".heal/suggestions/{id}.yaml")), file, "{mode}");
    }
}

#[test]
fn status_tells_of_it_until_a_person_decides() {
    for decide in ["accept", "reject"] {
        let (workspace, id) = waiting(&pool(30));
        let status = || -> Value { serde_json::from_str(&workspace.heal(&["status", "--json"]).out).unwrap() };
        assert_eq!(status()["suggestions"], json!([id]));
        let text = workspace.heal(&["status"]).out;
        assert!(text.contains("Suggested by the model, not applied: 1") && text.contains(&id), "{text}");
        match decide {
            "accept" => assert_eq!(accept(&workspace, &id).0, 0),
            _ => assert_eq!(workspace.heal(&["suggestions", decide, &id]).code, 0),
        }
        assert_eq!(status()["suggestions"], json!([]), "{decide}");
        assert!(!workspace.heal(&["status"]).out.contains("Suggested"), "{decide}");
    }
}

#[test]
fn it_is_listed_and_shown() {
    let (workspace, id) = waiting(&pool(30));
    let list = workspace.heal(&["suggestions"]);
    assert!(list.code == 0 && list.out.starts_with(&format!("{id}  open ")), "{}", list.out);
    assert_eq!(workspace.heal(&["suggestions", "list"]).out, list.out);
    let text = workspace.heal(&["suggestions", "show", &id[..4]]).out;
    for words in
        ["pool_exhausted", "llama3.2:latest", "> The upstream is down.", "> +  pool: 30", "not applied", "risk: unsafe"]
    {
        assert!(text.contains(words), "{words}: {text}");
    }
    let document = shown(&workspace, &id);
    let accept = document["accept"].as_str().unwrap();
    assert!(text.contains(accept) && accept.contains(&hash(&workspace, &id)), "{text}");
    assert_eq!(document["suggestion"]["for"], "pool_exhausted");
    refused(&workspace, &["show", "ffff"], "there is no suggestion ffff");
    refused(&workspace, &["show", "../x"], "there is no suggestion");
    refused(&workspace, &["reject", ""], "there is no suggestion");
}

#[test]
fn accepted_it_is_a_fix_of_risk_unsafe() {
    let (workspace, id) = waiting(&pool(30));
    refused(&workspace, &["accept", &id], &format!("heal suggestions accept {id} --yes HASH"));
    refused(&workspace, &["accept", &id, "--json"], "--yes HASH");
    for wrong in ["", "0", &"0".repeat(64), &hash(&workspace, &id)[..63]] {
        refused(&workspace, &["accept", &id, "--yes", wrong], "is not the hash");
    }
    let (code, told) = accept(&workspace, &id);
    assert!(code == 0 && told.contains("+  pool: 30"), "{told}");
    let name = format!("suggested_{id}");
    let fix = workspace.read(&format!("fixes/{name}.yaml"));
    assert!(fix.contains("accepted:\n") && fix.contains("by: ") && fix.contains("risk: unsafe"), "{fix}");
    let check = workspace.heal(&["check"]);
    assert!(check.code == 0 && check.out.contains("all is well"), "{}", check.out);
    assert!(workspace.heal(&["fixes", "show", &name]).out.contains("suggested by llama3.2:latest"));
    assert_eq!(state(&workspace), "accepted");
    refused(&workspace, &["accept", &id, "--yes", "0"], "accepted already");
    refused(&workspace, &["reject", &id], "became a fix");

    let (code, document) = workspace.json(&["--apply", "--no-ai"]);
    assert_eq!((code, held(&document, &name)[0].0.as_str()), (0, "risk"), "{document}");
    assert_eq!(workspace.read("app.yaml"), APP);
    let (_, document) = workspace.json(&["--apply", "--unsafe", "--no-ai"]);
    assert_eq!(document["outcomes"][0]["result"], "done", "{document}");
    assert!(workspace.read("app.yaml").contains("pool: 30 "));
    assert_eq!(workspace.heal(&["undo"]).code, 0);
    assert_eq!(workspace.read("app.yaml"), APP);
}

#[test]
fn a_changed_file_is_no_longer_accepted() {
    let (workspace, id) = waiting(&pool(30));
    assert_eq!(accept(&workspace, &id).0, 0);
    let (name, file) = (format!("suggested_{id}"), format!("fixes/suggested_{id}.yaml"));
    let whole = workspace.read(&file);
    for (from, to) in [
        ("value: 30", "value: 99"),
        ("risk: unsafe", "risk: safe"),
        ("# What", "# that"),
        ("accepted:", "# x\naccepted:"),
    ] {
        workspace.write(&file, &whole.replace(from, to));
        let (_, document) = workspace.json(&["--apply", "--unsafe", "--no-ai"]);
        let (reason, detail) = held(&document, &name).remove(0);
        assert_eq!(reason, "risk", "{to}");
        assert!(detail.contains("no longer accepted") && detail.contains(&format!("accept {id}")), "{detail}");
        assert_eq!(workspace.read("app.yaml"), APP, "{to}");
        assert!(document["plan"]["held_back"][0]["freed_by"].as_array().unwrap().is_empty(), "{to}");
    }
    let check = workspace.heal(&["check"]);
    assert!(check.code == 2 && check.out.contains("no longer accepted"), "{}", check.out);
    let doctor = workspace.heal(&["doctor"]);
    assert!(
        doctor.out.contains("no longer accepted") && doctor.out.contains(&format!("accept {id}")),
        "{}",
        doctor.out
    );
    assert_eq!(state(&workspace), "changed");
    refused(&workspace, &["accept", &id, "--yes", &hash(&workspace, &id)], "never overwritten");
    // As it says: the file goes, and what was reviewed is accepted again.
    std::fs::remove_file(workspace.file(&file)).unwrap();
    assert_eq!(state(&workspace), "gone");
    assert_eq!(accept(&workspace, &id).0, 0);
    assert_eq!(state(&workspace), "accepted");
    // Or it becomes an operator's own.
    let own = whole.split("fixes:\n").nth(1).unwrap().split("accepted:\n").next().unwrap();
    workspace.write(&file, &format!("fixes:\n{}", own.replace("value: 30", "value: 40")));
    let (_, document) = workspace.json(&["--apply", "--unsafe", "--no-ai"]);
    assert_eq!(document["outcomes"][0]["result"], "done", "{document}");
    assert!(workspace.read("app.yaml").contains("pool: 40 "));
}

#[test]
fn what_was_not_accepted_is_no_fix_wherever_it_lies() {
    let (workspace, id) = waiting(&pool(30));
    let text = workspace.read(&format!(".heal/suggestions/{id}.yaml"));
    workspace.write("fixes/copied.yaml", &text);
    let (_, document) = workspace.json(&["--apply", "--unsafe", "--no-ai"]);
    let (reason, detail) = held(&document, &format!("suggested_{id}")).remove(0);
    assert!(reason == "risk" && detail.contains("nobody accepted it"), "{detail}");
    assert_eq!(workspace.read("app.yaml"), APP);
}

#[test]
fn a_suggestion_that_was_edited_after_it_was_shown_has_another_hash() {
    for (from, to) in
        [("value: 30", "value: 31"), ("for: [", "for: [\"category:api\", "), ("suggested:", "# x\nsuggested:")]
    {
        let (workspace, id) = waiting(&pool(30));
        let seen = hash(&workspace, &id);
        workspace.edit(&format!(".heal/suggestions/{id}.yaml"), from, to);
        refused(&workspace, &["accept", &id, "--yes", &seen], "is not the hash");
        assert_ne!(hash(&workspace, &id), seen, "{to}");
    }
    let (workspace, id) = waiting(&pool(30));
    let file = format!(".heal/suggestions/{id}.yaml");
    for (from, to) in [("risk: unsafe", "risk: safe"), ("- edit: {", "- run: {argv: [sh]}\n      - edit: {")] {
        let whole = workspace.read(&file);
        workspace.edit(&file, from, to);
        refused(&workspace, &["show", &id], "a suggestion is");
        assert_eq!(state(&workspace), "damaged", "{to}");
        workspace.write(&file, &whole);
    }
    std::fs::set_permissions(workspace.file(&file), std::fs::Permissions::from_mode(0o666)).unwrap();
    refused(&workspace, &["accept", &id, "--yes", "0"], "may be written by everybody");
    std::fs::remove_file(workspace.file(&file)).unwrap();
    std::os::unix::fs::symlink(workspace.file("fixes/app.yaml"), workspace.file(&file)).unwrap();
    refused(&workspace, &["show", &id], "is a symlink");
}

#[test]
fn the_diff_is_that_of_the_file_as_it_is_now() {
    let raise = json!({"file": "app.yaml", "yaml_path": ["db", "pool"], "operation": "increase", "factor": 2, "max_value": 50, "expect_current": 10});
    let (workspace, id) = waiting(&raise);
    workspace.edit("app.yaml", "host: db1", "host: db9");
    assert!(shown(&workspace, &id)["diff"].as_str().unwrap().contains("host: db9"));
    workspace.edit("app.yaml", "pool: 10", "pool: 12");
    let document = shown(&workspace, &id);
    assert!(document["diff"].is_null() && document["accept"].is_null(), "{document}");
    let text = workspace.heal(&["suggestions", "show", &id]).out;
    assert!(text.contains("it cannot be accepted"), "{text}");
    refused(&workspace, &["accept", &id, "--yes", &hash(&workspace, &id)], "cannot be accepted");
}

#[test]
fn what_was_rejected_is_not_suggested_again() {
    let server = server(&pool(30));
    let workspace = world(&server);
    workspace.heal(&["--record"]);
    let id = only_id(&workspace);
    let ran = workspace.heal(&["suggestions", "reject", &id]);
    assert!(ran.code == 0 && ran.out.contains("rejected"), "{}", ran.err);
    assert_eq!(state(&workspace), "rejected");
    let before = workspace.read(&format!(".heal/suggestions/{id}.yaml"));
    for mode in [&[][..], &["--record", "--fresh"], &["--apply", "--unsafe"]] {
        workspace.log("ERROR app.db: pool exhausted, 10 in use");
        let (_, document) = workspace.json(mode);
        let diagnosis = &document["analysis"]["diagnoses"][0];
        assert!(diagnosis["suggestion"].is_null() && diagnosis["suggested_edit"].is_null(), "{diagnosis}");
        assert!(diagnosis["root_cause"].is_string());
    }
    workspace.log("ERROR app.db: pool exhausted, 10 in use");
    let text = workspace.heal(&[]).out;
    assert!(text.contains("what was rejected") && !text.contains("pool: 30"), "{text}");
    assert_eq!((kept(&workspace).len(), workspace.read(&format!(".heal/suggestions/{id}.yaml"))), (1, before));
    // A person may think again.
    assert_eq!(accept(&workspace, &id).0, 0);
}

/// What a model may not propose: a notice says so without its words, and nothing is kept.
#[test]
fn what_is_outside_the_allow_list_is_neither_kept_nor_accepted() {
    let edit = |file: &str| json!({"file": file, "regex": "(?P<value>a)", "operation": "replace", "value": "b"});
    let table = [
        (edit("/etc/shadow"), "policy.allow_paths"),
        (edit("../other/app.yaml"), "roundabout"),
        (edit("other.yaml"), "policy.allow_paths"),
        (edit("heal.yaml"), "policy.allow_paths"),
        (edit("fixes/app.yaml"), "policy.allow_paths"),
        (edit("patterns/app.yaml"), "policy.allow_paths"),
        (edit(".heal/heal.db"), "policy.allow_paths"),
        (edit(".git/config"), "policy.allow_paths"),
        (edit("linked.yaml"), "cannot be made"),
        (edit("missing.yaml"), "cannot be made"),
        (pool(10), "would change nothing"),
        (
            json!({"file": "app.yaml", "yaml_path": ["db", "password"], "operation": "set", "value": "x"}),
            "cannot be made",
        ),
        (
            json!({"file": "app.yaml", "yaml_path": ["db", "host"], "operation": "set", "value": "[REDACTED:secret]"}),
            "a secret",
        ),
        (json!({"run": {"argv": ["rm", "-rf", "/"]}}), "advice"),
        (json!([pool(1), pool(2)]), "not one edit"),
    ];
    for (suggestion, words) in table {
        let server = server(&suggestion);
        let workspace = world(&server);
        workspace.write("other.yaml", "a: a\n");
        workspace.append("app.yaml", "  password: hunter2\n");
        std::os::unix::fs::symlink("app.yaml", workspace.file("linked.yaml")).unwrap();
        let all = ["linked.yaml", "missing.yaml"].contains(&suggestion["file"].as_str().unwrap_or_default());
        if all {
            workspace.append("heal.yaml", "policy: {allow_paths: ['*.yaml']}\n");
        }
        let (_, document) = workspace.json(&["--apply", "--unsafe"]);
        let diagnosis = &document["analysis"]["diagnoses"][0];
        assert!(diagnosis["suggestion"].is_null() && diagnosis["suggested_edit"].is_null(), "{suggestion}");
        let notices = document["notices"].as_array().unwrap();
        let said = |notice: &&Value| notice["text"].as_str().unwrap().contains(words);
        let notice = notices.iter().find(said).unwrap_or_else(|| panic!("{suggestion}: {notices:?}"));
        assert_eq!(notice["stage"], "analyse");
        assert!(!notice["text"].as_str().unwrap().contains("shadow"));
        assert_eq!(kept(&workspace), Vec::<String>::new(), "{suggestion}");
    }
}

#[test]
fn the_allow_list_holds_when_it_is_accepted() {
    let (workspace, id) = waiting(&pool(30));
    let file = format!(".heal/suggestions/{id}.yaml");
    let whole = workspace.read(&file);
    for name in ["/etc/hostname", "../app.yaml", "heal.yaml", "fixes/app.yaml", "logs/app.log"] {
        workspace.write(&file, &whole.replace("\"app.yaml\"", &format!("{name:?}")));
        refused(&workspace, &["accept", &id, "--yes", &hash(&workspace, &id)], "cannot be accepted");
    }
    for value in ["[REDACTED:secret]", "postgres://app:s3cr3tpw@db/x"] {
        workspace.write(&file, &whole.replace("value: 30", &format!("value: {value:?}")));
        refused(&workspace, &["accept", &id, "--yes", &hash(&workspace, &id)], "what nobody is shown");
        assert!(!workspace.heal(&["suggestions", "show", &id]).out.contains("s3cr3tpw"));
    }
    workspace.write(&file, &whole);
    workspace.append("heal.yaml", "policy: {allow_paths: [other.yaml]}\n");
    refused(&workspace, &["accept", &id, "--yes", &hash(&workspace, &id)], "policy.allow_paths");
}

#[test]
fn nothing_is_overwritten_and_it_needs_a_place() {
    let (workspace, id) = waiting(&pool(30));
    let yes = hash(&workspace, &id);
    workspace.write(&format!("fixes/suggested_{id}.yaml"), "fixes: []\n");
    refused(&workspace, &["accept", &id, "--yes", &yes], "never overwritten");
    std::fs::remove_dir_all(workspace.file("fixes")).unwrap();
    workspace.append("heal.yaml", "policy: {allow_paths: [app.yaml]}\n");
    refused(&workspace, &["accept", &id, "--yes", &yes], "no folder of fixes");
    std::fs::create_dir(workspace.file("fixes")).unwrap();
    workspace.append("heal.yaml", &format!("disable: [suggested_{id}]\n"));
    refused(&workspace, &["accept", &id, "--yes", &yes], "disable");
    workspace.edit("heal.yaml", &format!("disable: [suggested_{id}]\n"), "");
    workspace.edit("patterns/app.yaml", "name: pool_exhausted", "name: pool_empty");
    refused(&workspace, &["accept", &id, "--yes", &yes], "which does not exist");
    workspace.edit("patterns/app.yaml", "name: pool_empty", "name: pool_exhausted");

    let lock = std::fs::OpenOptions::new().write(true).open(workspace.file(".heal/heal.lock")).unwrap();
    lock.lock().unwrap();
    assert_eq!(workspace.heal(&["suggestions", "accept", &id, "--yes", &yes]).code, 75);
    assert_eq!(workspace.heal(&["suggestions", "reject", &id]).code, 75);
    assert_eq!(workspace.heal(&["suggestions"]).code, 0, "looking takes no lock");
    drop(lock);
    assert_eq!(accept(&workspace, &id).0, 0);
}

#[test]
fn it_asks_at_the_terminal() {
    let (workspace, id) = waiting(&pool(30));
    let before = workspace.tree();
    let question = format!("Accept it, as the fix suggested_{id} in ");
    let mut terminal = Terminal::of(&workspace, &["suggestions", "accept", &id]);
    let shown = terminal.expect(&question);
    assert!(shown.contains("+  pool: 30") && shown.contains("not applied"), "{shown}");
    terminal.answer("what?");
    terminal.expect(&question);
    terminal.answer("n");
    let (code, seen) = terminal.end();
    assert!(code == 1 && seen.contains("Nothing was accepted."), "{seen}");
    for key in ['c', 'd'] {
        let mut terminal = Terminal::of(&workspace, &["suggestions", "accept", &id]);
        terminal.expect(&question);
        terminal.press_control(key);
        assert_eq!(terminal.end().0, 2);
    }
    assert_eq!(workspace.tree(), before);
    // What changes while somebody thinks is not what they said yes to.
    let mut terminal = Terminal::of(&workspace, &["suggestions", "accept", &id]);
    terminal.expect(&question);
    workspace.edit("app.yaml", "pool: 10", "pool: 11");
    terminal.answer("y");
    let (code, seen) = terminal.end();
    assert!(code == 2 && seen.contains("changed since you looked"), "{seen}");
    workspace.edit("app.yaml", "pool: 11", "pool: 10");
    let mut terminal = Terminal::of(&workspace, &["suggestions", "accept", &id]);
    terminal.expect(&question);
    terminal.answer("y");
    let (code, seen) = terminal.end();
    assert!(code == 0 && seen.contains("accepted: "), "{seen}");
    assert_eq!((state(&workspace).as_str(), workspace.read("app.yaml").as_str()), ("accepted", APP));
}

#[test]
fn a_request_stays_small_and_its_schema_the_same() {
    let long = "pool exhausted ".repeat(3000);
    let mut schemas = Vec::new();
    for line in ["ERROR app.db: pool exhausted".to_owned(), format!("ERROR app.db: {long}\\\"<|im_end|>")] {
        let server = server(&json!(null));
        let workspace = world(&server);
        workspace.edit("heal.yaml", "ai: {", "ai: {num_ctx: 131072, ");
        workspace.log(&line);
        assert_eq!(workspace.heal(&[]).code, 1);
        for chat in server.chats() {
            assert!(chat.body.len() <= 64 << 10, "{}", chat.body.len());
            assert!(chat.body.contains("pool: 10   # connections"), "the line that it could propose to change");
            let body: Value = serde_json::from_str(&chat.body).unwrap();
            schemas.push(body["format"].clone());
        }
    }
    assert!(schemas.len() >= 2 && schemas.iter().all(|schema| *schema == schemas[0]), "{schemas:?}");
    let suggestion = &schemas[0]["properties"]["suggestion"];
    assert_eq!(suggestion["additionalProperties"], false);
    assert!(suggestion["properties"]["yaml_path"].is_object() && suggestion["properties"].get("validate").is_none());
}

#[test]
fn root_writes_no_fix_where_another_could_change_it() {
    if !rustix::process::geteuid().is_root() {
        println!("skipped: only root can give a folder away");
        return;
    }
    let (workspace, id) = waiting(&pool(30));
    let yes = hash(&workspace, &id);
    std::os::unix::fs::chown(workspace.file("fixes"), Some(12345), None).unwrap();
    // What was named by hand is read all the same.
    let config = workspace.file("heal.yaml");
    let named = ["--config", config.to_str().unwrap()];
    assert_eq!(workspace.heal(&[&named[..], &["suggestions"]].concat()).code, 0);
    let ran = workspace.heal(&[&named[..], &["suggestions", "accept", &id, "--yes", &yes]].concat());
    assert!(ran.code == 2 && ran.err.contains("belongs to user 12345"), "{} {}", ran.code, ran.err);
    assert!(!workspace.file(&format!("fixes/suggested_{id}.yaml")).exists());
    std::os::unix::fs::chown(workspace.file("fixes"), Some(0), None).unwrap();
    assert_eq!(accept(&workspace, &id).0, 0);
}

#[test]
fn what_an_accepted_one_would_do_now_is_told() {
    let (workspace, id) = waiting(&pool(30));
    assert_eq!(accept(&workspace, &id).0, 0);
    workspace.heal(&["--apply", "--unsafe", "--no-ai"]);
    let text = workspace.heal(&["suggestions", "show", &id]).out;
    assert!(text.contains("accepted by") && text.contains("nothing to do now"), "{text}");
}
