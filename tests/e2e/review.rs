//! `heal review`, at a real pseudo-terminal.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use rexpect::process::WaitStatus;
use rexpect::session::{PtySession, spawn_command};

use crate::faults::kill_while_it_checks;
use crate::workspace::{APP, FIX, Workspace};

/// A command under way that asks at the terminal.
pub struct Terminal {
    session: PtySession,
    seen: String,
}

impl Terminal {
    fn new(workspace: &Workspace, arguments: &[&str]) -> Self {
        Self::of(workspace, &[&["review"], arguments].concat())
    }

    pub fn of(workspace: &Workspace, arguments: &[&str]) -> Self {
        let mut command: Command = workspace.command(arguments);
        command.env("TERM", "dumb").stdin(std::process::Stdio::inherit());
        let session = spawn_command(command, Some(20_000)).expect("a pseudo-terminal");
        Self { session, seen: String::new() }
    }

    /// Waits for these words; gives what came before them.
    pub fn expect(&mut self, words: &str) -> String {
        let before = self.session.exp_string(words).unwrap_or_else(|error| panic!("{words}: {error}\n{}", self.seen));
        self.seen.push_str(&before);
        self.seen.push_str(words);
        before
    }

    pub fn answer(&mut self, key: &str) {
        self.session.send_line(key).unwrap();
    }

    pub fn press_control(&mut self, key: char) {
        self.session.send_control(key).unwrap();
    }

    /// The exit code, and all that was shown.
    pub fn end(mut self) -> (i32, String) {
        self.seen.push_str(&self.session.exp_eof().unwrap());
        match self.session.process().wait().unwrap() {
            WaitStatus::Exited(_, code) => (code, self.seen),
            other => panic!("{other:?}"),
        }
    }
}

fn held_world() -> Workspace {
    let workspace = Workspace::small();
    workspace.edit("fixes/app.yaml", "risk: safe", "risk: unsafe");
    workspace
}

#[test]
fn it_shows_what_there_is_to_decide_and_applies_what_is_chosen() {
    let workspace = held_world();
    let mut terminal = Terminal::new(&workspace, &[]);
    let shown = terminal.expect("Apply raise_pool [y,n,a,e,h,q,?]?");
    for words in [
        "pool_exhausted",
        "The connection pool is empty",
        "risk unsafe",
        "can be undone",
        "-  pool: 10",
        "+  pool: 20",
        "no check",
        "taken back",
    ] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    assert_eq!(workspace.read("app.yaml"), APP);
    terminal.answer("?");
    assert!(terminal.expect("Apply raise_pool [").contains("Ctrl-C"));
    terminal.answer("h");
    assert!(terminal.expect("Apply raise_pool [").contains("--unsafe or `heal review` frees it"));
    terminal.answer("e");
    assert!(terminal.expect("Apply raise_pool [").contains("| "));
    assert_eq!(workspace.read("app.yaml"), APP, "nothing before the last answer");
    assert!(!workspace.file(".heal").exists());
    terminal.answer("y");
    let (code, seen) = terminal.end();
    assert_eq!(code, 0, "{seen}");
    assert!(workspace.read("app.yaml").contains("pool: 20 "));
    let listed: serde_json::Value = serde_json::from_str(&workspace.heal(&["history", "--json"]).out).unwrap();
    assert_eq!(listed["runs"][0]["mode"], "review");
    assert_eq!(workspace.heal(&["undo"]).code, 0);
    assert_eq!(workspace.read("app.yaml"), APP);
}

#[test]
fn skip_quit_and_ctrl_c_change_nothing() {
    for (key, code) in [("n", 1), ("q", 1)] {
        let workspace = held_world();
        let mut terminal = Terminal::new(&workspace, &[]);
        terminal.expect("?]?");
        terminal.answer(key);
        let (ended, seen) = terminal.end();
        assert_eq!(ended, code, "{seen}");
        assert!(seen.contains("nothing was changed"), "{seen}");
        assert_eq!(workspace.read("app.yaml"), APP);
        assert!(!workspace.file(".heal").exists());
    }
    for control in ['c', 'd'] {
        let workspace = held_world();
        let mut terminal = Terminal::new(&workspace, &[]);
        terminal.expect("?]?");
        terminal.session.send_control(control).unwrap();
        let (ended, seen) = terminal.end();
        assert_eq!(ended, 2, "{seen}");
        assert!(seen.contains("nothing was changed"), "{seen}");
        assert_eq!(workspace.read("app.yaml"), APP);
        assert!(!workspace.file(".heal").exists());
    }
}

