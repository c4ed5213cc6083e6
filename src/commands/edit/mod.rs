//! `heal edit`: one edit by hand, with the engine of the fixes.

mod row;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use chrono::{DateTime, FixedOffset};
use serde_json::{Value, json};

use self::row::Row;
use super::memory::{self, Past};
use super::setup::{self, Setup};
use super::{changing, noting, output, pausing, undo};
use crate::apply::{self, ApplyError, Limits, Receipt, RunFolder, RunHeader, apply_edit, take_back};
use crate::catalogue::{Bindings, Catalogue, FixKey};
use crate::cli::{Cli, EditArgs};
use crate::config;
use crate::exit::Exit;
use crate::plan::edit::Code;
use crate::plan::{Extent, HeldBack, PlannedEdit, PlannedStep, Reason, Situation, ThisHost, by_hand};
use crate::report::Status;
use crate::report::text::diff;
use crate::sanitize::{Sanitizer, escape};
use crate::store::Snapshot;
use crate::sys::clock::{self, RunId};
use crate::sys::disk::Writer;
use crate::sys::lock::RunLock;
use crate::sys::{environment, signal};

/// The longest time that `validate` may take.
const STEP: Duration = Duration::from_secs(30);

/// What came of it.
enum Ending {
    /// It would change this.
    Planned(Box<PlannedEdit>),
    /// It changed this.
    Done(Box<PlannedEdit>, Receipt),
    /// It could not be done, and the file is as it was.
    Failed(Box<PlannedEdit>, String),
    /// It failed half-way, and the old bytes could not be put back.
    Stuck(Box<PlannedEdit>, String),
    /// It is not done.
    HeldBack(HeldBack),
}

impl Ending {
    fn exit(&self) -> Exit {
        match self {
            Self::Done(..) => Exit::Healthy,
            Self::HeldBack(held) if held.reason == Reason::AlreadyOptimal => Exit::Healthy,
            Self::Planned(_) | Self::HeldBack(_) => Exit::Trouble,
            Self::Failed(..) => Exit::FixUndone,
            Self::Stuck(..) => Exit::UndoFailed,
        }
    }

    /// How `heal history` tells of the run.
    const fn standing(&self) -> Status {
        match self {
            Self::Done(..) => Status::Healing,
            Self::Planned(_) | Self::HeldBack(_) | Self::Failed(..) => Status::Degraded,
            Self::Stuck(..) => Status::Error,
        }
    }

    fn status(&self) -> &'static str {
        match self {
            Self::Planned(_) => "planned",
            Self::Done(..) => "done",
            Self::Failed(..) | Self::Stuck(..) => "failed",
            Self::HeldBack(held) if held.reason == Reason::AlreadyOptimal => "already_optimal",
            Self::HeldBack(_) => "held_back",
        }
    }
}

pub(super) fn run(cli: &Cli, arguments: &EditArgs) -> Result<Exit> {
    let applies = arguments.apply || cli.run.apply;
    let mut setup = prepare(cli, arguments, applies)?;
    let file = from_workspace(&setup.config.workspace, &arguments.file)?;
    let row = row::of(arguments, &file)?;
    if !applies {
        let snapshot =
            memory::look(&setup.config.state_dir, clock::now(), &setup.sanitizer, &mut setup.notices).snapshot;
        let ending = match planned(&setup, &row, &snapshot, None, clock::now()) {
            Ok(edit) => Ending::Planned(edit),
            Err(held) => Ending::HeldBack(held),
        };
        return tell(cli, &row, &ending);
    }
    signal::install().context("could not listen for signals")?;
    let writer = Writer::new();
    let state_dir = setup.config.state_dir.clone();
    writer.create_private_dir(&state_dir)?;
    let Some(_lock) = RunLock::acquire(&writer, &state_dir, undo::wait(cli)?)? else {
        output::message("heal: another run holds the lock; --wait 30s waits for it");
        return Ok(Exit::Locked);
    };
    let ending = carry_out(&mut setup, &row, &writer);
    for notice in &setup.notices {
        output::message(&format!("heal: {}: {}", escape(&notice.subject), escape(&notice.text)));
    }
    tell(cli, &row, &ending?)
}

/// The configuration; to look, the defaults are enough.
fn prepare(cli: &Cli, arguments: &EditArgs, applies: bool) -> Result<Setup> {
    if setup::find(cli)?.is_some() {
        return setup::prepare(cli);
    }
    if applies {
        bail!("there is no configuration here, which says where backups are kept; `heal init` writes one");
    }
    let here =
        || Path::new(&arguments.file).parent().filter(|_| arguments.file.starts_with('/')).map(Path::to_path_buf);
    let workspace = cli.common.workspace.clone().or_else(here).unwrap_or_else(|| PathBuf::from("."));
    let config = config::defaults(
        &workspace,
        &config::Overrides { workspace: Some(workspace.clone()), ..setup::overrides(cli) },
    )?;
    let sanitizer = Sanitizer::new(&config.redact)?;
    Ok(Setup { config, catalogue: Catalogue::builtin()?, sanitizer, notices: Vec::new() })
}

