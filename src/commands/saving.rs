//! `heal plan -o FILE` and `heal apply FILE`: decided now, done later, exactly so and once.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail};
use chrono::{DateTime, FixedOffset, TimeDelta};

use super::asking::not_asked;
use super::deciding::{Errand, Scene};
use super::run::{self, Looked};
use super::setup::{self, Setup};
use super::{output, setup::shown};
use crate::catalogue::Catalogue;
use crate::cli::{Cli, PlanArgs};
use crate::config::{Reach, strict, units};
use crate::exit::Exit;
use crate::plan::{Extent, HashedFile, PlanHost, SavedPlan, Wanted};
use crate::report::{Mode, text, v1};
use crate::sys::clock::{self, RunId};
use crate::sys::disk::{Reader, Writer, read_own, sha256};
use crate::sys::{environment, machine, signal};

/// The largest saved plan, in bytes.
const MAX_PLAN: u64 = 64 << 20;
/// The folder in the state folder that tells which plans were used.
const USED: &str = "plans";

/// `heal plan -o FILE`.
pub(super) fn save(cli: &Cli, arguments: &PlanArgs) -> Result<Exit> {
    signal::install().context("could not listen for signals")?;
    let lifetime = lifetime(&arguments.expires)?;
    let place = Place::find(&arguments.output)?;
    let cli = cli.looking(&arguments.look, arguments.with_unsafe);
    if cli.run.log.iter().any(|log| log.as_os_str() == "-") {
        bail!("standard input cannot be read again when the plan is applied: write it to a file, and name that");
    }
    let setup = setup::prepare(&cli)?;
    if !setup.config.enabled {
        bail!("`enabled: false` in {}: there is nothing to plan", setup.config.file.display());
    }
    let configuration = configuration(&setup)?;
    let looked = run::look_around(&cli, setup, Extent::Unattended)?;
    if signal::interrupted() {
        bail!("interrupted; no plan was saved");
    }
    let mut saved = plan_of(&cli, &looked, configuration, lifetime)?;
    let bytes = saved.to_bytes().context("could not make the plan's JSON")?;
    place.write(&bytes)?;
    tell(&cli, looked, &saved, &arguments.output)
}

fn lifetime(text: &str) -> Result<TimeDelta> {
    let length = units::duration(text).map_err(|text| anyhow!("--expires: {text}"))?;
    let length = TimeDelta::from_std(length).map_err(|_| anyhow!("--expires: {text} is too long"))?;
    if length.is_zero() {
        bail!("--expires: a plan that expires at once cannot be applied");
    }
    Ok(length)
}

/// Where a plan goes: a new file, or an older plan of this user.
enum Place<'a> {
    New(&'a Path),
    Old(&'a Path),
}

impl<'a> Place<'a> {
    fn find(path: &'a Path) -> Result<Self> {
        if path.as_os_str() == "-" {
            bail!("a plan holds exact bytes, secrets too: name a file, which nobody else may read");
        }
        let there = Reader::new().stat(path).with_context(|| format!("could not look at {}", path.display()))?;
        if there.is_none() {
            return Ok(Self::New(path));
        }
        let old = read_own(path, MAX_PLAN).ok().and_then(|bytes| {
            serde_json::from_slice::<serde_json::Value>(&bytes).ok().filter(|value| value.get("heal_plan").is_some())
        });
        match old {
            Some(_) => Ok(Self::Old(path)),
            None => {
                bail!("{} is there, and is no plan of yours: it is not replaced; choose another name", path.display())
            }
        }
    }

    fn write(&self, bytes: &[u8]) -> Result<()> {
        if u64::try_from(bytes.len()).is_ok_and(|length| length > MAX_PLAN) {
            bail!("the plan would be larger than {MAX_PLAN} bytes");
        }
        let writer = Writer::new();
        match self {
            Self::New(path) => writer.create_new(path, bytes, 0o600),
            Self::Old(path) => writer.write_private_atomic(path, bytes),
        }
    }
}

fn plan_of(cli: &Cli, looked: &Looked, configuration: Vec<HashedFile>, lifetime: TimeDelta) -> Result<SavedPlan> {
    let config = &looked.setup.config;
    let now = looked.frame.started_at;
    let absolute = |path: &PathBuf| std::path::absolute(path).context("a path could not be made absolute");
    Ok(SavedPlan {
        heal_plan: SavedPlan::version(),
        id: looked.frame.id.to_string(),
        created_at: now,
        expires_at: now.checked_add_signed(lifetime).ok_or_else(|| anyhow!("--expires is too long"))?,
        heal_version: env!("CARGO_PKG_VERSION").to_owned(),
        host: this_host(),
        config: real(&config.file),
        workspace: real(&config.workspace),
        state_dir: config.state_dir.clone(),
        configuration,
        with_unsafe: cli.run.with_unsafe,
        since: since(cli, looked, now)?,
        logs: cli.run.log.iter().map(absolute).collect::<Result<_>>()?,
        take_backs: looked.plan.take_backs.iter().map(Into::into).collect(),
        fixes: looked.plan.fixes.iter().map(Into::into).collect(),
        sha256: String::new(),
    })
}

/// How far back the run that applies it must look to see what this one saw.
fn since(cli: &Cli, looked: &Looked, now: DateTime<FixedOffset>) -> Result<String> {
    let begin = match &cli.run.since {
        Some(text) => units::moment(text, now).map_err(|reason| anyhow!("--since: {reason}"))?,
        None => match looked.setup.config.window {
            Reach::All => None,
            Reach::Last(window) => TimeDelta::from_std(window).ok().and_then(|window| now.checked_sub_signed(window)),
        },
    };
    Ok(begin.map_or_else(|| "all".to_owned(), |at| at.to_rfc3339()))
}

fn this_host() -> PlanHost {
    PlanHost { name: environment::hostname(), machine: machine::identity() }
}

fn real(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_path_buf())
}

