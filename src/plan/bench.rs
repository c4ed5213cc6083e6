//! Where edits are tried: files as they are on disk, with the changes planned so far on top.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::edit::{self, Proposal};
use super::{Diff, PlannedStep, Reason, Situation, TakeBack, allowed, diff};
use crate::catalogue::{Fix, Step};
use crate::config::clean;
use crate::sys::disk::{MAX_TARGET, open_target, sha256};

/// Files that differ from what is on disk, because something planned before changes them.
pub(super) struct Bench {
    files: BTreeMap<PathBuf, Vec<u8>>,
}

/// One value that a fix changes.
#[derive(Clone, Debug)]
pub(super) struct Touched {
    /// Relative to the workspace.
    pub file: PathBuf,
    /// Where, in the file as it is on disk; `None` when an earlier step of the same fix made the place.
    pub span: Option<Range<usize>>,
    /// What it becomes.
    pub new: String,
}

/// What a fix would do.
pub(super) enum Trial {
    /// Something.
    Changes { steps: Vec<PlannedStep>, touched: Vec<Touched> },
    /// Nothing, for this reason.
    Nothing(Reason, String),
}

impl Bench {
    /// A bench on which these take-backs are done.
    pub fn after(take_backs: &[TakeBack]) -> Self {
        let restored = take_backs.iter().flat_map(|back| &back.files);
        Self { files: restored.map(|file| (file.relative.clone(), file.bytes.clone())).collect() }
    }

    /// Tries a fix on top of the files as they are in this bench; keeps the result when `keep`.
    pub fn try_fix(&mut self, situation: &Situation<'_>, fix: &Fix, keep: bool) -> Trial {
        let mut overlay: BTreeMap<PathBuf, Vec<u8>> = BTreeMap::new();
        let (mut steps, mut touched, mut optimal) = (Vec::new(), Vec::new(), Vec::new());
        for step in &fix.steps {
            match self.try_step(situation, fix, step, &mut overlay) {
                Ok(Outcome::Changed(planned, place)) => {
                    steps.push(*planned);
                    touched.push(place);
                }
                Ok(Outcome::Nothing(text)) => optimal.push(text),
                Err((reason, text)) => return Trial::Nothing(reason, text),
            }
        }
        if steps.is_empty() {
            return Trial::Nothing(Reason::AlreadyOptimal, optimal.join("; "));
        }
        if keep {
            self.files.extend(overlay);
        }
        Trial::Changes { steps, touched }
    }

    fn try_step(
        &self,
        situation: &Situation<'_>,
        fix: &Fix,
        step: &Step,
        overlay: &mut BTreeMap<PathBuf, Vec<u8>>,
    ) -> Result<Outcome, (Reason, String)> {
        let Step::Edit(wanted) = step;
        let looks = allowed::only_looks(step);
        let relative = match allowed::relative_target(situation.config, fix, step) {
            Ok(relative) => relative,
            // Looking needs no leave, and a shipped check may look at a file of the host.
            Err(_) if looks => clean(&situation.config.workspace.join(&wanted.file)),
            Err(why) => return Err((Reason::NotAllowed, why)),
        };
        let refused = |text: String| (Reason::RefusedEdit, situation.clean(&text));
        let on_disk = self.read(situation, &relative, looks).map_err(refused)?;
        let current = overlay.get(&relative).unwrap_or(&on_disk);
        let place = |line: Option<usize>, column: Option<usize>| {
            let mut place = relative.display().to_string();
            for part in [line, column].into_iter().flatten() {
                place = format!("{place}:{part}");
            }
            place
        };
        match edit::propose(current, wanted) {
            Err(why) => Err(refused(format!("{}: {} ({})", place(why.line, why.column), why.reason, why.code))),
            Ok(Proposal::DoesNotHold { line, reason }) => {
                Err((Reason::CheckFailed, situation.clean(&format!("{}: {reason}", place(line, None)))))
            }
            Ok(Proposal::Holds { reason } | Proposal::AlreadyOptimal { reason, .. }) => {
                Ok(Outcome::Nothing(situation.clean(&format!("{}: {reason}", place(None, None)))))
            }
            Ok(Proposal::Change(changed)) => {
                let bytes = changed.text.into_bytes();
                if !allowed::leaves_own_block(current, &bytes) {
                    let text = format!("{} would change heal's own auto_healer block", relative.display());
                    return Err((Reason::NotAllowed, text));
                }
                let span = edit::locate(&on_disk, wanted).ok().map(|found| found.span);
                let shown = Diff::between(&diff::name_of(&relative), current, &bytes, situation.sanitizer);
                let planned = PlannedStep {
                    step: step.clone(),
                    relative: relative.clone(),
                    expected: sha256(current),
                    old: changed.old,
                    new: changed.new.clone(),
                    line: changed.line,
                    diff: shown,
                    bytes: bytes.clone(),
                };
                overlay.insert(relative.clone(), bytes);
                Ok(Outcome::Changed(Box::new(planned), Touched { file: relative, span, new: changed.new }))
            }
        }
    }

    fn read(&self, situation: &Situation<'_>, relative: &Path, looks: bool) -> Result<Vec<u8>, String> {
        if let Some(bytes) = self.files.get(relative) {
            return Ok(bytes.clone());
        }
        let root = if looks && relative.is_absolute() { Path::new("/") } else { &situation.config.workspace };
        open_target(root, relative, MAX_TARGET).map(|target| target.bytes).map_err(|error| error.to_string())
    }
}

enum Outcome {
    Changed(Box<PlannedStep>, Touched),
    Nothing(String),
}
