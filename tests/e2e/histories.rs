//! Histories of logs and of the real heal, some of its runs killed: each line counts once over all runs.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::workspace::Workspace;

/// Lines are told apart by so many kinds: one that is lost does not make up for one that counts twice.
const KINDS: usize = 24;
/// All histories of one test end within this time, the last one under way aside.
const TIME: Duration = Duration::from_secs(90);
const CALLS: [&str; 12] = [
    "openat",
    "read",
    "pread64",
    "write",
    "pwrite64",
    "fsync",
    "fdatasync",
    "unlink",
    "lseek",
    "fcntl",
    "newfstatat",
    "mkdir",
];

/// Small, seeded, and the same everywhere: what failed can be told and run again.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % bound
    }
}

struct World {
    workspace: Workspace,
    dice: Dice,
    written: BTreeMap<usize, u64>,
    number: usize,
    half: bool,
    /// All that was written has been read, and the files were not touched since.
    read: bool,
    dates: usize,
    /// Names in the paths of the logs are secrets.
    secret: bool,
    /// What was done, for the message.
    story: Vec<String>,
}

/// The logs: one that is rotated, one behind a link, one in a folder that comes and goes.
const LOG: &str = "logs/app.log";

const NO_RULE: &str = "redact: []";
/// One for folders, one for names of files, one for the name of an entry.
const RULES: &str = r"redact: ['folders/\d', 'app', 'current']";

impl World {
    fn new(seed: u64) -> Self {
        let workspace = Workspace::empty();
        workspace.write(
            "heal.yaml",
            &format!("logs: [{{path: 'logs/*.log'}}, {{path: current.log}}, {{path: 'folders/*/x.log'}}]\nwindow: all\nai: {{enabled: false}}\n{NO_RULE}\n"),
        );
        let row = |kind| {
            format!(
                "  - {{name: kind_{kind:02}, regex: 'kind {kind:02} ', severity: high, category: x, description: x}}\n"
            )
        };
        workspace.write("patterns/kinds.yaml", &format!("patterns:\n{}", (0..KINDS).map(row).collect::<String>()));
        workspace.write(LOG, "");
        workspace.write("parts/app-20261000.log", "");
        symlink("parts/app-20261000.log", workspace.file("current.log")).unwrap();
        // Where a link led before the first run is not known.
        assert_eq!(workspace.heal(&["--record"]).code, 0);
        Self {
            workspace,
            dice: Dice(seed),
            written: BTreeMap::new(),
            number: 0,
            half: false,
            read: true,
            dates: 1,
            secret: false,
            story: Vec::new(),
        }
    }

    /// A line that is counted, without its end.
    fn line(&mut self) -> String {
        let kind = self.dice.below(KINDS);
        *self.written.entry(kind).or_default() += 1;
        self.number += 1;
        // Ended by a mark: a half line that another line begins with could be the beginning of that one, in a copy.
        format!("{} ERROR kind {kind:02} number {};", chrono::Utc::now().format("%F %T"), self.number)
    }

    fn append(&mut self, name: &str) {
        self.read = false;
        self.story.push(format!("append to {name} from {}", self.number + 1));
        for _ in 0..=self.dice.below(12) {
            let line = self.line();
            self.workspace.append(name, &format!("{line}\n"));
        }
    }

    fn end_half(&mut self) {
        if std::mem::take(&mut self.half) {
            self.read = false;
            self.workspace.append(LOG, " whole\n");
        }
    }

    fn run(&mut self, arguments: &[&str], killed: bool) {
        let mut command = self.workspace.command(arguments);
        if killed {
            let call = CALLS[self.dice.below(CALLS.len())];
            let when = 1 + self.dice.below(if call.starts_with("pwrite") || call.ends_with("sync") { 12 } else { 60 });
            self.story.push(format!("{arguments:?} killed at {call} {when}"));
            command = strace(&command, call, when);
        } else {
            self.story.push(format!("{arguments:?}"));
        }
        let output = command.output().unwrap();
        let code = output.status.code();
        let wrong = !killed && !matches!(code, Some(0 | 1));
        assert!(!wrong, "{:?}: {code:?} {}", self.story, String::from_utf8_lossy(&output.stderr));
        // A dry run moves no position.
        if !arguments.is_empty() {
            self.read = matches!(code, Some(0 | 1)) && !self.half;
        }
    }

    fn numbered(&self, number: usize, ending: &str) -> PathBuf {
        self.workspace.file(&format!("{LOG}.{number}{ending}"))
    }

    fn shift(&self) {
        for number in (1..60).rev() {
            for ending in ["", ".gz", ".zst"] {
                let from = self.numbered(number, ending);
                if from.exists() {
                    fs::rename(from, self.numbered(number + 1, ending)).unwrap();
                }
            }
        }
    }

    fn rotate(&mut self) {
        let log = self.workspace.file(LOG);
        if fs::metadata(&log).unwrap().len() == 0 {
            return;
        }
        self.read = false;
        let scheme = self.dice.below(8);
        self.story.push(format!("rotate {scheme}"));
        if scheme == 6 {
            // A half line in a copy of a log that goes on is nobody's.
            self.end_half();
            fs::copy(&log, self.workspace.file("new")).unwrap();
            return fs::rename(self.workspace.file("new"), &log).unwrap();
        }
        self.half = false;
        let dated = self.workspace.file(&format!("{LOG}-202611{:02}", self.dates));
        self.dates += 1;
        match scheme {
            0..=3 | 7 => self.shift(),
            _ => {}
        }
        let first = self.numbered(1, "");
        match scheme {
            0 => fs::rename(&log, first).unwrap(),
            1 => {
                fs::rename(&log, &first).unwrap();
                squeeze("gzip", &first);
            }
            // Compressed one rotation later.
            2 => {
                fs::rename(&log, first).unwrap();
                if self.numbered(2, "").exists() {
                    squeeze("gzip", &self.numbered(2, ""));
                }
            }
            3 => {
                fs::copy(&log, first).unwrap();
                fs::File::options().write(true).truncate(true).open(&log).unwrap();
            }
            4 => fs::rename(&log, dated).unwrap(),
            5 => {
                fs::rename(&log, &dated).unwrap();
                squeeze("gzip", &dated);
            }
            _ => {
                fs::rename(&log, &first).unwrap();
                squeeze("zstd", &first);
            }
        }
        self.workspace.append(LOG, "");
    }

