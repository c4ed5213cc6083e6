//! A person's word: accepted, it becomes a fix of the operator's; rejected, it is not suggested again.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail};
use chrono::SecondsFormat;

use super::folder::Folder;
use super::view::View;
use crate::catalogue::{Catalogue, Decision, Suggestion, Word, name_of};
use crate::cli::{AcceptArgs, Cli};
use crate::commands::muting::sudo_user;
use crate::commands::pausing::tell_locked;
use crate::commands::setup::{self, Setup, shown};
use crate::commands::{output, undo};
use crate::exit::Exit;
use crate::report::suggestions::{DecidedDocument, Standing};
use crate::sanitize::escape;
use crate::sys::disk::{Reader, Writer, check_trusted, user_name};
use crate::sys::lock::RunLock;
use crate::sys::terminal::{Lines, Typed};
use crate::sys::{clock, environment, signal};

/// The longest name that is kept.
const MAX_NAME: usize = 500;

/// `heal suggestions accept`.
pub(super) fn accept(cli: &Cli, arguments: &AcceptArgs) -> Result<Exit> {
    signal::install().context("could not listen for signals")?;
    let setup = setup::prepare(cli)?;
    let folder = Folder::new(&setup.config.state_dir);
    let id = folder.find(&arguments.id)?;
    let view = View::of(&setup, &folder, &id)?;
    let file = destination(&setup, &view)?;
    let seen = acceptable(&view)?;
    match &arguments.yes {
        Some(hash) => check_hash(&view, hash)?,
        None if !has_terminal() || cli.common.json => bail!(
            "nobody can be asked here: `heal suggestions show {id}` tells what is to be reviewed and its hash; \
             `heal suggestions accept {id} --yes HASH` accepts it"
        ),
        None => {}
    }
    if !cli.common.json {
        let document = view.document(&setup.sanitizer);
        output::print(|out| document.review(output::style(cli), out))?;
    }
    if arguments.yes.is_none() && !says_yes(cli, &id, &file)? {
        output::print(|out| writeln!(out, "Nothing was accepted."))?;
        return Ok(Exit::Trouble);
    }
    drop(setup);
    let writer = Writer::new();
    let setup = setup::prepare(cli)?;
    let Some(_lock) = RunLock::acquire(&writer, &setup.config.state_dir, undo::wait(cli)?)? else {
        return Ok(tell_locked());
    };
    let again = View::of(&setup, &folder, &id)?;
    if again.row.hash != view.row.hash || acceptable(&again)? != seen || destination(&setup, &again)? != file {
        bail!("the suggestion, its file or the tables have changed since you looked: nothing was accepted; look again");
    }
    write_fix(&setup, &writer, &folder, &again.suggestion, &file)?;
    let document = DecidedDocument::accepted(&id, &name_of(&id), &shown(&file));
    output::tell(cli, &document, |_, out| writeln!(out, "{}", document.text))
}

/// What it would do to which bytes, or why it cannot be accepted.
fn acceptable(view: &View) -> Result<(String, String)> {
    match &view.change {
        Ok(edit) => Ok((edit.expected.clone(), edit.diff.text.clone())),
        Err(why) => bail!("{} cannot be accepted: {}", view.row.id, escape(why)),
    }
}

fn check_hash(view: &View, hash: &str) -> Result<()> {
    if hash.eq_ignore_ascii_case(&view.row.hash) {
        return Ok(());
    }
    bail!(
        "--yes: {} is not the hash of {id} as it is now: nothing was accepted; `heal suggestions show {id}` shows it",
        escape(hash),
        id = view.row.id
    )
}

fn has_terminal() -> bool {
    environment::stdin_is_terminal() && environment::stdout_is_terminal()
}