#[test]
fn ctrl_c_after_a_yes_changes_nothing_either() {
    let workspace = Workspace::small();
    workspace.write(
        "fixes/app.yaml",
        &format!("{FIX}      - edit: {{file: app.yaml, yaml_path: [db, host], operation: set, value: db2}}\n"),
    );
    let mut terminal = Terminal::new(&workspace, &[]);
    terminal.expect("Apply step 1 of 2 of raise_pool");
    terminal.answer("y");
    terminal.expect("Apply step 2 of 2 of raise_pool");
    terminal.session.send_control('c').unwrap();
    assert_eq!(terminal.end().0, 2);
    assert_eq!(workspace.read("app.yaml"), APP);
    // A step that is skipped skips its fix: it is done whole or not at all.
    let mut terminal = Terminal::new(&workspace, &[]);
    terminal.expect("Apply step 1 of 2");
    terminal.answer("y");
    terminal.expect("Apply step 2 of 2");
    terminal.answer("n");
    assert_eq!(terminal.end().0, 1);
    assert_eq!(workspace.read("app.yaml"), APP);
    // And one that is taken whole asks no more.
    let mut terminal = Terminal::new(&workspace, &[]);
    terminal.expect("Apply step 1 of 2");
    terminal.answer("a");
    let (code, seen) = terminal.end();
    assert_eq!(code, 0, "{seen}");
    let text = workspace.read("app.yaml");
    assert!(text.contains("pool: 20 ") && text.contains("host: db2"), "{text}");
}

#[test]
fn what_builds_on_a_fix_that_is_skipped_is_done_without_it() {
    let workspace = Workspace::small();
    workspace.append(
        "patterns/app.yaml",
        "  - {name: pool_slow, regex: 'pool is slow', severity: high, category: database, description: d}\n",
    );
    workspace.append(
        "fixes/app.yaml",
        "  - {name: other_host, for: [pool_slow], description: d, steps: [edit: {file: app.yaml, yaml_path: [db, host], operation: set, value: db2}]}\n",
    );
    workspace.log("ERROR app.db: pool is slow");
    let mut terminal = Terminal::new(&workspace, &[]);
    terminal.expect("Apply raise_pool");
    terminal.answer("n");
    terminal.expect("Apply other_host");
    terminal.answer("y");
    let (_, seen) = terminal.end();
    let text = workspace.read("app.yaml");
    assert!(text.contains("pool: 10 ") && text.contains("host: db2"), "{text}{seen}");
}

#[test]
fn what_changed_since_it_was_shown_is_not_done() {
    let workspace = held_world();
    let mut terminal = Terminal::new(&workspace, &[]);
    terminal.expect("?]?");
    workspace.edit("app.yaml", "host: db1", "host: db9");
    terminal.answer("y");
    let (code, seen) = terminal.end();
    assert_eq!(code, 2, "{seen}");
    assert!(seen.contains("has changed since you looked"), "{seen}");
    assert!(workspace.read("app.yaml").contains("pool: 10 "));
}

#[test]
fn it_frees_what_waits_for_a_person_and_nothing_else() {
    let frees = |change: &dyn Fn(&Workspace)| {
        let workspace = Workspace::small();
        change(&workspace);
        let mut terminal = Terminal::new(&workspace, &["--fix", "raise_pool"]);
        terminal.expect("?]?");
        terminal.answer("y");
        terminal.end();
        workspace.read("app.yaml").contains("pool: 20 ")
    };
    assert!(frees(&|workspace| workspace.edit(
        "patterns/app.yaml",
        "severity: high",
        "severity: high\n    mode: propose"
    )));
    assert!(frees(&|workspace| workspace.append("heal.yaml", "policy: {auto: {severities: [low]}}\n")));
    assert!(frees(&|workspace| workspace.append("heal.yaml", "policy: {auto: {risks: []}}\n")));
    assert!(frees(&|workspace| {
        workspace.edit("heal.yaml", "max_event_age: all", "max_event_age: 1h");
        workspace.write("logs/app.log", "2025-01-05 10:00:00 ERROR app.db: pool exhausted\n");
    }));
    for (file, from, to) in [
        ("fixes/app.yaml", "risk: safe", "risk: display_only"),
        ("patterns/app.yaml", "severity: high", "severity: high\n    mode: observe"),
    ] {
        let workspace = Workspace::small();
        workspace.edit(file, from, to);
        let (code, seen) = Terminal::new(&workspace, &[]).end();
        assert_eq!(code, 1, "{seen}");
        let words = seen.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains("nothing to decide") && words.contains("no flag or review frees it"), "{seen}");
    }
}

#[test]
fn it_asks_about_what_it_was_asked_about() {
    let workspace = held_world();
    let (_, document) = workspace.json(&[]);
    let id = document["incidents"][0]["id"].as_str().unwrap().to_owned();
    let mut terminal = Terminal::new(&workspace, &["--incident", &id[..6]]);
    terminal.expect("Apply raise_pool");
    terminal.answer("q");
    terminal.end();
    for arguments in [["--incident", "ffffffffff"], ["--fix", "no_such_fix"]] {
        let (code, seen) = Terminal::new(&workspace, &arguments).end();
        assert_eq!(code, 2, "{seen}");
    }
}

