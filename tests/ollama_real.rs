//! heal against a real Ollama, which `tests/real-ollama` installs and starts:
//! `tests/real-ollama cargo test --test ollama_real -- --ignored`.
#![expect(clippy::disallowed_methods, reason = "tests build the world that heal is shown")]
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]
#![expect(clippy::print_stdout, reason = "a test tells what a real model said")]

#[path = "support/wiretap.rs"]
mod wiretap;

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use wiretap::{Exchange, Wiretap};

const CONFIG: &str = "\
window: all
max_event_age: all
cooldown: 0s
logs: [{path: 'logs/*.log'}]
ai: {ollama_url: 'URL', ollama_model: 'MODEL', timeout: 240s, budget: 500s}
";
const PATTERN: &str = "\
patterns:
  - name: pool_exhausted
    regex: 'pool exhausted'
    severity: high
    category: database
    description: The connection pool is empty
";
const FIX: &str = "\
fixes:
  - name: raise_pool
    for: [pool_exhausted]
    description: A larger pool
    risk: safe
    steps:
      - edit: {file: app.yaml, yaml_path: [db, pool], operation: increase, factor: 2, max_value: 100}
";

fn variable(name: &str) -> String {
    std::env::var(name).expect("run it with tests/real-ollama")
}

struct World {
    folder: tempfile::TempDir,
}

impl World {
    fn new(url: &str, model: &str) -> Self {
        let world = Self { folder: tempfile::tempdir().unwrap() };
        world.write("heal.yaml", &CONFIG.replace("URL", url).replace("MODEL", model));
        world.write("patterns/app.yaml", PATTERN);
        world.write("fixes/app.yaml", FIX);
        world.write("app.yaml", "db:\n  pool: 10   # connections\n");
        world.write("logs/app.log", "2026-01-05 10:00:00 ERROR app.db: pool exhausted, 10 in use\n");
        world
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_heal"));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("TZ", "UTC");
        command
    }

    fn json(&self, arguments: &[&str]) -> (i32, Value) {
        let output = self.command(&[&["--json"], arguments].concat()).output().unwrap();
        let document = serde_json::from_slice(&output.stdout).expect("a document");
        (output.status.code().unwrap(), document)
    }
}

/// Another server, of this test alone.
struct Server {
    child: Child,
    url: String,
}

