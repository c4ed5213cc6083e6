//! One incident with its evidence: its life, its events by time, what was tried.

use std::collections::BTreeMap;
use std::io::{self, Write};

use chrono::{DateTime, FixedOffset, Utc};
use serde::Serialize;

use super::FORMAT_VERSION;
use super::chart::{self, Count, Unit};
use super::parts::{INDENT, IncidentInfo, MuteInfo, moment, stamp};
use crate::report::text::{Style, as_written, heading, wrapped};
use crate::store::{Attempt, Bucket, HOUR, Life, LifeChange, PastDiagnosis, PastFact};

/// Most bars of the chart.
const MAX_BARS: usize = 24;
/// Up to this length of life the chart has hours, beyond it days.
const HOURS_UP_TO: i64 = 48 * 3600;

/// The document of `heal show --json`.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ShowDocument {
    format_version: String,
    incident: IncidentInfo,
    /// Where it was seen.
    sources: Vec<String>,
    /// What happened to it, oldest first.
    life: Vec<Change>,
    /// Its events by their own log times, oldest first.
    buckets: Vec<Piece>,
    /// The last runs that saw it, newest first.
    seen: Vec<Seen>,
    samples: Vec<Sample>,
    /// What rules said in the last run that saw it and had something to say; null when none is remembered.
    diagnosis: Option<Diagnosis>,
    /// What to look at, from the same run.
    recommendations: Vec<String>,
    attempts: Vec<Tried>,
    mute: Option<MuteInfo>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Change {
    at: String,
    /// `new`, `regressed`, `resolved`, `muted`, `unmuted` or `resumed`.
    status: String,
    run: Option<String>,
    /// Log time of the first event.
    since: Option<String>,
    detail: String,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Piece {
    start: String,
    seconds: u32,
    count: u64,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Seen {
    run: String,
    started_at: Option<String>,
    count: u64,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Sample {
    source: String,
    line: u64,
    text: String,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Diagnosis {
    /// The run that found it out.
    run: String,
    facts: Vec<Fact>,
    likely_cause: Option<String>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Fact {
    kind: String,
    text: String,
    evidence: Vec<String>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Tried {
    fix: String,
    target: String,
    run: String,
    applied_at: String,
    settled_at: Option<String>,
    verdict: String,
    detail: String,
    /// All verdicts, oldest first.
    verdicts: Vec<Judged>,
    /// Whether `backups/` holds what the run changed: `heal undo RUN` puts it back.
    backup: bool,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Judged {
    at: String,
    verdict: String,
    detail: String,
}

impl From<&PastDiagnosis> for Diagnosis {
    fn from(past: &PastDiagnosis) -> Self {
        let fact =
            |one: &PastFact| Fact { kind: one.kind.clone(), text: one.text.clone(), evidence: one.evidence.clone() };
        Self {
            run: past.run.clone(),
            facts: past.facts.iter().map(fact).collect(),
            likely_cause: past.likely_cause.clone(),
        }
    }
}

impl ShowDocument {
    /// The document. `held` tells whether a run's backups are there.
    #[must_use]
    pub fn new(life: &Life, buckets: &[Bucket], held: &dyn Fn(&str) -> bool, now: DateTime<FixedOffset>) -> Self {
        let record = &life.incident.record;
        let change = |change: &LifeChange| Change {
            at: stamp(change.at, now),
            status: change.status.clone(),
            run: change.run.clone(),
            since: change.since.map(|at| stamp(at, now)),
            detail: change.detail.clone(),
        };
        let tried = |attempt: &Attempt| Tried {
            fix: attempt.fix.clone(),
            target: attempt.target.clone(),
            run: attempt.run.clone(),
            applied_at: stamp(attempt.applied_at, now),
            settled_at: attempt.settled_at.map(|at| stamp(at, now)),
            verdict: attempt.verdict.as_str().to_owned(),
            detail: attempt.detail.clone(),
            verdicts: life
                .verdicts
                .iter()
                .filter(|verdict| verdict.attempt == attempt.id)
                .map(|judged| Judged {
                    at: stamp(judged.at, now),
                    verdict: judged.verdict.clone(),
                    detail: judged.detail.clone(),
                })
                .collect(),
            backup: held(&attempt.run),
        };
        let piece = |one: &Bucket| Piece { start: stamp(one.start, now), seconds: one.seconds, count: one.count };
        Self {
            format_version: FORMAT_VERSION.to_owned(),
            incident: IncidentInfo::new(&life.incident, now),
            sources: record.sources.clone(),
            life: life.changes.iter().map(change).collect(),
            buckets: buckets.iter().map(piece).collect(),
            seen: life
                .seen
                .iter()
                .map(|(run, at, count)| Seen {
                    run: run.clone(),
                    started_at: at.map(|at| stamp(at, now)),
                    count: *count,
                })
                .collect(),
            samples: record
                .samples
                .iter()
                .map(|one| Sample { source: one.source.clone(), line: one.line, text: one.text.clone() })
                .collect(),
            diagnosis: life.diagnosis.as_ref().map(Diagnosis::from),
            recommendations: life.diagnosis.iter().filter_map(|one| one.recommendation.clone()).collect(),
            attempts: life.attempts.iter().map(tried).collect(),
            mute: life.mute.as_ref().map(|mute| MuteInfo::new(mute, Some(record), now)),
        }
    }

    /// As text.
    ///
    /// # Errors
    /// The writer's own.
    pub fn write(&self, style: Style, out: &mut dyn Write) -> io::Result<()> {
        self.incident.write(style, out)?;
        wrapped(&self.incident.description, INDENT, out)?;
        wrapped(&self.incident.template, &format!("{INDENT}| "), out)?;
        if !self.sources.is_empty() {
            wrapped(&format!("in {}", self.sources.join(", ")), INDENT, out)?;
        }
        if let Some(mute) = &self.mute {
            wrapped(&format!("muted {}", mute.told()), INDENT, out)?;
        }
        self.write_life(style, out)?;
        self.write_chart(style, out)?;
        self.write_samples(style, out)?;
        self.write_diagnosis(style, out)?;
        self.write_attempts(style, out)
    }

    fn write_life(&self, style: Style, out: &mut dyn Write) -> io::Result<()> {
        heading("Life", style, out)?;
        for change in &self.life {
            let run = change.run.as_ref().map(|run| format!(", run {run}")).unwrap_or_default();
            writeln!(out, "  {}  {}{run}", moment(&change.at), change.status)?;
            if let Some(since) = &change.since {
                writeln!(out, "                       first error {}", moment(since))?;
            }
            wrapped(&change.detail, "                       ", out)?;
        }
        for seen in self.seen.iter().take(1) {
            writeln!(out, "  last seen by run {}, {}x", seen.run, seen.count)?;
        }
        Ok(())
    }

    fn write_chart(&self, style: Style, out: &mut dyn Write) -> io::Result<()> {
        let begin = |piece: &Piece| DateTime::parse_from_rfc3339(&piece.start).ok();
        let (Some(first), Some(last)) = (self.buckets.first().and_then(begin), self.buckets.last().and_then(begin))
        else {
            return Ok(());
        };
        let hours = last.signed_duration_since(first).num_seconds() <= HOURS_UP_TO
            && self.buckets.iter().all(|piece| piece.seconds <= HOUR);
        let unit = if hours { Unit::Hour } else { Unit::Day };
        let mut counts: BTreeMap<DateTime<Utc>, Count> = BTreeMap::new();
        for piece in &self.buckets {
            let Some(start) = begin(piece).and_then(|at| unit.around(at.to_utc())) else { continue };
            counts.entry(start).or_default().errors += piece.count;
        }
        heading(&format!("Errors by {} (UTC)", unit.word()), style, out)?;
        chart::bars(&chart::newest(&counts, unit, MAX_BARS), out)
    }

    fn write_samples(&self, style: Style, out: &mut dyn Write) -> io::Result<()> {
        if self.samples.is_empty() {
            return Ok(());
        }
        heading("Samples", style, out)?;
        for sample in &self.samples {
            let line = if sample.line > 0 { format!(":{}", sample.line) } else { String::new() };
            writeln!(out, "  {}", style.paint.dim(&format!("{}{line}", sample.source)))?;
            let lines = if style.verbose { 40 } else { 5 };
            sample.text.lines().take(lines).try_for_each(|line| as_written(line, "  | ", out))?;
        }
        Ok(())
    }

    fn write_diagnosis(&self, style: Style, out: &mut dyn Write) -> io::Result<()> {
        let Some(diagnosis) = &self.diagnosis else { return Ok(()) };
        heading(&format!("Diagnosis of run {}", diagnosis.run), style, out)?;
        diagnosis.likely_cause.iter().try_for_each(|cause| wrapped(&format!("likely cause: {cause}"), "  ", out))?;
        diagnosis.facts.iter().try_for_each(|fact| wrapped(&fact.text, "  ", out))?;
        if !self.recommendations.is_empty() {
            heading("What to look at", style, out)?;
        }
        self.recommendations.iter().try_for_each(|text| wrapped(text, "  ", out))
    }

    fn write_attempts(&self, style: Style, out: &mut dyn Write) -> io::Result<()> {
        if self.attempts.is_empty() {
            return Ok(());
        }
        heading("Attempts", style, out)?;
        for tried in &self.attempts {
            let verdict = style.paint.bold(&tried.verdict.replace('_', " "));
            wrapped(&format!("{} on {}: {verdict}", tried.fix, tried.target), "  ", out)?;
            writeln!(out, "{INDENT}{}  applied, run {}", moment(&tried.applied_at), tried.run)?;
            for judged in &tried.verdicts {
                writeln!(out, "{INDENT}{}  {}", moment(&judged.at), judged.verdict.replace('_', " "))?;
                wrapped(&judged.detail, &format!("{INDENT}                     "), out)?;
            }
            if tried.backup {
                writeln!(out, "{INDENT}the old bytes are kept: `heal undo {}`", tried.run)?;
            }
        }
        Ok(())
    }
}
