//! heal against a real Ollama, which `tests/real-ollama` installs and starts:
//! `tests/real-ollama cargo test --test ollama_real -- --ignored`.
#![expect(clippy::disallowed_methods, reason = "tests build the world that heal is shown")]
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]
#![expect(clippy::print_stdout, reason = "a test tells what a real model said")]

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

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
        let pid = self.child.id().to_string();
        for child in children(&pid) {
            let _ = Command::new("kill").args(["-9", &child]).status();
        }
        self.child.kill().unwrap();
        self.child.wait().unwrap();
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

/// The list, the loading, a streamed answer by schema; and a second run from the cache.
#[test]
#[ignore = "needs a real Ollama: tests/real-ollama starts one"]
fn a_real_model_answers_by_schema_and_a_second_run_asks_nothing() {
    let world = World::new(&variable("HEAL_OLLAMA_URL"), &variable("HEAL_OLLAMA_MODEL"));
    let doctor = world.command(&["doctor"]).output().unwrap();
    assert_eq!(doctor.status.code(), Some(0), "{}", String::from_utf8_lossy(&doctor.stdout));
    let (code, document) = world.json(&[]);
    println!("{}", serde_json::to_string_pretty(&document["analysis"]).unwrap());
    println!("{}", document["notices"]);
    assert_eq!(code, 1);
    assert_eq!(document["analysis"]["state"], "ok", "{}", document["notices"]);
    assert_eq!(document["analysis"]["requests"], 1);
    assert!(document["analysis"]["prompt_tokens"].as_u64().unwrap() > 100);
    assert!(document["analysis"]["answer_tokens"].as_u64().unwrap() > 10);
    let (_, again) = world.json(&[]);
    assert_eq!((&again["analysis"]["cached"], &again["analysis"]["requests"]), (&1.into(), &0.into()));
    assert_eq!(again["analysis"]["diagnoses"], document["analysis"]["diagnoses"]);
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

/// Text of many tokens for its bytes: the server refuses the question, and half of it fits or is refused with its reason.
#[test]
#[ignore = "needs a real Ollama: tests/real-ollama starts one"]
fn a_real_server_refuses_a_long_question_and_gets_a_shorter_one() {
    let world = World::new(&variable("HEAL_OLLAMA_URL"), &variable("HEAL_OLLAMA_MODEL"));
    let mut log = String::new();
    for line in 0..8 {
        // About one token a byte, in runs that are too short to be shortened.
        let words: String = (0..90).map(|at| format!("{:x}", (at * 7919 + line * 104_729) % 4096) + "~").collect();
        writeln!(log, "2026-01-05 10:00:0{line} ERROR app.db: pool exhausted {words}").unwrap();
    }
    world.write("logs/app.log", &log);
    let config = CONFIG.replace("URL", &variable("HEAL_OLLAMA_URL")).replace("MODEL", &variable("HEAL_OLLAMA_MODEL"));
    world.write("heal.yaml", &config.replace("budget: 500s", "budget: 500s, num_ctx: 2048"));
    let (_, document) = world.json(&[]);
    println!("{} {}", document["analysis"], document["notices"]);
    let said = document["notices"].to_string();
    assert!(
        document["analysis"]["state"] == "ok" || said.contains("`ai.num_ctx`") || said.contains("was cut"),
        "{said}"
    );
}

#[test]
#[ignore = "needs a real Ollama: tests/real-ollama starts one"]
fn a_real_server_is_killed_in_the_middle_of_an_answer() {
    let mut server = Server::start();
    let world = World::new(&server.url, &variable("HEAL_OLLAMA_MODEL"));
    let run = world.command(&["--json"]).stdout(Stdio::piped()).spawn().unwrap();
    let begun = Instant::now();
    // Its runner is at work once the model is loaded.
    while children(&server.child.id().to_string()).is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(120), "the model was never loaded");
        std::thread::sleep(Duration::from_millis(20));
    }
    std::thread::sleep(Duration::from_secs(3));
    server.kill();
    let killed = Instant::now();
    let output = run.wait_with_output().unwrap();
    assert!(killed.elapsed() < Duration::from_secs(10), "{:?}", killed.elapsed());
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    println!("{}", document["notices"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(document["analysis"]["state"], "unavailable", "{}", document["analysis"]);
    assert_eq!(document["plan"]["steps"][0]["fix"], "raise_pool");
}
