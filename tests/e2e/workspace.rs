//! A workspace in a temporary folder, and heal run in it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

pub struct Workspace {
    folder: TempDir,
}

pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

/// One pattern, one fix, one log: the smallest world in which everything can happen.
pub const HEAL: &str = "\
window: all
max_event_age: all
cooldown: 0s
probation: 0s
logs: [{path: 'logs/*.log'}]
ai: {enabled: false}
";
pub const PATTERN: &str = "\
patterns:
  - name: pool_exhausted
    regex: 'pool exhausted'
    severity: high
    category: database
    description: The connection pool is empty
    advice: Look at the pool.
";
pub const FIX: &str = "\
fixes:
  - name: raise_pool
    for: [pool_exhausted]
    description: A larger pool
    risk: safe
    steps:
      - edit: {file: app.yaml, yaml_path: [db, pool], operation: increase, factor: 2, max_value: 100}
";
pub const APP: &str = "# the application\ndb:\n  pool: 10   # connections\n  host: db1\n";

impl Workspace {
    pub fn empty() -> Self {
        Self { folder: tempfile::Builder::new().prefix("heal-e2e-").tempdir().unwrap() }
    }

    /// The shipped example.
    pub fn example() -> Self {
        Self::of_example("streamtv")
    }

    /// A shipped example by its name.
    pub fn of_example(name: &str) -> Self {
        let workspace = Self::empty();
        copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name), workspace.path());
        workspace
    }

    /// The smallest world, with one error in its log.
    pub fn small() -> Self {
        let workspace = Self::empty();
        workspace.write("heal.yaml", HEAL);
        workspace.write("patterns/app.yaml", PATTERN);
        workspace.write("fixes/app.yaml", FIX);
        workspace.write("app.yaml", APP);
        workspace.write("logs/app.log", "2026-01-05 10:00:00 INFO app: started\n");
        workspace.log("ERROR app.db: pool exhausted, 10 in use");
        workspace
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        let path = self.file(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.file(name)).unwrap()
    }

    pub fn edit(&self, name: &str, from: &str, to: &str) {
        let text = self.read(name);
        assert!(text.contains(from), "{name} has no {from:?}");
        fs::write(self.file(name), text.replace(from, to)).unwrap();
    }

    /// Appends a line of now to `logs/app.log`.
    pub fn log(&self, text: &str) {
        let stamp = chrono::Utc::now().format("%Y-%m-%d %H:%M:%S%.3f");
        self.append("logs/app.log", &format!("{stamp} {text}\n"));
    }

    pub fn append(&self, name: &str, text: &str) {
        use std::io::Write as _;
        let mut file = fs::OpenOptions::new().append(true).create(true).open(self.file(name)).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_heal"));
        command
            .args(arguments)
            .current_dir(self.path())
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("HOME", self.path())
            .env("TZ", "UTC")
            .stdin(Stdio::null());
        command
    }

    pub fn heal(&self, arguments: &[&str]) -> Ran {
        ran(&mut self.command(arguments))
    }

    /// `heal --json ...`, with its document.
    pub fn json(&self, arguments: &[&str]) -> (i32, serde_json::Value) {
        let ran = self.heal(&[&["--json"], arguments].concat());
        let document = serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {}{}", ran.out, ran.err));
        validate(&document);
        (ran.code, document)
    }

    /// Every file and folder below, with its bytes.
    pub fn tree(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut tree = BTreeMap::new();
        for entry in walkdir::WalkDir::new(self.path()).into_iter().map(Result::unwrap) {
            let relative = entry.path().strip_prefix(self.path()).unwrap().to_path_buf();
            let bytes = if entry.file_type().is_file() { fs::read(entry.path()).unwrap() } else { Vec::new() };
            tree.insert(relative, bytes);
        }
        tree
    }

    /// The only run in `backups/`.
    pub fn only_backup(&self) -> String {
        let mut runs = fs::read_dir(self.file(".heal/backups")).unwrap();
        let run = runs.next().unwrap().unwrap().file_name().into_string().unwrap();
        assert!(runs.next().is_none(), "more than one run has backups");
        run
    }
}

pub fn ran(command: &mut Command) -> Ran {
    let output = command.output().unwrap();
    Ran {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).expect("heal prints UTF-8"),
        err: String::from_utf8(output.stderr).expect("heal prints UTF-8"),
    }
}

/// Every document of a run obeys the published schema.
pub fn validate(document: &serde_json::Value) {
    let schema = serde_json::from_str(include_str!("../../src/report/v1.schema.json")).unwrap();
    if let Err(error) = jsonschema::validate(&schema, document) {
        panic!("{error} at {}", error.instance_path());
    }
}

/// The reasons of `plan.held_back` for one fix.
pub fn held(document: &serde_json::Value, fix: &str) -> Vec<(String, String)> {
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let held = document["plan"]["held_back"].as_array().unwrap().iter().filter(|held| held["fix"] == fix);
    held.map(|held| (text(&held["reason"]), text(&held["detail"]))).collect()
}

/// The verdicts of `outcomes` for one fix.
pub fn verdicts(document: &serde_json::Value, fix: &str) -> Vec<String> {
    let outcomes = document["outcomes"].as_array().unwrap().iter().filter(|outcome| outcome["fix"] == fix);
    outcomes.map(|outcome| outcome["verdict"].as_str().unwrap().to_owned()).collect()
}

fn copy(from: &Path, to: &Path) {
    for entry in walkdir::WalkDir::new(from).into_iter().filter_entry(|entry| entry.file_name() != ".heal") {
        let entry = entry.unwrap();
        let target = to.join(entry.path().strip_prefix(from).unwrap());
        if entry.file_type().is_dir() {
            fs::create_dir_all(target).unwrap();
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
