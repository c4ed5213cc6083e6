//! `heal backups show`: the old bytes of a run, against what stands now or as they are.

use anyhow::{Result, anyhow, bail};

use super::super::setup::Setup;
use super::super::{output, undo};
use crate::apply::{KeptFile, Stands, kept};
use crate::cli::{BackupsShowArgs, Cli};
use crate::exit::Exit;
use crate::plan::Diff;
use crate::sanitize::{escape, text_of};
use crate::sys::clock::RunId;
use crate::sys::environment;

pub(super) fn run(cli: &Cli, setup: &Setup, arguments: &BackupsShowArgs) -> Result<Exit> {
    let unknown = |run: &str| anyhow!("there is no run {run}: `heal backups` lists them");
    let run = arguments.run.as_deref().map(|run| RunId::parse(run).ok_or_else(|| unknown(run))).transpose()?;
    let file = arguments.file.as_deref().map(|file| undo::meant(&setup.config.workspace, file));
    let found = kept(&setup.config.state_dir, run.as_ref(), file.as_deref()).map_err(|error| {
        if error.missing { unknown(arguments.run.as_deref().unwrap_or_default()) } else { error.into() }
    })?;
    let Some((run, files)) = found else {
        match (&run, &arguments.file) {
            (Some(run), Some(file)) => bail!("{run} has no copy of {}", file.display()),
            (Some(run), None) => bail!("{run} changed no file"),
            (None, Some(file)) => bail!("no run has a copy of {}", file.display()),
            (None, None) => bail!("there are no backups: no run has changed a file yet"),
        }
    };
    let exit = if files.iter().all(|file| file.old.is_ok()) { Exit::Healthy } else { Exit::UndoFailed };
    if cli.common.json {
        let rows: Vec<_> = files.iter().map(|file| row(setup, file, arguments.content)).collect();
        let document = serde_json::json!({ "format_version": "1.0", "run": run.to_string(), "files": rows });
        output::print_json(&document)?;
    } else if arguments.content {
        content(&files)?;
    } else {
        differences(cli, setup, &run, &files)?;
    }
    Ok(exit)
}

/// The very bytes; on a terminal such that they do nothing to it.
fn content(files: &[KeptFile]) -> Result<()> {
    let [file] = files else { bail!("the run changed several files: choose one with --file") };
    let bytes = file.old.as_ref().map_err(|error| anyhow!("{error}"))?;
    let plain = environment::stdout_is_terminal();
    output::print(|out| {
        if plain {
            text_of(bytes)
                .split_inclusive('\n')
                .try_for_each(|line| writeln!(out, "{}", escape(line.strip_suffix('\n').unwrap_or(line))))
        } else {
            out.write_all(bytes)
        }
    })
}

fn differences(cli: &Cli, setup: &Setup, run: &RunId, files: &[KeptFile]) -> Result<()> {
    let style = output::style(cli);
    output::print(|out| {
        writeln!(out, "{run}")?;
        for file in files {
            writeln!(out, "  {}: {}", style.paint.bold(&setup.sanitizer.path(&file.relative)), words(file.stands))?;
            writeln!(out, "  the old bytes are in {}", setup.sanitizer.path(&file.backup))?;
            match (&file.old, &file.now) {
                (Err(error), _) => writeln!(out, "    {}", escape(&error.to_string()))?,
                (_, Err(why)) => writeln!(out, "    {}", escape(why))?,
                (Ok(old), Ok(now)) => {
                    let diff = difference(setup, file, old, now);
                    for line in diff.text.split_terminator('\n') {
                        writeln!(out, "    {}", style.paint.diff(&escape(line.strip_suffix('\r').unwrap_or(line))))?;
                    }
                }
            }
        }
        writeln!(out, "\nheal undo {run} puts the old bytes back; --content prints them")
    })
}

/// From the old bytes to those of now.
fn difference(setup: &Setup, file: &KeptFile, old: &[u8], now: &[u8]) -> Diff {
    Diff::between(&file.relative.to_string_lossy(), old, now, &setup.sanitizer)
}

const fn words(stands: Stands) -> &'static str {
    match stands {
        Stands::Applied => "as the run left it",
        Stands::Back => "has its old bytes again",
        Stands::ChangedSince => "changed since the run",
        Stands::Unreadable => "cannot be read now",
    }
}

fn row(setup: &Setup, file: &KeptFile, with_content: bool) -> serde_json::Value {
    let diff = match (&file.old, &file.now) {
        (Ok(old), Ok(now)) => Some(difference(setup, file, old, now)),
        _ => None,
    };
    let mut row = serde_json::json!({
        "target": setup.sanitizer.path(&file.target),
        "backup": setup.sanitizer.path(&file.backup),
        "sha256": file.sha256,
        "bytes": file.old.as_ref().ok().map(Vec::len),
        "state": file.stands.as_str(),
        "diff": diff.as_ref().map(|diff| diff.text.clone()),
        "diff_redacted": diff.map(|diff| diff.redacted),
        "detail": file.old.as_ref().err().map(ToString::to_string).or_else(|| file.now.clone().err()),
    });
    if with_content {
        // Bytes that are no UTF-8 have no place in JSON: `--content` without `--json` gives them.
        row["content"] = file.old.as_ref().ok().and_then(|old| String::from_utf8(old.clone()).ok()).into();
    }
    row
}
