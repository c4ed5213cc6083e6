//! How it went over a time: errors, how soon they were seen and healed, what helped.

use std::io::{self, Write};

use chrono::{DateTime, FixedOffset};
use serde::Serialize;

use super::FORMAT_VERSION;
use super::chart::{self, Count, Unit};
use super::parts::{moment, named, stamp};
use crate::config::units::human;
use crate::report::text::{Style, count, heading, wrapped};
use crate::store::{self, Stats};

/// With fewer runs, or over a shorter time, the numbers say little.
const FEW_RUNS: u64 = 10;
const SHORT: chrono::TimeDelta = chrono::TimeDelta::days(1);
/// Most rows of a table in text.
const MAX_ROWS: usize = 20;
/// Most bars of a chart.
const MAX_BARS: usize = 31;

/// The document of `heal stats --json`.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct StatsDocument {
    format_version: String,
    since: String,
    until: String,
    runs: u64,
    /// Why the numbers say little; empty: they are many enough.
    too_little: Vec<String>,
    /// Events, by their own log times.
    errors: u64,
    /// Incidents that had events.
    incidents: u64,
    /// The hours of the last 24 that had events, in UTC.
    per_hour: Vec<Slot>,
    /// The days that had events, in UTC.
    per_day: Vec<Slot>,
    most_common: Vec<Common>,
    /// From the log time of an incident's first error to the run that saw it.
    mean_time_to_detect: Mean,
    /// From the log time of an incident's first error to the verdict `confirmed` on a fix.
    mean_time_to_recover: Mean,
    /// From the beginning of a fix until its checks passed.
    mean_healing_time: Mean,
    fixes: Vec<Success>,
    step_kinds: Vec<Success>,
    categories: Vec<Success>,
    severities: Vec<Success>,
    /// How often each pattern was muted as a false alarm; without a pattern, by the incident's id.
    muted: Vec<Muted>,
    /// What the model cost; null when it was never asked.
    model: Option<Model>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Slot {
    start: String,
    errors: u64,
    incidents: u64,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Common {
    incident: String,
    pattern: Option<String>,
    template: String,
    category: String,
    severity: String,
    count: u64,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Mean {
    /// Null without any.
    seconds: Option<f64>,
    of: u64,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Success {
    name: String,
    attempts: u64,
    confirmed: u64,
    /// Ineffective, regressed, inconclusive or undone.
    failed: u64,
    /// No verdict yet.
    waiting: u64,
    /// Confirmed of those with a verdict, from 0 to 1; null without any.
    rate: Option<f64>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Muted {
    pattern: String,
    /// What a person calls it.
    #[serde(skip)]
    text: String,
    count: u64,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Model {
    requests: u64,
    cached: u64,
    /// Of questions, as the server counts them.
    prompt_tokens: u64,
    answer_tokens: u64,
    seconds: f64,
}

impl From<&store::Mean> for Mean {
    fn from(mean: &store::Mean) -> Self {
        Self { seconds: mean.seconds, of: mean.of }
    }
}

impl From<&store::Slot> for Slot {
    fn from(slot: &store::Slot) -> Self {
        // An hour has its date and its hour, a day its date.
        let rest = if slot.start.len() > 10 { ":00:00+00:00" } else { "T00:00:00+00:00" };
        Self { start: format!("{}{rest}", slot.start), errors: slot.errors, incidents: slot.incidents }
    }
}

impl From<&store::Success> for Success {
    #[expect(clippy::cast_precision_loss, reason = "counts of attempts are small")]
    fn from(one: &store::Success) -> Self {
        let judged = one.confirmed + one.failed;
        Self {
            name: one.name.clone(),
            attempts: one.attempts,
            confirmed: one.confirmed,
            failed: one.failed,
            waiting: one.attempts.saturating_sub(judged),
            rate: (judged > 0).then(|| one.confirmed as f64 / judged as f64),
        }
    }
}

impl StatsDocument {
    /// The document.
    #[must_use]
    pub fn new(stats: &Stats, since: DateTime<FixedOffset>, now: DateTime<FixedOffset>) -> Self {
        let success = |rows: &[store::Success]| rows.iter().map(Success::from).collect();
        Self {
            format_version: FORMAT_VERSION.to_owned(),
            since: stamp(since, now),
            until: stamp(now, now),
            runs: stats.runs,
            too_little: too_little(stats, now),
            errors: stats.errors,
            incidents: stats.incidents,
            per_hour: stats.per_hour.iter().map(Slot::from).collect(),
            per_day: stats.per_day.iter().map(Slot::from).collect(),
            most_common: stats
                .most_common
                .iter()
                .map(|one| Common {
                    incident: one.incident.clone(),
                    pattern: one.pattern.clone(),
                    template: one.template.clone(),
                    category: one.category.clone(),
                    severity: one.severity.clone(),
                    count: one.count,
                })
                .collect(),
            mean_time_to_detect: (&stats.detect).into(),
            mean_time_to_recover: (&stats.recover).into(),
            mean_healing_time: (&stats.heal).into(),
            fixes: success(&stats.fixes),
            step_kinds: success(&stats.kinds),
            categories: success(&stats.categories),
            severities: success(&stats.severities),
            muted: stats
                .mutes
                .iter()
                .map(|(name, text, count)| Muted { pattern: name.clone(), text: text.clone(), count: *count })
                .collect(),
            model: model(stats),
        }
    }

    /// As text.
    ///
    /// # Errors
    /// The writer's own.
    pub fn write(&self, style: Style, out: &mut dyn Write) -> io::Result<()> {
        let runs = style.paint.bold(&count(self.runs, "run"));
        writeln!(out, "{runs} since {}", moment(&self.since))?;
        self.too_little.iter().try_for_each(|why| wrapped(&format!("Too little history: {why}."), "", out))?;
        let (errors, incidents) = (count(self.errors, "error"), count(self.incidents, "incident"));
        writeln!(out, "{errors} in {incidents}")?;
        heading("How soon", style, out)?;
        mean("detected, from the first error", &self.mean_time_to_detect, out)?;
        mean("recovered, from the first error", &self.mean_time_to_recover, out)?;
        mean("a fix, until its checks passed", &self.mean_healing_time, out)?;
        slots("", Unit::Day, &self.per_day, style, out)?;
        slots(", the last day", Unit::Hour, &self.per_hour, style, out)?;
        if !self.most_common.is_empty() {
            heading("Most common", style, out)?;
        }
        for one in &self.most_common {
            let name = named(one.pattern.as_deref(), &one.template);
            writeln!(out, "  {:>8}x  {name}  {}", one.count, style.paint.dim(&one.incident))?;
        }
        for (title, rows) in [
            ("Success by fix", &self.fixes),
            ("Success by kind of step", &self.step_kinds),
            ("Success by category", &self.categories),
            ("Success by severity", &self.severities),
        ] {
            success(title, rows, style, out)?;
        }
        if !self.muted.is_empty() {
            heading("Muted as a false alarm", style, out)?;
        }
        for one in &self.muted {
            let id = if one.text == one.pattern { "" } else { one.pattern.as_str() };
            let line = format!("  {:>8}x  {}  {id}", one.count, named(None, &one.text));
            writeln!(out, "{}", line.trim_end())?;
        }
        if let Some(model) = &self.model {
            heading("The model", style, out)?;
            let requests = count(model.requests, "question");
            let cached = count(model.cached, "answer");
            writeln!(out, "  {requests}, {cached} from the cache, {:.1} s", model.seconds)?;
            writeln!(out, "  {} tokens of questions, {} of answers", model.prompt_tokens, model.answer_tokens)?;
        }
        Ok(())
    }
}

fn too_little(stats: &Stats, now: DateTime<FixedOffset>) -> Vec<String> {
    let mut why = Vec::new();
    if stats.runs < FEW_RUNS {
        why.push(format!("only {} remembered (`heal --record` and `heal --apply` remember)", runs_are(stats.runs)));
    }
    let span = stats.first_run.map(|first| now.signed_duration_since(first)).filter(|span| *span < SHORT);
    if let Some(span) = span {
        why.push(format!("the first of them is {} old", human(span.to_std().unwrap_or_default())));
    }
    if stats.recover.of == 0 && !stats.fixes.is_empty() {
        why.push("no fix is confirmed yet, so nothing is known of the time to recover".to_owned());
    }
    why
}

fn runs_are(runs: u64) -> String {
    if runs == 1 { "1 run is".to_owned() } else { format!("{runs} runs are") }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "sums of counts, never negative")]
fn model(stats: &Stats) -> Option<Model> {
    let value = |name: &str| stats.metrics.iter().find(|(known, _)| known == name).map(|(_, value)| *value);
    Some(Model {
        requests: value("model_requests")? as u64,
        cached: value("model_cached").unwrap_or_default() as u64,
        prompt_tokens: value("model_prompt_tokens").unwrap_or_default() as u64,
        answer_tokens: value("model_answer_tokens").unwrap_or_default() as u64,
        seconds: value("model_seconds").unwrap_or_default(),
    })
}

fn mean(what: &str, mean: &Mean, out: &mut dyn Write) -> io::Result<()> {
    let Some(seconds) = mean.seconds else { return writeln!(out, "  {what:<34} nothing to tell yet") };
    let time = std::time::Duration::try_from_secs_f64(seconds).unwrap_or_default();
    let shown = if seconds < 10.0 { format!("{seconds:.1}s") } else { human(time) };
    writeln!(out, "  {what:<34} {shown}, mean of {}", mean.of)
}

fn slots(when: &str, unit: Unit, slots: &[Slot], style: Style, out: &mut dyn Write) -> io::Result<()> {
    if slots.is_empty() {
        return Ok(());
    }
    let count = |slot: &Slot| {
        let start = DateTime::parse_from_rfc3339(&slot.start).ok()?.to_utc();
        Some((start, Count { errors: slot.errors, incidents: Some(slot.incidents) }))
    };
    heading(&format!("Errors by {}{when} (UTC), and of how many incidents", unit.word()), style, out)?;
    chart::bars(&chart::newest(&slots.iter().filter_map(count).collect(), unit, MAX_BARS), out)
}

fn success(title: &str, rows: &[Success], style: Style, out: &mut dyn Write) -> io::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    heading(title, style, out)?;
    for one in rows.iter().take(MAX_ROWS) {
        let rate = one.rate.map_or_else(|| "   -".to_owned(), |rate| format!("{:>3.0}%", rate * 100.0));
        let name = console::truncate_str(&one.name, 34, "...");
        let (good, bad, wait) = (one.confirmed, one.failed, one.waiting);
        writeln!(out, "  {rate}  {name:<34} {good} confirmed, {bad} failed, {wait} waiting")?;
    }
    match rows.len().checked_sub(MAX_ROWS).filter(|more| *more > 0) {
        Some(more) => writeln!(out, "  ... and {more} more; `heal stats --json` lists all"),
        None => Ok(()),
    }
}
