//! `heal scan`: what heal sees, one JSON line for each event; plans, remembers and asks nothing.

mod printer;

use std::ops::ControlFlow;
use std::rc::Rc;

use anyhow::Result;
use chrono::{DateTime, FixedOffset};
use printer::Printer;

use super::progress::Progress;
use super::{output, patterns, setup};
use crate::cli::{Cli, ScanArgs};
use crate::exit::Exit;
use crate::group::{self, Settling, Statement};
use crate::sanitize::Sanitizer;
use crate::scan::{Event, Scanner};
use crate::sources::{self, State, Zone};
use crate::sys::{clock, environment, signal};
use crate::words::Level;

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
    let sanitizer = match setup::find(cli)? {
        Some(_) => setup::prepare(cli)?.sanitizer,
        None => Sanitizer::new(&[])?,
    };
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
