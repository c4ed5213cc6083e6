//! Hundreds of lines as programs of every kind write them, each with what a person reads there.

use super::*;
use crate::sources::Zone;

fn clock() -> Clock {
    Clock {
        zone: Zone::Fixed(FixedOffset::east_opt(0).unwrap()),
        last_write: DateTime::parse_from_rfc3339("2025-12-05T12:00:00Z").unwrap(),
        day_first: None,
        epoch_field: None,
    }
}

fn letter(level: Option<Level>) -> &'static str {
    match level {
        None => "-",
        Some(Level::Critical) => "C",
        Some(Level::Error) => "E",
        Some(Level::Warning) => "W",
        Some(Level::Notice) => "N",
        Some(Level::Info) => "I",
        Some(Level::Debug) => "D",
        Some(Level::Trace) => "T",
    }
}

#[test]
fn what_a_person_reads_there() {
    let clock = clock();
    let mut wrong = Vec::new();
    let mut rows = 0;
    for row in include_str!("corpus.txt").lines().filter(|row| !row.starts_with("# ")) {
        let [level, time, text] = row.splitn(3, ' ').collect::<Vec<_>>().try_into().unwrap();
        let text = text.replace('␛', "\x1b");
        let (line, start) = (text.replace('§', ""), text.find('§'));
        let header = header(line.as_bytes(), &clock);
        let read = match header.time {
            None => "-",
            Some(time) if time.timestamp() == 1_764_858_622 => "t",
            Some(_) => "another time",
        };
        let message = start.is_none_or(|start| start == header.message.start);
        if letter(header.level) != level || read != time || !message {
            let told = String::from_utf8_lossy(line.as_bytes().get(header.message).unwrap()).into_owned();
            wrong.push(format!("{row}\n    {} {read} {told}", letter(header.level)));
        }
        rows += 1;
    }
    assert!(wrong.is_empty(), "{} of {rows}:\n{}", wrong.len(), wrong.join("\n"));
}