    /// The operator changes which names are secrets.
    fn rule(&mut self) {
        let (old, new) = if self.secret { (RULES, NO_RULE) } else { (NO_RULE, RULES) };
        self.secret = !self.secret;
        self.story.push(new.to_owned());
        self.workspace.edit("heal.yaml", old, new);
    }

    fn step(&mut self) {
        match self.dice.below(21) {
            0..=5 => {
                self.end_half();
                self.append(LOG);
            }
            6 if !self.half => {
                let line = self.line();
                self.workspace.append(LOG, &line);
                (self.half, self.read) = (true, false);
            }
            7..=9 => self.rotate(),
            10 | 11 => {
                let newest = fs::read_link(self.workspace.file("current.log")).unwrap();
                self.append(newest.to_str().unwrap());
                if self.dice.below(2) == 0 {
                    self.dates += 1;
                    let next = format!("parts/app-20261{:03}.log", self.dates);
                    self.story.push(format!("current is {next}"));
                    self.append(&next);
                    fs::remove_file(self.workspace.file("current.log")).unwrap();
                    symlink(&next, self.workspace.file("current.log")).unwrap();
                }
            }
            12 => {
                let name = format!("folders/{}/x.log", self.dice.below(3));
                fs::create_dir_all(self.workspace.file(&name).parent().unwrap()).unwrap();
                self.append(&name);
            }
            // What is read may go: a folder, all of a log's text, the log.
            13 if self.read => {
                self.story.push("what was read goes".to_owned());
                let _ = fs::remove_dir_all(self.workspace.file("folders"));
                match self.dice.below(3) {
                    0 => drop(fs::File::create(self.workspace.file(LOG)).unwrap()),
                    1 => {
                        fs::remove_file(self.workspace.file(LOG)).unwrap();
                        self.workspace.append(LOG, "");
                    }
                    _ => {}
                }
            }
            14 => self.run(&["--apply"], false),
            15 | 16 => self.run(&["--record"], true),
            17 => self.run(&["--apply"], true),
            18 => self.run(&[], false),
            19 => self.rule(),
            _ => self.run(&["--record"], false),
        }
    }

    /// What the store says of each kind.
    fn counted(&self) -> BTreeMap<usize, u64> {
        let (_, document) = self.workspace.json(&[]);
        let incidents = document["incidents"].as_array().unwrap().iter();
        let kind = |name: &str| name.strip_prefix("kind_").unwrap_or("99").parse().unwrap();
        incidents
            .map(|one| (kind(one["pattern"].as_str().unwrap_or_default()), one["total"].as_u64().unwrap()))
            .collect()
    }
}

fn squeeze(program: &str, path: &Path) {
    let mut command = Command::new(program);
    command.arg("-q").arg(path);
    if program == "zstd" {
        command.arg("--rm");
    }
    assert!(command.status().unwrap().success());
}

fn strace(heal: &Command, call: &str, when: usize) -> Command {
    let mut command = Command::new("strace");
    command
        .args(["-f", "-qq", "-o", "/dev/null", "-e", &format!("trace={call}")])
        .args(["-e", &format!("inject={call}:signal=KILL:when={when}")])
        .arg(heal.get_program())
        .args(heal.get_args())
        .current_dir(heal.get_current_dir().unwrap())
        .env_clear()
        .envs(heal.get_envs().filter_map(|(key, value)| Some((key, value?))))
        .stdin(Stdio::null());
    command
}

fn history(seed: u64) {
    let mut world = World::new(seed);
    if seed % 2 == 1 {
        world.rule();
    }
    for _ in 0..30 {
        world.step();
    }
    world.end_half();
    world.run(&["--record"], false);
    world.run(&["--record"], false);
    let counted = world.counted();
    let kinds: BTreeSet<_> = counted.keys().chain(world.written.keys()).collect();
    let wrong: Vec<_> = kinds
        .into_iter()
        .map(|kind| (kind, counted.get(kind).copied().unwrap_or(0), world.written.get(kind).copied().unwrap_or(0)))
        .filter(|(_, counted, written)| counted != written)
        .collect();
    assert!(wrong.is_empty(), "seed {seed}: kind, counted, written: {wrong:?}\n{:#?}", world.story);
}

/// `HEAL_SEED` repeats one history.
#[test]
#[ignore = "slow: real runs, many of them killed; run with --ignored"]
fn killed_at_any_system_call_each_line_counts_once() {
    for program in [&["strace", "-V"], &["zstd", "--version"]] {
        if !Command::new(program[0]).arg(program[1]).stdout(Stdio::null()).status().is_ok_and(|ended| ended.success()) {
            println!("skipped: {} is not there", program[0]);
            return;
        }
    }
    if let Ok(seed) = std::env::var("HEAL_SEED") {
        return history(seed.parse().unwrap());
    }
    let began = Instant::now();
    let first = u64::from(std::process::id()) << 16;
    let mut told = 0;
    for seed in first.. {
        if began.elapsed() >= TIME {
            break;
        }
        history(seed);
        told += 1;
    }
    println!("{told} histories");
    assert!(told > 0);
}
