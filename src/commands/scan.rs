//! `heal scan`: what heal sees, one JSON line for each event; plans, remembers and asks nothing.

use std::ops::ControlFlow;

use anyhow::Result;
use serde::Serialize;

use super::progress::Progress;
use super::{output, patterns, setup};
use crate::catalogue::Pattern;
use crate::cli::{Cli, ScanArgs};
use crate::exit::Exit;
use crate::group::{self, Settling, Statement};
use crate::sanitize::Sanitizer;
use crate::scan::{Event, Scanner};
use crate::sources::{self, State, Zone};
use crate::sys::{clock, environment, signal};

/// One line of output.
#[derive(Serialize)]
struct Printed<'a> {
    source: String,
    line: u64,
    offset: u64,
    time: Option<String>,
    level: Option<&'static str>,
    pattern: Option<&'a str>,
    also: Vec<&'a str>,
    category: &'a str,
    incident: String,
    template: String,
    text: String,
}

pub(super) fn run(cli: &Cli, scan: &ScanArgs) -> Result<Exit> {
    signal::install()?;
    let catalogue = patterns::catalogue(cli)?;
    let rules = match setup::find(cli)? {
        Some(_) => setup::prepare(cli)?.config.redact,
        None => Vec::new(),
    };
    let sanitizer = Sanitizer::new(&rules)?;
    let scanner = Scanner::new(&catalogue.patterns)?.with_every_record(scan.all);
    let found = sources::files(&scan.files, &environment::current_dir()?, Zone::Host, clock::now(), (None, None));
    let mut coverage = found.coverage;
    let progress = Progress::new();
    let mut settling = Settling::default();
    let mut beyond = 0;
    output::print(|out| {
        let mut written = Ok(());
        let mut print = |mut line: Printed<'_>, statement: &Statement| {
            if written.is_ok() {
                line.template.clone_from(&statement.template);
                if line.pattern.is_none() {
                    line.category = statement.category;
                    line.incident.clone_from(&statement.incident);
                }
                written =
                    serde_json::to_writer(&mut *out, &line).map_err(std::io::Error::from).and_then(|()| writeln!(out));
            }
        };
        for mut source in found.sources {
            let name = source.name().to_owned();
            scanner.scan(
                &mut source,
                &mut |event| {
                    if scan.all || scan.unknown || event.pattern.is_some() {
                        let line = line(event, &catalogue.patterns, &sanitizer);
                        let size = line.text.len() + 256;
                        settling.add(event.message, (line, size), &sanitizer, &mut print);
                    }
                    ControlFlow::Continue(())
                },
                &mut |bytes| {
                    progress.tell(&format!("reading {name}, {} MiB", bytes >> 20));
                    if signal::interrupted() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
                },
            );
            coverage.extend(source.finish().0);
        }
        beyond = settling.finish(&mut print);
        written
    })?;
    if beyond > 0 {
        output::message(&format!(
            "heal: {beyond} records are of more kinds than heal keeps apart; each has a template by itself"
        ));
    }
    let mut exit = if signal::interrupted() { Exit::Failed } else { Exit::Healthy };
    for source in coverage {
        if !matches!(source.state, State::Ok | State::Empty | State::Silent) {
            exit = Exit::Failed;
        }
        if !matches!(source.state, State::Ok | State::Empty) || !source.detail.is_empty() {
            output::message(&format!("heal: {}: {} {}", source.source, source.state.as_str(), source.detail));
        }
    }
    Ok(exit)
}

fn line<'a>(event: &Event<'_>, patterns: &'a [Pattern], sanitizer: &Sanitizer) -> Printed<'a> {
    let named = |at: usize| patterns.get(at).map(|pattern| pattern.name.as_str());
    Printed {
        source: event.source.to_owned(),
        line: event.line,
        offset: event.offset,
        time: event.time.map(|time| time.to_rfc3339()),
        level: event.level.map(crate::words::Level::as_str),
        pattern: event.pattern.and_then(named),
        also: event.also.iter().copied().filter_map(named).collect(),
        category: event.pattern.and_then(|at| patterns.get(at)).map_or("unknown", |pattern| &pattern.category),
        incident: event.pattern.and_then(named).map(group::id_of_pattern).unwrap_or_default(),
        template: String::new(),
        text: sanitizer.clean(first_line(event.record), group::MAX_SAMPLE_BYTES),
    }
}

fn first_line(record: &[u8]) -> &[u8] {
    let line = record.split(|byte| *byte == b'\n').next().unwrap_or_default();
    line.strip_suffix(b"\r").unwrap_or(line)
}