/// `false`: no.
fn says_yes(cli: &Cli, id: &str, file: &Path) -> Result<bool> {
    let mut lines = Lines::new();
    let question = format!("Accept it, as the fix {} in {}? [y,n]", name_of(id), shown(file));
    loop {
        let prompt = output::style(cli).paint.bold(&question);
        output::print(|out| write!(out, "\n{prompt} "))?;
        match lines.next_line().context("could not read the answer")? {
            Typed::Line(line) => match line.to_ascii_lowercase().as_str() {
                "y" | "yes" => return Ok(true),
                "n" | "no" => return Ok(false),
                _ => {}
            },
            Typed::End | Typed::Interrupted => bail!("interrupted; nothing was accepted"),
        }
    }
}

/// The new file: in the first folder of fixes that there is, and that root would believe.
fn destination(setup: &Setup, view: &View) -> Result<PathBuf> {
    let id = &view.row.id;
    if let Some(file) = view.fix_file() {
        let file = escape(file);
        if view.row.state == Standing::Accepted.as_str() {
            bail!("{id} is accepted already: {file} holds it");
        }
        bail!("{file} holds the fix {} already; it is never overwritten: remove it first", name_of(id));
    }
    let folders = setup.config.fixes.iter().map(|table| &table.path);
    let folder = folders.into_iter().find(|path| path.is_dir()).ok_or_else(|| {
        anyhow!(
            "no folder of fixes is there to write it to: make one, and name it in `fixes` of {}",
            shown(&setup.config.file)
        )
    })?;
    if environment::is_root() {
        check_trusted(folder, false).map_err(|why| anyhow!("{why}; nothing that root believes is written there"))?;
    }
    let file = folder.join(format!("{}.yaml", name_of(id)));
    if Reader::new().stat(&file).with_context(|| format!("could not look at {}", shown(&file)))?.is_some() {
        bail!("{} is there already; it is never overwritten: remove it first", shown(&file));
    }
    Ok(file)
}

/// The fix first: what is cut short after it is accepted all the same.
fn write_fix(setup: &Setup, writer: &Writer, folder: &Folder, suggestion: &Suggestion, file: &Path) -> Result<()> {
    let decision = Decision::Accepted(word(suggestion));
    let id = &suggestion.suggested.id;
    writer.create_new(file, suggestion.decided(&decision).as_bytes(), 0o644)?;
    let stands = Catalogue::load(&setup.config).and_then(|catalogue| {
        let fix = catalogue.fixes.iter().find(|fix| fix.name == name_of(id));
        let fix = fix.with_context(|| format!("the tables do not read {}", shown(file)))?;
        fix.not_adopted().map_or(Ok(()), |why| Err(anyhow!(why)))
    });
    if let Err(error) = stands {
        writer.remove_file(file)?;
        return Err(error.context("nothing was accepted: its fix does not stand"));
    }
    folder.decide(writer, suggestion, &decision)
}

/// This user's word, now.
fn word(suggestion: &Suggestion) -> Word {
    let uid = environment::real_user();
    let user = user_name(uid).unwrap_or_else(|| format!("user {uid}"));
    let by = match sudo_user(uid) {
        Some(who) => format!("{user} (sudo by {who})"),
        None => user,
    };
    let by = escape(&by).chars().take(MAX_NAME).collect();
    Word::new(suggestion.hash(), by, clock::now().to_rfc3339_opts(SecondsFormat::Secs, false))
}

/// `heal suggestions reject`.
pub(super) fn reject(cli: &Cli, id: &str) -> Result<Exit> {
    let setup = setup::prepare(cli)?;
    let folder = Folder::new(&setup.config.state_dir);
    let id = folder.find(id)?;
    let writer = Writer::new();
    let Some(_lock) = RunLock::acquire(&writer, &setup.config.state_dir, undo::wait(cli)?)? else {
        return Ok(tell_locked());
    };
    let view = View::of(&setup, &folder, &id)
        .with_context(|| format!("{id} cannot be read; if nobody needs it, remove {}", shown(&folder.file(&id))))?;
    if let Some(file) = view.fix_file() {
        bail!("{id} became a fix: remove {} first, which ends it", escape(file));
    }
    folder.decide(&writer, &view.suggestion, &Decision::Rejected(word(&view.suggestion)))?;
    let document = DecidedDocument::rejected(&id);
    output::tell(cli, &document, |_, out| writeln!(out, "{}", document.text))
}