impl Server {
    fn start() -> Self {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut child = Command::new(variable("HEAL_OLLAMA_BIN"))
            .arg("serve")
            .env("OLLAMA_HOST", format!("127.0.0.1:{port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        assert!(lines.by_ref().map_while(Result::ok).any(|line| line.contains("Listening on")));
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        Self { child, url: format!("http://127.0.0.1:{port}") }
    }

    /// Its runners too: they are children of it.
    fn kill(&mut self) {
        let runners = children(&self.child.id().to_string());
        // First, so that it cannot tell of the end of its runner.
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        for runner in runners {
            let _ = Command::new("kill").args(["-9", &runner]).status();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.child.try_wait().is_ok_and(|ended| ended.is_none()) {
            self.kill();
        }
    }
}

/// A Go program starts them from any of its threads.
fn children(pid: &str) -> Vec<String> {
    let output = Command::new("pgrep").args(["-P", pid]).output().unwrap();
    String::from_utf8_lossy(&output.stdout).split_whitespace().map(str::to_owned).collect()
}

/// What must not depend on the model.
fn facts(mut document: Value) -> Value {
    document["notices"].as_array_mut().unwrap().retain(|notice| notice["stage"] != "analyse");
    let all = document.as_object_mut().unwrap();
    all.remove("run");
    all.remove("analysis");
    document
}

/// The list, the loading, an answer by schema that comes token by token; and a second run that contacts nobody.
#[test]
#[ignore = "needs a real Ollama: tests/real-ollama starts one"]
fn a_real_model_answers_by_schema_and_a_second_run_asks_nothing() {
    let tap = Wiretap::before(&variable("HEAL_OLLAMA_URL"));
    let world = World::new(&tap.url(), &variable("HEAL_OLLAMA_MODEL"));
    let doctor = world.command(&["doctor"]).output().unwrap();
    assert_eq!(doctor.status.code(), Some(0), "{}", String::from_utf8_lossy(&doctor.stdout));
    let before = tap.exchanges().len();
    let (code, document) = world.json(&[]);
    println!("{}", serde_json::to_string_pretty(&document["analysis"]).unwrap());
    println!("{}", document["notices"]);
    assert_eq!(code, 1);
    assert_eq!(document["analysis"]["state"], "ok", "{}", document["notices"]);
    assert_eq!(document["analysis"]["requests"], 1);
    let said = tap.exchanges().split_off(before);
    let asked: Vec<String> = said.iter().map(Exchange::what).collect();
    assert_eq!(asked, ["GET /api/tags", "GET /api/version", "POST /api/show", "POST /api/chat", "POST /api/chat"]);
    assert!(said.iter().all(|one| one.status() == 200));
    let [list, _, _, load, question] = said.as_slice() else { panic!("{asked:?}") };
    assert!(list.text().contains(&format!("\"{}\"", variable("HEAL_OLLAMA_MODEL"))), "{}", list.text());
    assert_eq!(
        (&load.body()["messages"], &load.lines()[0]["done_reason"]),
        (&Value::Array(Vec::new()), &"load".into())
    );
    streamed_by_schema(question, &document["analysis"]);
    let (_, again) = world.json(&[]);
    assert_eq!((&again["analysis"]["cached"], &again["analysis"]["requests"]), (&1.into(), &0.into()));
    assert_eq!(again["analysis"]["diagnoses"], document["analysis"]["diagnoses"]);
    assert_eq!(tap.exchanges().len(), before + said.len(), "a second run contacts nobody");
}

/// One line a token, over some time; together they are what the schema asks for, and what the report counts.
fn streamed_by_schema(question: &Exchange, analysis: &Value) {
    let (body, lines) = (question.body(), question.lines());
    assert_eq!((&body["stream"], &body["truncate"]), (&true.into(), &false.into()));
    let (done, pieces) = lines.split_last().unwrap();
    assert_eq!((&done["done"], &done["done_reason"]), (&true.into(), &"stop".into()));
    assert!(pieces.len() > 10 && pieces.iter().all(|piece| piece["done"] == false), "{}", question.text());
    assert!(question.took() > Duration::from_millis(100), "it came at once: {:?}", question.took());
    let answer: String = pieces.iter().filter_map(|piece| piece["message"]["content"].as_str()).collect();
    let answer: Value = serde_json::from_str(&answer).expect("the schema makes it JSON");
    let wanted = body["format"]["required"].as_array().unwrap();
    assert!(wanted.len() >= 6 && wanted.iter().all(|key| answer.get(key.as_str().unwrap()).is_some()), "{answer}");
    let counted = (&analysis["prompt_tokens"], &analysis["answer_tokens"]);
    assert_eq!(counted, (&done["prompt_eval_count"], &done["eval_count"]));
    assert!(done["prompt_eval_count"].as_u64().unwrap() > 100 && done["eval_count"].as_u64().unwrap() > 10);
}

#[test]
#[ignore = "needs a real Ollama: tests/real-ollama starts one"]
fn a_real_server_lacks_a_model() {
    let world = World::new(&variable("HEAL_OLLAMA_URL"), "smollm2:350m");
    let (code, document) = world.json(&[]);
    let notices = document["notices"].to_string();
    assert_eq!((code, document["analysis"]["state"].as_str()), (1, Some("unavailable")));
    assert!(
        notices.contains("`ollama pull smollm2:350m`") && notices.contains("Did you mean smollm2:135m?"),
        "{notices}"
    );
    let doctor = world.command(&["doctor"]).output().unwrap();
    assert_eq!(doctor.status.code(), Some(1));
}

/// Rare characters are a token a byte, where two bytes a token are reckoned with: the server refuses the question, and
/// then answers the one with half of the samples' room.
#[test]
#[ignore = "needs a real Ollama: tests/real-ollama starts one"]
fn a_real_server_refuses_a_long_question_and_answers_a_shorter_one() {
    let tap = Wiretap::before(&variable("HEAL_OLLAMA_URL"));
    let world = World::new(&tap.url(), &variable("HEAL_OLLAMA_MODEL"));
    let mut log = String::new();
    for line in 0..8_u32 {
        let rare: String = (0..300).filter_map(|at| char::from_u32(0x20000 + line * 4096 + at * 13)).collect();
        writeln!(log, "2026-01-05 10:00:0{line} ERROR app.db: pool exhausted {rare}").unwrap();
    }
    world.write("logs/app.log", &log);
    let config = CONFIG.replace("URL", &tap.url()).replace("MODEL", &variable("HEAL_OLLAMA_MODEL"));
    world.write("heal.yaml", &config.replace("budget: 500s", "budget: 500s, num_ctx: 3500"));
    let (code, document) = world.json(&[]);
    println!("{} {}", document["analysis"], document["notices"]);
    let questions = tap.questions();
    let [refused, answered] = questions.as_slice() else { panic!("{} questions", questions.len()) };
    assert_eq!((refused.status(), &refused.body()["truncate"]), (400, &false.into()));
    assert_eq!(refused.lines()[0]["error"], "the input length exceeds the context length", "{}", refused.text());
    assert_eq!((answered.status(), &answered.body()["truncate"]), (200, &false.into()));
    assert!(answered.is_done());
    // The same context, or the model would be loaded again; the same words, and less of the log.
    assert_eq!(answered.body()["options"]["num_ctx"], refused.body()["options"]["num_ctx"]);
    assert_eq!(answered.body()["messages"][0], refused.body()["messages"][0]);
    let size = |one: &Exchange| one.body()["messages"][1]["content"].as_str().unwrap().len();
    assert!(size(answered) < size(refused) * 3 / 4, "{} {}", size(answered), size(refused));
    assert_eq!((code, &document["analysis"]["state"]), (1, &"ok".into()), "{}", document["notices"]);
    assert!(document["analysis"]["prompt_tokens"].as_u64().unwrap() > 1000, "{}", document["analysis"]);
}

/// `kill -9` of the server when tokens of its answer have come and the answer is not done.
#[test]
#[ignore = "needs a real Ollama: tests/real-ollama starts one"]
fn a_real_server_is_killed_in_the_middle_of_an_answer() {
    let mut server = Server::start();
    let mut tap = Wiretap::before(&server.url);
    let world = World::new(&tap.url(), &variable("HEAL_OLLAMA_MODEL"));
    let (code, without) = world.json(&["--no-ai"]);
    let run = world.command(&["--json"]).stdout(Stdio::piped()).spawn().unwrap();
    let begun = Instant::now();
    while tap.questions().iter().all(|question| question.tokens() < 3) {
        assert!(begun.elapsed() < Duration::from_secs(240), "no token came");
        std::thread::sleep(Duration::from_millis(5));
    }
    server.kill();
    tap.close();
    let killed = Instant::now();
    let output = run.wait_with_output().unwrap();
    assert!(killed.elapsed() < Duration::from_secs(10), "{:?}", killed.elapsed());
    let question = tap.questions().remove(0);
    println!("{} tokens came", question.tokens());
    assert!(question.tokens() >= 3 && !question.is_done(), "{}", question.text());
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    println!("{}", document["notices"]);
    let analysis = &document["analysis"];
    assert_eq!((&analysis["state"], &analysis["requests"]), (&"unavailable".into(), &1.into()), "{analysis}");
    assert_eq!(analysis["diagnoses"], Value::Array(Vec::new()));
    let notices = document["notices"].to_string();
    assert!(notices.contains("broke before the answer was complete"), "{notices}");
    assert!(notices.contains("Ollama is not running") && notices.contains("`ollama serve`"), "{notices}");
    assert_eq!((output.status.code(), facts(document)), (Some(code), facts(without)));
}
