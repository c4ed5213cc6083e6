//! Whether a regex matches what it must, and nothing else that is known.

use std::collections::BTreeSet;

use chrono::DateTime;
use regex_automata::meta::Regex;

use super::lines;
use crate::catalogue::regex::capturing;
use crate::catalogue::{Catalogue, Pattern};
use crate::scan::Scanner;
use crate::sources::{Clock, Zone, header};
use crate::store::Incident;
use crate::words::Level;

/// A text that a new pattern must not match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rival {
    /// Whose it is.
    pub of: String,
    /// One line.
    pub line: String,
    /// A line as a log has it, and so fit for an example.
    pub real: bool,
}

/// All texts that a new pattern must not match.
#[derive(Clone, Debug)]
pub struct Known {
    rivals: Vec<Rival>,
}

impl Known {
    /// Samples and templates of other incidents, and examples of patterns.
    #[must_use]
    pub fn new(incident: &Incident, others: &[Incident], catalogue: &Catalogue) -> Self {
        let own: BTreeSet<&str> = incident.samples.iter().flat_map(lines).collect();
        let mut rivals = Vec::new();
        for other in others.iter().filter(|other| other.id != incident.id) {
            let of = format!("incident {}", other.id);
            let real = other.samples.iter().flat_map(lines).map(|line| (line, true));
            let template = (other.pattern.is_none() && other.template != incident.template).then_some(&other.template);
            let all = real.chain(template.iter().flat_map(|template| template.lines()).map(|line| (line, false)));
            rivals.extend(all.map(|(line, real)| Rival { of: of.clone(), line: line.to_owned(), real }));
        }
        for pattern in &catalogue.patterns {
            let of = format!("pattern `{}`", pattern.name);
            let rival = |line: &String| Rival { of: of.clone(), line: line.clone(), real: false };
            rivals.extend(pattern.match_examples.iter().map(rival));
        }
        rivals.retain(|rival| !own.contains(rival.line.as_str()));
        Self { rivals }
    }

    /// The pattern that knows these lines by now.
    pub(super) fn pattern_of(samples: &[Vec<&str>], catalogue: &Catalogue) -> Result<Option<String>, String> {
        let scanner = Scanner::new(&catalogue.patterns).map_err(|error| format!("{error:#}"))?;
        let name = |at: usize| catalogue.patterns.get(at).map(|pattern: &Pattern| pattern.name.clone());
        let found = samples.iter().flatten().find_map(|line| scanner.explain(line.as_bytes()).first().copied());
        Ok(found.and_then(name))
    }

    /// The first of these that matches a line of each sample and no rival, with the lines that it matches.
    pub(super) fn first_good(
        &self,
        candidates: &[String],
        samples: &[Vec<&str>],
    ) -> Result<(String, Vec<String>), String> {
        let mut also = None;
        for text in candidates {
            let Some(regex) = capturing(text) else { continue };
            let Some(matches) = samples.iter().map(|lines| hit(&regex, lines)).collect::<Option<Vec<_>>>() else {
                continue;
            };
            if let Some(rival) = self.rivals.iter().find(|rival| regex.is_match(rival.line.as_bytes())) {
                also = also.or(Some(rival));
                continue;
            }
            let mut told = BTreeSet::new();
            let distinct = matches.into_iter().filter(|line| told.insert(*line)).map(str::to_owned);
            return Ok((text.clone(), distinct.collect()));
        }
        Err(match also {
            Some(rival) => format!(
                "every regex made from it also matches {} ({}); write the row by hand",
                rival.of,
                rival.line.chars().take(200).collect::<String>()
            ),
            None => "its lines have too few words in common to know it by; write the row by hand".to_owned(),
        })
    }

    /// The most similar lines of other incidents.
    pub(super) fn nearest(&self, matches: &[String], most: usize) -> Vec<String> {
        let words = |line: &str| -> BTreeSet<String> {
            let split = message(line).split(|c: char| !c.is_alphabetic()).map(str::to_lowercase).collect::<Vec<_>>();
            split.into_iter().filter(|word| word.len() > 2).collect()
        };
        let own: BTreeSet<String> = matches.iter().flat_map(|line| words(line)).collect();
        let mut near: Vec<(usize, &Rival)> = Vec::new();
        for rival in self.rivals.iter().filter(|rival| rival.real) {
            let theirs = words(&rival.line);
            let both = own.intersection(&theirs).count() * 1000;
            near.push((both.checked_div(own.union(&theirs).count()).unwrap_or(0), rival));
        }
        near.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.line.cmp(&b.1.line)));
        near.dedup_by(|a, b| a.1.of == b.1.of);
        near.into_iter().take(most).map(|(_, rival)| rival.line.clone()).collect()
    }
}

/// The line that it matches.
fn hit<'a>(regex: &Regex, lines: &[&'a str]) -> Option<&'a str> {
    lines.iter().find(|line| regex.is_match(line.as_bytes())).copied()
}

/// The message of a line, without its header.
pub(super) fn message(line: &str) -> &str {
    line.get(header(line.as_bytes(), &clock()).message).unwrap_or(line)
}

/// What a line says of its own importance.
pub(super) fn level(line: &str) -> Option<Level> {
    header(line.as_bytes(), &clock()).level
}

/// Neither level nor message depend on the clock.
fn clock() -> Clock {
    Clock { zone: Zone::Host, last_write: DateTime::UNIX_EPOCH.fixed_offset(), day_first: None, epoch_field: None }
}