#[test]
fn without_a_terminal_it_says_so() {
    let workspace = held_world();
    let ran = workspace.heal(&["review"]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(ran.err.contains("terminal"), "{}", ran.err);
    assert_eq!(workspace.heal(&["review", "--json"]).code, 2);
}

#[test]
fn words_from_outside_do_nothing_to_the_terminal() {
    let workspace = held_world();
    workspace.log("ERROR app.db: pool exhausted \u{1b}[31m\u{202e}Apply raise_pool [y]? \u{7} yes");
    let mut terminal = Terminal::new(&workspace, &[]);
    terminal.expect("?]?");
    terminal.answer("e");
    let shown = terminal.expect("?]?");
    assert!(shown.contains("| "), "{shown}");
    assert!(!shown.contains(['\u{1b}', '\u{202e}', '\u{7}']), "{shown:?}");
    assert!(!shown.lines().any(|line| line.starts_with("Apply raise_pool [y]")), "{shown}");
    terminal.answer("q");
    terminal.end();
}

/// One fix for two files that log lines name.
fn captured() -> Workspace {
    let workspace = Workspace::small();
    workspace.append(
        "patterns/app.yaml",
        "  - name: too_open\n    regex: 'too open: (?P<path>\\S+)'\n    severity: high\n    category: permissions\n    description: d\n    captures: {path: absolute_path}\n",
    );
    workspace.append(
        "fixes/app.yaml",
        "  - {name: close_it, for: [too_open], description: d, steps: [fix_permissions: {path: '{path}', mode: '0600'}]}\n",
    );
    workspace.append("heal.yaml", "policy: {allow_paths: ['one', 'two', 'app.yaml']}\n");
    for name in ["one", "two"] {
        workspace.write(name, "");
        std::fs::set_permissions(workspace.file(name), PermissionsExt::from_mode(0o644)).unwrap();
        let path = workspace.path().canonicalize().unwrap().join(name);
        workspace.log(&format!("ERROR app: too open: {}", path.display()));
    }
    workspace
}

fn modes(workspace: &Workspace) -> [u32; 2] {
    ["one", "two"].map(|name| std::fs::metadata(workspace.file(name)).unwrap().permissions().mode() & 0o777)
}

#[test]
fn all_of_a_fix_is_all_its_doings_in_this_run() {
    let workspace = captured();
    let mut terminal = Terminal::new(&workspace, &["--fix", "close_it"]);
    terminal.expect("Apply close_it [");
    terminal.answer("a");
    let (_, seen) = terminal.end();
    assert_eq!(modes(&workspace), [0o600, 0o600], "{seen}");
    assert_eq!(workspace.read("app.yaml"), APP, "what was not asked about is not done");

    let workspace = captured();
    let mut terminal = Terminal::new(&workspace, &["--fix", "close_it"]);
    terminal.expect("Apply close_it [");
    terminal.answer("n");
    terminal.expect("Apply close_it [");
    terminal.answer("y");
    terminal.end();
    let mut modes = modes(&workspace);
    modes.sort_unstable();
    assert_eq!(modes, [0o600, 0o644], "one of the two");
}

#[test]
fn what_did_not_help_is_asked_about_too() {
    let workspace = Workspace::small();
    workspace.write("fixes/app.yaml", &format!("{FIX}    on_ineffective: undo\n"));
    workspace.heal(&["--apply"]);
    workspace.log("ERROR app.db: pool exhausted, 20 in use");
    let mut terminal = Terminal::new(&workspace, &[]);
    let shown = terminal.expect("Take back raise_pool [");
    assert!(shown.contains("-  pool: 20") && shown.contains("+  pool: 10"), "{shown}");
    terminal.answer("y");
    // What comes next builds on the old bytes.
    terminal.answer("q");
    let (_, seen) = terminal.end();
    assert_eq!(workspace.read("app.yaml"), APP, "{seen}");
}

#[test]
fn nothing_is_applied_until_what_a_kill_cut_short_is_taken_back() {
    let workspace = Workspace::small();
    workspace.write("fixes/app.yaml", &format!("{FIX}    verify: [{{command: [sleep, '20']}}]\n"));
    kill_while_it_checks(&workspace, &["--apply"]);
    workspace.write("other.yaml", "size: 1\n");
    workspace.append("patterns/app.yaml", OTHER_PATTERN);
    workspace.append("fixes/app.yaml", OTHER_FIX);
    workspace.log("ERROR app: too small");
    let mut terminal = Terminal::new(&workspace, &[]);
    terminal.expect("Apply enlarge [");
    terminal.answer("y");
    let (code, seen) = terminal.end();
    let run = workspace.only_backup();
    let words = format!("run {run} was interrupted while changing {}", workspace.file("app.yaml").display());
    let rest = ": nothing was changed; `heal --apply` takes that back first";
    assert!(code == 2 && seen.contains(&(words + rest)), "{code}: {seen}");
    assert_eq!(workspace.read("other.yaml"), "size: 1\n");
    assert!(workspace.read("app.yaml").contains("pool: 20 "), "what is to be taken back is left to `heal --apply`");
    assert_eq!(workspace.only_backup(), run);
}

const OTHER_PATTERN: &str = "  - {name: small, regex: 'too small', severity: high, category: size, description: d}\n";
const OTHER_FIX: &str = "  - name: enlarge
    for: [small]
    description: More
    risk: unsafe
    steps:
      - edit: {file: other.yaml, yaml_path: [size], operation: set, value: 2}
";