/// A file named from where the person stands, or from the workspace like in a fix.
fn from_workspace(workspace: &Path, file: &str) -> Result<String> {
    let current = environment::current_dir().context("could not tell the current directory")?;
    let here = config::clean(&current.join(file));
    let meant = if here.exists() { here } else { config::clean(&workspace.join(file)) };
    // A path through a link means what the workspace's own path means.
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    let folder = meant.parent().map(real);
    let name = meant.file_name();
    let relative = meant.strip_prefix(workspace).map(Path::to_path_buf).ok().or_else(|| {
        let inside = folder.as_deref()?.strip_prefix(real(workspace)).ok()?;
        Some(inside.join(name?))
    });
    let path = relative.unwrap_or(meant);
    path.to_str().map(str::to_owned).with_context(|| format!("the path {} is not UTF-8", path.display()))
}

/// The change, or why there is none.
fn planned(
    setup: &Setup,
    row: &Row,
    snapshot: &Snapshot,
    paused: Option<&str>,
    now: DateTime<FixedOffset>,
) -> Result<Box<PlannedEdit>, HeldBack> {
    let host = ThisHost::default();
    let situation = Situation {
        host: &host,
        paused,
        incidents: &[],
        catalogue: &setup.catalogue,
        config: &setup.config,
        snapshot,
        sanitizer: &setup.sanitizer,
        undoable: &Past { state_dir: &setup.config.state_dir },
        with_unsafe: true,
        extent: Extent::Unattended,
        now,
    };
    let steps = by_hand(&situation, &row.fix)?;
    match steps.into_iter().next() {
        Some(PlannedStep::Edit(edit)) => Ok(Box::new(edit)),
        _ => Err(held(row, Reason::AlreadyOptimal, "already optimal")),
    }
}

fn held(row: &Row, reason: Reason, detail: &str) -> HeldBack {
    let fix = row.fix.name.clone();
    HeldBack { fix, incident: String::new(), reason, detail: detail.to_owned(), passes_on: false, freed_by: Vec::new() }
}

fn carry_out(setup: &mut Setup, row: &Row, writer: &Writer) -> Result<Ending> {
    let now = clock::now();
    let state_dir = setup.config.state_dir.clone();
    let first = RunId::new(now);
    let mut memory = memory::open(&state_dir, &first, now, writer, &setup.sanitizer, &mut setup.notices)?;
    memory.check_whole()?;
    memory::tell_interrupted(&state_dir, &memory.snapshot, &mut setup.notices);
    let paused = pausing::why(&memory.snapshot, now);
    let edit = match planned(setup, row, &memory.snapshot, paused.as_deref(), now) {
        Ok(edit) => edit,
        Err(held) => return Ok(Ending::HeldBack(held)),
    };
    if signal::interrupted() {
        bail!("interrupted; nothing was changed");
    }
    let header = RunHeader {
        run: if memory.has_run(&state_dir, &first) {
            RunId::unused(now, |id| memory.has_run(&state_dir, id))
        } else {
            first
        },
        mode: apply::Mode::Edit,
        host: environment::hostname(),
        started_at: now,
        workspace: setup.config.workspace.clone(),
    };
    let run = header.run.clone();
    if let Some(store) = &mut memory.store {
        noting::begin(store, &run, "edit", &header.host, now).context("nothing was changed")?;
    }
    let mut folder = RunFolder::new(&state_dir, header)?;
    let ending = make(setup, &mut folder, writer, row, edit)?;
    if let Some(store) = &mut memory.store {
        let status = ending.standing();
        let fixed = u64::from(matches!(ending, Ending::Done(..)));
        noting::finish(store, &run, status, ending.exit(), fixed)?;
    }
    if matches!(ending, Ending::Done(..)) {
        let Setup { config, notices, .. } = setup;
        changing::prune(config, &memory.snapshot, writer, (&run, now), notices);
    }
    Ok(ending)
}

