//! What is found, and what is left out.

use super::*;
use std::os::unix::fs::symlink;

struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn root(&self) -> PathBuf {
        self.folder.path().canonicalize().unwrap()
    }

    fn put(&self, path: &str, text: &str) -> PathBuf {
        use std::io::Write;
        let path = self.root().join(path);
        std::fs::DirBuilder::new().recursive(true).create(path.parent().unwrap()).unwrap();
        std::fs::File::create(&path).unwrap().write_all(text.as_bytes()).unwrap();
        path
    }

    fn find(&self, globs: &[&str]) -> Discovery {
        self.find_without(globs, &[])
    }

    fn find_without(&self, globs: &[&str], exclude: &[&str]) -> Discovery {
        let absolute = |glob: &&str| format!("{}/{glob}", self.root().display());
        let logs: Vec<Log> = globs
            .iter()
            .map(|glob| Log {
                name: (*glob).to_owned(),
                feed: Feed::Files { glob: absolute(glob), exclude: exclude.iter().map(absolute).collect() },
                required: false,
                expect: None,
            })
            .collect();
        discover(&Request {
            logs: &logs,
            workspace: &self.root(),
            state_dir: &self.root().join(".heal"),
            positions: &Positions::default(),
            window: None,
            since: None,
            until: None,
            now: DateTime::parse_from_rfc3339("2025-12-05T12:00:00Z").unwrap(),
            zone: Zone::Host,
            known_entries: &[],
            names: &crate::sanitize::Sanitizer::new(&[]).unwrap(),
        })
    }
}

fn names(discovery: &Discovery) -> Vec<&str> {
    discovery.sources.iter().map(Source::name).collect()
}

fn others(discovery: &Discovery) -> Vec<(&str, &str, &str)> {
    discovery.coverage.iter().map(|c| (c.source.as_str(), c.state.as_str(), c.detail.as_str())).collect()
}

#[test]
fn globs_name_files_in_order() {
    let place = Place::new();
    for path in ["logs/b.log", "logs/a.log", "logs/a.txt", "logs/deep/c.log", "other/logs/d.log"] {
        place.put(path, "x\n");
    }
    assert_eq!(names(&place.find(&["logs/*.log"])), ["logs/a.log", "logs/b.log"]);
    assert_eq!(names(&place.find(&["**/*.log"])), ["logs/a.log", "logs/b.log", "logs/deep/c.log", "other/logs/d.log"]);
    assert_eq!(names(&place.find(&["*/deep/*"])), ["logs/deep/c.log"]);
    assert_eq!(names(&place.find(&["{logs/a,other/logs/d}.log"])), ["logs/a.log", "other/logs/d.log"]);
    assert_eq!(names(&place.find(&["logs/a.{log,txt}"])), ["logs/a.log", "logs/a.txt"]);
    assert_eq!(names(&place.find_without(&["logs/**"], &["logs/deep/**", "**/*.txt"])), ["logs/a.log", "logs/b.log"]);
}

#[test]
fn a_glob_that_matches_nothing_is_missing_as_written() {
    let place = Place::new();
    place.put("logs/a.log", "x\n");
    let found = place.find(&["logs/*.err", "nowhere/app.log"]);
    assert_eq!(
        others(&found),
        [("logs/*.err", "missing", "no file matches"), ("nowhere/app.log", "missing", "no file matches")]
    );
}

#[test]
fn one_file_under_two_names_counts_once() {
    let place = Place::new();
    let real = place.put("logs/a.log", "x\n");
    std::fs::hard_link(&real, place.root().join("logs/b.log")).unwrap();
    symlink("a.log", place.root().join("logs/c.log")).unwrap();
    let found = place.find(&["logs/*.log", "logs/a.*"]);
    assert_eq!(names(&found), ["logs/a.log"]);
    let same = "the same file as logs/a.log";
    assert_eq!(
        others(&found),
        [("logs/b.log", "skipped", same), ("logs/c.log", "skipped", same), ("logs/a.log", "skipped", same)]
    );
}

#[test]
fn what_is_no_file_is_left_out() {
    let place = Place::new();
    place.put("logs/folder/x", "");
    place.put(".heal/heal.log", "x\n");
    let fifo = place.root().join("logs/fifo");
    rustix::fs::mknodat(rustix::fs::CWD, &fifo, rustix::fs::FileType::Fifo, rustix::fs::Mode::from(0o600), 0).unwrap();
    symlink("nothing", place.root().join("logs/gone")).unwrap();
    symlink("..", place.root().join("logs/loop")).unwrap();
    let found = place.find(&["logs/*", ".heal/*", "**/*.log"]);
    assert!(found.sources.is_empty(), "{:?}", names(&found));
    let own = "heal's own state is never a log";
    assert_eq!(
        others(&found),
        [
            ("logs/fifo", "skipped", "a named pipe is not opened"),
            ("logs/folder", "skipped", "a folder is not read"),
            ("logs/gone", "missing", "the link points to nothing"),
            ("logs/loop", "skipped", "a folder is not read"),
            (".heal", "skipped", own),
            (".heal", "skipped", own),
        ]
    );
}

#[test]
fn root_follows_no_link_that_others_may_have_put_there() {
    use std::os::unix::fs::PermissionsExt;
    if !logfile::is_root() {
        return;
    }
    let place = Place::new();
    place.put("secret", "x\n");
    place.put("logs/a.log", "x\n");
    std::fs::set_permissions(place.root().join("logs"), std::fs::Permissions::from_mode(0o1777)).unwrap();
    symlink("../secret", place.root().join("logs/b.log")).unwrap();
    let found = place.find(&["logs/*.log"]);
    assert_eq!(names(&found), ["logs/a.log"]);
    assert_eq!(others(&found), [("logs/b.log", "skipped", glob::LINK)]);
}

#[test]
fn named_files_are_whole_or_said_to_be_unreadable() {
    let place = Place::new();
    let there = place.put("a.log", "x\n");
    let found = files(
        &[there, place.root().join("b.log"), place.root()],
        &place.root(),
        Zone::Host,
        crate::sys::clock::now(),
        (None, None),
        &crate::sanitize::Sanitizer::new(&[]).unwrap(),
    );
    assert_eq!(found.sources.len(), 1);
    assert_eq!(found.coverage.iter().map(|c| c.state).collect::<Vec<_>>(), [State::Missing, State::Skipped]);
}

#[test]
fn a_bad_glob_is_data() {
    let found = Place::new().find(&["logs/[a"]);
    assert_eq!(found.coverage[0].state, State::Unreadable);
    assert_eq!(found.notices.len(), 1);
}
