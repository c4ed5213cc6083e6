//! `heal review`: a person decides, step by step, at the terminal; what was chosen is applied as one run.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::{Context as _, Result, anyhow, bail};

use super::asking::not_asked;
use super::deciding::Errand;
use super::output;
use super::run;
use super::setup;
use crate::cli::{Cli, ReviewArgs};
use crate::exit::Exit;
use crate::plan::{Extent, Plan, PlannedFix, PlannedStep, TakeBack, Wanted};
use crate::report::text::{Style, asking};
use crate::report::{Mode, Run};
use crate::sys::terminal::{Lines, Typed};
use crate::sys::{environment, signal};

const KEYS: &str = "    y  apply this step
    n  skip it, and with it all of this fix: a fix is done whole or not at all
    a  apply all of this fix, here and wherever else it is planned in this run
    e  show the evidence
    h  explain what holds it back in an unattended run
    q  quit: ask no more; what was chosen so far is applied
    ?  show this
    Ctrl-C  quit, and change nothing
";

/// `heal review`.
pub(super) fn run(cli: &Cli, arguments: &ReviewArgs) -> Result<Exit> {
    if cli.common.json {
        bail!("`heal review` asks at a terminal, and has no --json; `heal --json` shows what there is to decide");
    }
    if !(environment::stdin_is_terminal() && environment::stdout_is_terminal()) {
        bail!(
            "`heal review` asks at a terminal, and there is none; `heal plan -o FILE` and `heal apply FILE` need none"
        );
    }
    signal::install().context("could not listen for signals")?;
    let cli = cli.looking(&arguments.look, false);
    if cli.run.log.iter().any(|log| log.as_os_str() == "-") {
        bail!("the answers are read from standard input: write the log to a file, and name that");
    }
    let setup = setup::prepare(&cli)?;
    if !setup.config.enabled {
        bail!("`enabled: false` in {}: there is nothing to review", setup.config.file.display());
    }
    if let Some(name) = &arguments.fix {
        let known = setup.catalogue.fixes.iter().any(|fix| fix.name == *name || fix.row() == name);
        known.then_some(()).with_context(|| format!("there is no fix {name}; `heal fixes` lists them"))?;
    }
    let looked = run::look_around(&cli, setup, Extent::Review)?;
    let analysis = not_asked(&looked.setup);
    let (run, _) = looked.into_run(analysis);
    let incident = arguments.incident.as_deref().map(|id| find_incident(&run, id)).transpose()?;
    let style = output::style(&cli);
    let mut review = Review { run: &run, style, lines: Lines::new(), wanted: Wanted::default() };
    let asked = Asked { incident, fix: arguments.fix.as_deref() };
    if !review.has_anything(&asked) {
        return nothing_to_decide(&run, &asked, style);
    }
    if !review.ask_all(&asked)? {
        bail!("interrupted; nothing was changed");
    }
    let wanted = review.wanted;
    if wanted.fixes.is_empty() && wanted.take_backs.is_empty() {
        output::print(|out| writeln!(out, "\nNothing was chosen; nothing was changed."))?;
        return Ok(run.ending().exit);
    }
    let choice = Choice::of(&run.plan, wanted);
    drop(run);
    let setup = setup::prepare(&cli)?;
    run::change(&cli, setup, Mode::Review, &Errand::Chosen(&choice))
}

fn find_incident(run: &Run, wanted: &str) -> Result<String> {
    let found: Vec<&str> =
        run.incidents.iter().map(|one| one.record.id.as_str()).filter(|id| id.starts_with(wanted)).collect();
    match found.as_slice() {
        [one] => Ok((*one).to_owned()),
        [] => bail!("there is no open incident {wanted}; `heal` lists them"),
        several => bail!("{wanted} is the beginning of several: {}", several.join(", ")),
    }
}

/// What the person asked to be asked about.
struct Asked<'a> {
    incident: Option<String>,
    fix: Option<&'a str>,
}