/// Makes the change, or takes back what was begun of it.
fn make(setup: &Setup, folder: &mut RunFolder, writer: &Writer, row: &Row, edit: Box<PlannedEdit>) -> Result<Ending> {
    let error = match change(folder, writer, &row.fix.name, &edit) {
        Ok(receipt) => return Ok(Ending::Done(edit, receipt)),
        Err(error) => error,
    };
    let why = setup.sanitizer.clean(error.to_string().as_bytes(), 2048);
    let key = FixKey { fix: row.fix.name.clone(), captures: Bindings::new() };
    let standing = folder.standing(&key);
    if error.is_changed_meanwhile() && standing.is_empty() {
        return Ok(Ending::HeldBack(held(row, Reason::ChangedMeanwhile, &why)));
    }
    let back = take_back(folder, writer, &standing, None)?;
    Ok(match back.iter().find(|back| !back.result.succeeded()) {
        None => Ending::Failed(edit, why),
        Some(stuck) => {
            let stuck = format!("{why}; and it could not be taken back: {}", stuck.result.why());
            Ending::Stuck(edit, setup.sanitizer.clean(stuck.as_bytes(), 2048))
        }
    })
}

fn change(folder: &mut RunFolder, writer: &Writer, fix: &str, edit: &PlannedEdit) -> Result<Receipt, ApplyError> {
    let limits = Limits { timeout: STEP, stop_on_interrupt: true };
    let change = apply::PlannedEdit {
        file: &edit.relative,
        expected_sha256: &edit.expected,
        expected_identity: None,
        new: &edit.bytes,
        fix: &FixKey { fix: fix.to_owned(), captures: Bindings::new() },
        incidents: &[],
        step: &edit.step,
        old_raw: Some(&edit.old),
        new_raw: Some(&edit.new),
        validate: edit.validate.as_deref().map(|argv| (argv, limits)),
    };
    apply_edit(folder, writer, &change)
}

fn tell(cli: &Cli, row: &Row, ending: &Ending) -> Result<Exit> {
    if cli.common.json {
        output::print_json(&document(row, ending))?;
        return Ok(ending.exit());
    }
    let style = output::style(cli);
    output::print(|out| {
        match ending {
            Ending::Planned(edit) => {
                diff(&edit.diff, style, out)?;
                writeln!(out, "Nothing was changed: --apply does it, with a backup.")?;
            }
            Ending::Done(edit, receipt) => {
                diff(&edit.diff, style, out)?;
                let run = &receipt.run;
                writeln!(out, "{}:{} is changed; `heal undo {run}` takes it back.", shown(edit), edit.line)?;
            }
            Ending::Failed(edit, why) => {
                diff(&edit.diff, style, out)?;
                writeln!(out, "{} is as it was: {}", shown(edit), escape(why))?;
            }
            Ending::Stuck(edit, why) => writeln!(out, "{}: {}", shown(edit), escape(why))?,
            Ending::HeldBack(held) => writeln!(out, "{}: {}", held.reason.as_str(), escape(&held.detail))?,
        }
        writeln!(out, "\nAs a fix:")?;
        row.text.lines().try_for_each(|line| writeln!(out, "  {}", escape(line)))
    })?;
    Ok(ending.exit())
}

fn shown(edit: &PlannedEdit) -> String {
    setup::shown(&edit.relative)
}

/// The keys of the report that say the same.
fn document(row: &Row, ending: &Ending) -> Value {
    let step = |edit: &PlannedEdit| {
        json!([{
            "fix": row.fix.name, "kind": "edit", "target": shown(edit), "risk": row.fix.risk, "reversible": true,
            "diff": edit.diff.text, "diff_redacted": edit.diff.redacted,
        }])
    };
    let outcome = |edit: &PlannedEdit, result: &str, backup: Option<String>, detail: &str| json!([{"fix": row.fix.name, "kind": "edit", "target": shown(edit), "result": result, "backup": backup, "detail": detail}]);
    let (run, steps, held_back, outcomes) = match ending {
        Ending::Planned(edit) => (None, step(edit), json!([]), json!([])),
        Ending::Done(edit, receipt) => {
            let backup = receipt.backup.as_ref().map(|path| path.display().to_string());
            (Some(receipt.run.to_string()), step(edit), json!([]), outcome(edit, "done", backup, ""))
        }
        Ending::Failed(edit, why) => (None, step(edit), json!([]), outcome(edit, "failed", None, why)),
        Ending::Stuck(edit, why) => (None, step(edit), json!([]), outcome(edit, "undo_failed", None, why)),
        Ending::HeldBack(held) => {
            let code = held.reason.code().map(Code::as_str);
            let held = json!([{"fix": held.fix, "reason": held.reason.as_str(), "code": code, "detail": held.detail}]);
            (None, json!([]), held, json!([]))
        }
    };
    json!({
        "format_version": "1.0",
        "status": ending.status(),
        "run": {"id": run, "mode": "edit"},
        "plan": {"steps": steps, "held_back": held_back},
        "outcomes": outcomes,
        "fix": row.text,
    })
}