/// The configuration and every table, by their hashes.
fn configuration(setup: &Setup) -> Result<Vec<HashedFile>> {
    let mut files = vec![setup.config.file.clone()];
    files.extend(Catalogue::files(&setup.config)?);
    let mut hashed = Vec::new();
    for file in files.into_iter().filter(|file| file.is_file()) {
        let bytes = Reader::new().read_bounded(&file, strict::MAX_BYTES);
        let bytes = bytes.with_context(|| format!("could not read {}", file.display()))?;
        hashed.push(HashedFile { file: real(&file), sha256: sha256(&bytes) });
    }
    Ok(hashed)
}

fn tell(cli: &Cli, looked: Looked, saved: &SavedPlan, file: &Path) -> Result<Exit> {
    let analysis = not_asked(&looked.setup);
    let (run, _) = looked.into_run(analysis);
    let expires = saved.expires_at.to_rfc3339_opts(chrono::SecondsFormat::Secs, false);
    if cli.common.json {
        let mut document =
            serde_json::to_value(v1::Document::from(&run)).context("could not make the JSON document")?;
        document["saved_plan"] = serde_json::json!({
            "file": shown(file),
            "id": saved.id,
            "expires_at": expires,
            "fixes": saved.fixes.len(),
            "take_backs": saved.take_backs.len(),
        });
        output::print_json(&document)?;
        return Ok(Exit::Healthy);
    }
    let style = output::style(cli);
    let name = shown(file);
    output::print(|out| {
        text::write(&run, style, out)?;
        if run.plan.is_empty() {
            return writeln!(out, "\nSaved to {name}: a plan to do nothing.");
        }
        writeln!(out, "\nSaved to {name}, with every byte, secrets too. It can be applied once, until {expires}:")?;
        writeln!(out, "  heal apply {name}")
    })?;
    Ok(Exit::Healthy)
}

/// `heal apply FILE`.
pub(super) fn apply(cli: &Cli, file: &Path) -> Result<Exit> {
    signal::install().context("could not listen for signals")?;
    let approved = Approved::open(file)?;
    let cli = approved.as_run(cli);
    let setup = setup::prepare(&cli)?;
    approved.check_setup(&setup)?;
    run::change(&cli, setup, Mode::ApplyPlan, &Errand::Saved(&approved))
}

/// A saved plan that may be applied here and now, as far as can be told without looking at what it is about.
pub(super) struct Approved {
    file: PathBuf,
    pub plan: SavedPlan,
    pub wanted: Wanted,
}

impl Approved {
    fn open(file: &Path) -> Result<Self> {
        let bytes = read_own(file, MAX_PLAN).map_err(|untrusted| anyhow!("{untrusted}; nothing was changed"))?;
        let plan = SavedPlan::parse(&bytes).map_err(|why| anyhow!("{} {why}", file.display()))?;
        let approved = Self { file: file.to_path_buf(), wanted: plan.wanted(), plan };
        approved.check_time(clock::now())?;
        let (made, here) = (&approved.plan.host, this_host());
        if made.name != here.name {
            return Err(approved.refused(&format!("it was made on {}, and this is {}", made.name, here.name)));
        }
        if made.machine != here.machine {
            return Err(approved.refused(&format!("it was made on another host of the name {}", here.name)));
        }
        Ok(approved)
    }