impl Asked<'_> {
    fn about(&self, name: &str, incidents: &[String]) -> bool {
        let row = name.split('/').next().unwrap_or(name);
        self.fix.is_none_or(|fix| fix == name || fix == row)
            && self.incident.as_ref().is_none_or(|incident| incidents.contains(incident))
    }

    fn about_fix(&self, fix: &PlannedFix) -> bool {
        self.about(&fix.fix.name, &fix.incidents)
    }

    fn about_back(&self, back: &TakeBack) -> bool {
        self.about(&back.fix, std::slice::from_ref(&back.incident))
    }
}

fn nothing_to_decide(run: &Run, asked: &Asked<'_>, style: Style) -> Result<Exit> {
    let held = || run.plan.held_back.iter().filter(|held| asked.about(&held.fix, std::slice::from_ref(&held.incident)));
    output::print(|out| {
        writeln!(out, "There is nothing to decide.")?;
        held().try_for_each(|held| asking::held(held, style, out))
    })?;
    Ok(run.ending().exit)
}

/// What a person said to one step.
enum Answer {
    Yes,
    No,
    AllOfFix,
    Quit,
}

struct Review<'a> {
    run: &'a Run,
    style: Style,
    lines: Lines,
    wanted: Wanted,
}

impl Review<'_> {
    fn has_anything(&self, asked: &Asked<'_>) -> bool {
        let plan = &self.run.plan;
        plan.fixes.iter().any(|fix| asked.about_fix(fix)) || plan.take_backs.iter().any(|back| asked.about_back(back))
    }

    /// `false`: interrupted, and nothing is to be done.
    fn ask_all(&mut self, asked: &Asked<'_>) -> Result<bool> {
        let run = self.run;
        for back in run.plan.take_backs.iter().filter(|back| asked.about_back(back)) {
            match self.back(back)? {
                None => return Ok(false),
                Some(Answer::Quit) => return Ok(true),
                Some(Answer::No) => {}
                Some(Answer::Yes | Answer::AllOfFix) => {
                    self.wanted.take_backs.push((back.fix.clone(), back.incident.clone()));
                }
            }
        }
        let mut all_of: Vec<&str> = Vec::new();
        for fix in run.plan.fixes.iter().filter(|fix| asked.about_fix(fix)) {
            if all_of.contains(&fix.fix.name.as_str()) {
                self.wanted.fixes.push(fix.key());
                continue;
            }
            match self.fix(fix)? {
                None => return Ok(false),
                Some(Answer::Quit) => return Ok(true),
                Some(Answer::No) => {}
                Some(Answer::Yes) => self.wanted.fixes.push(fix.key()),
                Some(Answer::AllOfFix) => {
                    all_of.push(&fix.fix.name);
                    self.wanted.fixes.push(fix.key());
                }
            }
        }
        Ok(true)
    }

    fn back(&mut self, back: &TakeBack) -> Result<Option<Answer>> {
        let (run, style) = (self.run, self.style);
        output::print(|out| asking::take_back(back, run, style, out))?;
        let incidents = std::slice::from_ref(&back.incident);
        self.answer(&format!("Take back {}", back.fix), incidents, &[])
    }

    /// A fix is done whole: it is chosen when each of its steps is.
    fn fix(&mut self, fix: &PlannedFix) -> Result<Option<Answer>> {
        let (run, style) = (self.run, self.style);
        output::print(|out| asking::fix(fix, run, style, out))?;
        let steps = fix.steps.len();
        for (at, step) in fix.steps.iter().enumerate() {
            output::print(|out| asking::step(step, style, out))?;
            let question = match steps {
                1 => format!("Apply {}", fix.fix.name),
                _ => format!("Apply step {} of {steps} of {}", at + 1, fix.fix.name),
            };
            match self.answer(&question, &fix.incidents, &fix.waits_for)? {
                Some(Answer::Yes) => {}
                other => return Ok(other),
            }
        }
        Ok(Some(Answer::Yes))
    }

    /// Asks until there is an answer. `None`: interrupted.
    fn answer(&mut self, question: &str, incidents: &[String], waits_for: &[String]) -> Result<Option<Answer>> {
        loop {
            let style = self.style;
            let prompt = style.paint.bold(&format!("{question} [y,n,a,e,h,q,?]?"));
            output::print(|out| write!(out, "{prompt} "))?;
            let typed = self.lines.next_line().context("could not read the answer")?;
            let Typed::Line(line) = typed else {
                output::print(|out| writeln!(out))?;
                return Ok(None);
            };
            let run = self.run;
            match line.to_ascii_lowercase().as_str() {
                "y" | "yes" => return Ok(Some(Answer::Yes)),
                "n" | "no" => return Ok(Some(Answer::No)),
                "a" => return Ok(Some(Answer::AllOfFix)),
                "q" => return Ok(Some(Answer::Quit)),
                "e" => output::print(|out| asking::evidence(incidents, run, style, out))?,
                "h" => output::print(|out| asking::hold(waits_for, out))?,
                _ => output::print(help)?,
            }
        }
    }
}

