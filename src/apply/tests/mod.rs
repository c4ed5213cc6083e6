//! Real files in a workspace and a state folder of their own.

mod actions;
mod crash;
mod editing;
mod history;
mod in_place;
mod recovery;
mod taking_back;
mod undoing;

use std::fs;
use std::path::{Path, PathBuf};

use chrono::{DateTime, FixedOffset, TimeDelta};

use super::*;
use crate::catalogue::{Edit, FixKey, Locator, Operation, Step, WriteMode};
use crate::sys::clock::RunId;
use crate::sys::disk::{Writer, sha256};

const OLD: &[u8] = b"# the app\nstreaming:\n  timeout: 30  # seconds\r\n  retries: 3";

fn key(fix: &str) -> FixKey {
    FixKey { fix: fix.to_owned(), captures: crate::catalogue::Bindings::new() }
}

/// Changes of one run, newest first.
fn refs(run: &RunId, indices: &[u32]) -> Vec<ChangeRef> {
    let mut refs: Vec<_> = indices.iter().map(|index| ChangeRef { run: run.clone(), index: *index }).collect();
    refs.reverse();
    refs
}

struct World {
    dir: tempfile::TempDir,
    writer: Writer,
    started: DateTime<FixedOffset>,
}

impl World {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("app/conf")).unwrap();
        let world = Self {
            dir,
            writer: Writer::new(),
            started: DateTime::parse_from_rfc3339("2025-12-04T15:30:22+01:00").unwrap(),
        };
        world.write("conf/a.yaml", OLD);
        world.write("conf/b.yaml", b"b: 1\n");
        world
    }

    fn workspace(&self) -> PathBuf {
        self.dir.path().canonicalize().unwrap().join("app")
    }

    fn state(&self) -> PathBuf {
        self.dir.path().join("state")
    }

    fn write(&self, file: &str, bytes: &[u8]) {
        fs::write(self.workspace().join(file), bytes).unwrap();
    }

    fn read(&self, file: &str) -> Vec<u8> {
        fs::read(self.workspace().join(file)).unwrap()
    }

    /// A new run, a minute after the one before.
    fn run(&mut self) -> RunFolder {
        self.started += TimeDelta::minutes(1);
        let header = RunHeader {
            run: RunId::new(self.started),
            mode: Mode::Apply,
            host: "web1".to_owned(),
            started_at: self.started,
            workspace: self.workspace(),
        };
        RunFolder::new(&self.state(), header).unwrap()
    }

    fn edit(&self, run: &mut RunFolder, fix: &str, file: &str, new: &[u8]) -> Result<Receipt, ApplyError> {
        let expected = sha256(&self.read(file));
        self.edit_expecting(run, fix, file, &expected, new)
    }

    fn edit_expecting(
        &self,
        run: &mut RunFolder,
        fix: &str,
        file: &str,
        expected_sha256: &str,
        new: &[u8],
    ) -> Result<Receipt, ApplyError> {
        let planned = PlannedEdit {
            file: Path::new(file),
            expected_sha256,
            expected_identity: None,
            new,
            fix: &key(fix),
            incidents: &["i1".to_owned()],
            step: &step(file),
            old_raw: Some("30"),
            new_raw: Some("45"),
            validate: None,
        };
        apply_edit(run, &self.writer, &planned)
    }

    /// A run with one edit.
    fn edited(&mut self, file: &str, new: &[u8]) -> RunId {
        let mut run = self.run();
        self.edit(&mut run, "fix", file, new).unwrap();
        run.id().clone()
    }

    fn undo(&mut self, run: Option<&RunId>, force: bool) -> Result<UndoReport, UndoError> {
        self.undo_file(run, force, None)
    }

    fn undo_file(&mut self, run: Option<&RunId>, force: bool, file: Option<&str>) -> Result<UndoReport, UndoError> {
        self.started += TimeDelta::minutes(1);
        let request = UndoRequest {
            run: run.map(RunId::as_str),
            force,
            file: file.map(Path::new),
            now: self.started,
            host: "web1",
        };
        undo_run(&self.state(), &self.writer, &request)
    }

    fn manifest(&self, run: &RunId) -> Manifest {
        load(&self.state(), run).unwrap()
    }

    /// Rewrites a manifest, as if the run had been killed at another moment.
    fn rewrite(&self, run: &RunId, change: impl FnOnce(&mut Manifest)) {
        let mut manifest = self.manifest(run);
        change(&mut manifest);
        let path = self.state().join("backups").join(run.as_str()).join("manifest.json");
        fs::write(path, manifest.to_bytes().unwrap()).unwrap();
    }

    fn run_dir(&self, run: &RunId) -> PathBuf {
        self.state().join("backups").join(run.as_str())
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// No temporary file anywhere.
    fn assert_tidy(&self) {
        assert_eq!(Self::names(&self.workspace().join("conf")), ["a.yaml", "b.yaml"]);
        let mut folders = vec![self.state()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let entry = entry.unwrap();
                assert!(!entry.file_name().to_string_lossy().ends_with(".tmp"), "{}", entry.path().display());
                if entry.file_type().unwrap().is_dir() {
                    folders.push(entry.path());
                }
            }
        }
    }
}

fn step(file: &str) -> Step {
    Step::Edit(Edit {
        validate: None,
        file: file.to_owned(),
        locator: Locator::Regex("timeout: (?P<value>[0-9]+)".to_owned()),
        operation: Operation::Replace("45".to_owned()),
        document: None,
        dialect: None,
        unit: None,
        expect_current: None,
        expect_matches: 1,
        create_missing: false,
        write_mode: WriteMode::Replace,
    })
}

/// As [`step`], but the file itself is overwritten.
fn step_in_place(file: &str) -> Step {
    match step(file) {
        Step::Edit(edit) => Step::Edit(Edit { write_mode: WriteMode::InPlace, ..edit }),
        other => other,
    }
}
