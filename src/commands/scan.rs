//! `heal scan`: what heal sees, one JSON line for each event; plans, remembers and asks nothing.

use std::io::{self, Write};
use std::ops::ControlFlow;
use std::rc::Rc;

use anyhow::Result;
use chrono::{DateTime, FixedOffset};
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
use crate::words::Level;

/// One line of output.
#[derive(Serialize)]
struct Printed<'a> {
    source: &'a str,
    line: u64,
    offset: u64,
    time: Option<&'a str>,
    level: Option<&'static str>,
    pattern: Option<&'a str>,
    also: Vec<&'a str>,
    category: &'a str,
    incident: &'a str,
    template: &'a str,
    text: &'a str,
}

/// What waits for its template.
struct Waiting {
    source: Rc<str>,
    line: u64,
    offset: u64,
    time: Option<DateTime<FixedOffset>>,
    level: Option<Level>,
    pattern: Option<usize>,
    also: Vec<usize>,
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
    let found =
        sources::files(&scan.files, &environment::current_dir()?, Zone::Host, clock::now(), (None, None), &sanitizer);
    let mut coverage = found.coverage;
    let progress = Progress::new();
    let mut settling = Settling::default();
    let mut keys = group::Keys::default();
    let mut beyond = 0;
    output::print(|out| {
        let mut written = Ok(());
        let mut printer = Printer::new(&catalogue.patterns);
        let mut print = |record: Waiting, statement: &Statement| {
            if written.is_ok() {
                written = printer.print(&record, statement, out);
            }
        };
        let mut shown: Rc<str> = Rc::from("");
        for mut source in found.sources {
            if signal::interrupted() {
                break;
            }
            let name = source.name().to_owned();
            scanner.scan(
                &mut source,
                &mut |event| {
                    if scan.all || scan.unknown || event.pattern.is_some() {
                        let event = keys.hide(event);
                        let record = waiting(&event, &mut shown, &sanitizer);
                        let size = record.text.len() + 256;
                        settling.add(event.message, (record, size), &sanitizer, &mut print);
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

/// Writes lines, each made in the same memory.
struct Printer<'a> {
    patterns: &'a [Pattern],
    /// Of each pattern.
    incidents: Vec<String>,
    bytes: Vec<u8>,
    /// The last time, as it was written.
    time: (Option<DateTime<FixedOffset>>, String),
}

impl<'a> Printer<'a> {
    fn new(patterns: &'a [Pattern]) -> Self {
        let incidents = patterns.iter().map(|pattern| group::id_of_pattern(&pattern.name)).collect();
        Self { patterns, incidents, bytes: Vec::new(), time: (None, String::new()) }
    }

    fn print(&mut self, record: &Waiting, statement: &Statement, out: &mut dyn Write) -> io::Result<()> {
        if record.time.is_some() && record.time != self.time.0 {
            self.time = (record.time, record.time.map(|time| time.to_rfc3339()).unwrap_or_default());
        }
        let named = |at: usize| self.patterns.get(at).map(|pattern| pattern.name.as_str());
        let pattern = record.pattern.and_then(|at| self.patterns.get(at));
        let line = Printed {
            source: &record.source,
            line: record.line,
            offset: record.offset,
            time: record.time.map(|_| self.time.1.as_str()),
            level: record.level.map(Level::as_str),
            pattern: pattern.map(|pattern| pattern.name.as_str()),
            also: record.also.iter().copied().filter_map(named).collect(),
            category: pattern.map_or(statement.category, |pattern| &pattern.category),
            incident: record.pattern.and_then(|at| self.incidents.get(at)).unwrap_or(&statement.incident),
            template: &statement.template,
            text: &record.text,
        };
        self.bytes.clear();
        serde_json::to_writer(&mut self.bytes, &line)?;
        self.bytes.push(b'\n');
        out.write_all(&self.bytes)
    }
}

fn waiting(event: &Event<'_>, source: &mut Rc<str>, sanitizer: &Sanitizer) -> Waiting {
    if **source != *event.source {
        *source = event.source.into();
    }
    Waiting {
        source: Rc::clone(source),
        line: event.line,
        offset: event.offset,
        time: event.time.filter(|_| event.stamped),
        level: event.level,
        pattern: event.pattern,
        also: event.also.to_vec(),
        text: sanitizer.clean(first_line(event.record), group::MAX_SAMPLE_BYTES),
    }
}

fn first_line(record: &[u8]) -> &[u8] {
    let line = record.get(..memchr::memchr(b'\n', record).unwrap_or(record.len())).unwrap_or_default();
    line.strip_suffix(b"\r").unwrap_or(line)
}