fn help(out: &mut dyn Write) -> io::Result<()> {
    out.write_all(KEYS.as_bytes())
}

/// What a person chose, and what they saw when they did.
pub(super) struct Choice {
    pub wanted: Wanted,
    /// What each file held, as a hash.
    files: BTreeMap<PathBuf, String>,
    /// What each chosen fix does.
    seen: Vec<(crate::catalogue::FixKey, Vec<String>)>,
}

impl Choice {
    fn of(plan: &Plan, wanted: Wanted) -> Self {
        let chosen = plan.fixes.iter().filter(|fix| wanted.fixes.contains(&fix.key()));
        let seen = chosen.map(|fix| (fix.key(), fix.steps.iter().map(essence).collect())).collect();
        Self { files: files(plan), seen, wanted }
    }

    /// Whether what would be done now is what was chosen.
    ///
    /// # Errors
    /// The first difference, as a sentence; nothing was changed.
    pub fn check(&self, plan: &Plan) -> Result<()> {
        let changed = |what: &str| {
            anyhow!("{what} has changed since you looked; nothing was changed. Look again with `heal review`")
        };
        for (key, steps) in &self.seen {
            let Some(fix) = plan.fixes.iter().find(|fix| fix.key() == *key) else {
                let why = plan.held_back.iter().find(|held| held.fix == key.fix).map(|held| held.detail.as_str());
                return Err(anyhow!("{} can no longer be done: {}", key.fix, why.unwrap_or("its incident is closed")));
            };
            if fix.steps.iter().map(essence).ne(steps.iter().cloned()) {
                return Err(changed(&format!("what {} does", key.fix)));
            }
        }
        for (file, hash) in files(plan) {
            if self.files.get(&file) != Some(&hash) {
                return Err(changed(&file.display().to_string()));
            }
        }
        let backs = plan.take_backs.len() == self.wanted.take_backs.len();
        if backs { Ok(()) } else { Err(changed("what is to be taken back")) }
    }
}

/// What a step does, wherever in a file it has come to stand.
fn essence(step: &PlannedStep) -> String {
    match step {
        PlannedStep::Edit(edit) => serde_json::json!([edit.step, edit.relative, edit.old, edit.new]).to_string(),
        PlannedStep::Action(action) => {
            serde_json::json!([action.step, action.target, action.commands, action.state, action.undo]).to_string()
        }
    }
}

/// What the files of a plan hold before it, as hashes: those that are taken back first.
fn files(plan: &Plan) -> BTreeMap<PathBuf, String> {
    let mut files = BTreeMap::new();
    let restored = plan.take_backs.iter().flat_map(|back| &back.files);
    for file in restored {
        files.entry(file.relative.clone()).or_insert_with(|| file.expected.clone());
    }
    for step in plan.fixes.iter().flat_map(|fix| &fix.steps) {
        if let PlannedStep::Edit(edit) = step {
            files.entry(edit.relative.clone()).or_insert_with(|| edit.expected.clone());
        }
    }
    files
}
