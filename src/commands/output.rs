//! Standard output and standard error: the one place that writes to them.

use std::io::{self, Write};

use anyhow::{Context as _, Result};
use serde::Serialize;

use crate::cli::{Cli, Command};
use crate::exit::Exit;
use crate::notice::{Notice, Stage};
use crate::report::Mode;
use crate::report::text::{Paint, Style};
use crate::report::v1::Document;
use crate::sanitize::escape_multiline;
use crate::sys::{clock, environment};

/// Writes to standard output. A reader that has gone away ends the output, not the run.
///
/// # Errors
/// A full disk behind standard output.
pub(super) fn print(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
    let mut out = io::BufWriter::with_capacity(64 << 10, io::stdout().lock());
    match write(&mut out).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written.context("could not write to standard output"),
    }
}

/// Writes one JSON document to standard output.
pub(super) fn print_json(document: &impl Serialize) -> Result<()> {
    print(|out| {
        // Never whole in memory: that of ten thousand incidents is long.
        serde_json::to_writer_pretty(&mut *out, document)?;
        writeln!(out)
    })
}

/// Tells what a command found or did, which was its work: as JSON where that was asked for, else as text.
pub(super) fn tell(
    cli: &Cli,
    document: &impl Serialize,
    text: impl FnOnce(Style, &mut dyn Write) -> io::Result<()>,
) -> Result<Exit> {
    if cli.common.json {
        print_json(document)?;
    } else {
        print(|out| text(style(cli), out))?;
    }
    Ok(Exit::Healthy)
}

/// Writes a message to standard error; nobody hears when that is closed.
pub(super) fn message(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Says why heal could not do its work: as text, and as a document where one was asked for.
pub(super) fn failure(cli: &Cli, error: &anyhow::Error) {
    let text = format!("{error:#}");
    if cli.common.json {
        let mode = match (&cli.command, cli.run.apply, cli.run.record) {
            (Some(Command::Apply { .. }), ..) => Mode::ApplyPlan.as_str(),
            (Some(Command::Review(_)), ..) => Mode::Review.as_str(),
            (_, true, _) => Mode::Apply.as_str(),
            (_, _, true) => Mode::Record.as_str(),
            _ => Mode::DryRun.as_str(),
        };
        let notice = Notice::new(Stage::Config, "heal", escape_multiline(&text).into_owned());
        let document = Document::of_failure(mode, &environment::hostname(), clock::now(), &notice);
        let _ = print_json(&document);
    }
    message(&format!("heal: {}", escape_multiline(&text)));
}

/// Colours where a person sees them: on a terminal, unless the environment says otherwise.
pub(super) fn style(cli: &Cli) -> Style {
    let set = |name: &str| environment::var(name).is_some_and(|value| !value.is_empty());
    let forced = environment::var("CLICOLOR_FORCE").is_some_and(|value| value != "0" && !value.is_empty());
    let dumb = environment::var("TERM").is_some_and(|value| value == "dumb");
    let on = !set("NO_COLOR") && (forced || (environment::stdout_is_terminal() && !dumb));
    Style { paint: Paint { on }, verbose: cli.common.verbose }
}