    pub fn shown(&self) -> String {
        self.file.display().to_string()
    }

    fn refused(&self, why: &str) -> anyhow::Error {
        anyhow!("{} is refused: {why}. Nothing was changed; `heal plan -o FILE` makes a new one", self.shown())
    }

    fn check_time(&self, now: DateTime<FixedOffset>) -> Result<()> {
        if now < self.plan.expires_at {
            return Ok(());
        }
        let when = self.plan.expires_at.with_timezone(now.offset()).format("%Y-%m-%d %H:%M:%S");
        Err(self.refused(&format!("it expired {when}")))
    }

    /// The command line of the run that applies it: it reads what the plan's run read.
    fn as_run(&self, cli: &Cli) -> Cli {
        let look =
            crate::cli::LookArgs { since: Some(self.plan.since.clone()), log: self.plan.logs.clone(), no_ai: true };
        let mut looking = cli.looking(&look, false);
        looking.run.with_unsafe = self.plan.with_unsafe;
        looking
    }

    /// The configuration and the tables must be those that the plan was made of.
    fn check_setup(&self, setup: &Setup) -> Result<()> {
        let (config, plan) = (&setup.config, &self.plan);
        for (what, flag, made, here) in [
            ("configuration", "--config", &plan.config, &real(&config.file)),
            ("workspace", "--workspace", &plan.workspace, &real(&config.workspace)),
            ("state folder", "--state-dir", &plan.state_dir, &config.state_dir),
        ] {
            if made != here {
                let (made, here) = (made.display(), here.display());
                bail!(
                    "{} is refused: it was made for the {what} {made}, and this is {here}; {flag} {made} names it",
                    self.shown()
                );
            }
        }
        if !config.enabled {
            return Err(self.refused(&format!("`enabled: false` in {}", config.file.display())));
        }
        let now = configuration(setup)?;
        let other = |a: &[HashedFile], b: &[HashedFile]| a.iter().find(|file| !b.contains(file)).cloned();
        if let Some(changed) = other(&plan.configuration, &now).or_else(|| other(&now, &plan.configuration)) {
            return Err(self.refused(&format!("{} has changed since", changed.file.display())));
        }
        self.check_unused(&config.state_dir)
    }

    fn mark(&self, state_dir: &Path) -> Result<PathBuf> {
        let id = RunId::parse(&self.plan.id).ok_or_else(|| self.refused("its id is none of heal's"))?;
        Ok(state_dir.join(USED).join(id.as_str()))
    }

    fn check_unused(&self, state_dir: &Path) -> Result<()> {
        match Reader::new().read_unlinked(&self.mark(state_dir)?, 4096) {
            Ok(bytes) => {
                let text = String::from_utf8_lossy(&bytes).into_owned();
                let run = text.split_whitespace().next().and_then(RunId::parse);
                let by = run.map_or_else(String::new, |run| format!(", by run {run}"));
                Err(self.refused(&format!("it was used already{by}")))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error).context("could not tell whether the plan was used already"),
        }
    }

    /// From here on the plan is used, whatever comes of it.
    pub fn use_up(&self, scene: &Scene<'_>, writer: &Writer) -> Result<()> {
        let now = clock::now();
        let state_dir = &scene.setup.config.state_dir;
        self.check_time(now)?;
        self.check_unused(state_dir)?;
        let mark = self.mark(state_dir)?;
        writer.create_private_dir(&state_dir.join(USED))?;
        let text = format!("{} {}\n", scene.frame.id, self.plan.expires_at.to_rfc3339());
        writer.create_new(&mark, text.as_bytes(), 0o600).context("could not note that the plan is used")?;
        forget_expired(&state_dir.join(USED), writer, now);
        Ok(())
    }
}

/// A plan that has expired is refused for that: nobody need know that it was used. What stays is no harm.
fn forget_expired(folder: &Path, writer: &Writer, now: DateTime<FixedOffset>) {
    for entry in Reader::new().list(folder).unwrap_or_default() {
        let text = Reader::new().read_unlinked(&entry.path, 4096).unwrap_or_default();
        let text = String::from_utf8_lossy(&text).into_owned();
        let expires = text.split_whitespace().nth(1).and_then(|time| DateTime::parse_from_rfc3339(time).ok());
        // A clock that is set back must not bring a plan to life again.
        if expires.is_some_and(|expires| expires + TimeDelta::days(7) < now) {
            let _ = writer.remove_file(&entry.path);
        }
    }
}
