//! The model's words, marked as its opinion.

use std::io::{self, Write};

use super::{Style, count, heading, marked_diff, wrapped};
use crate::analyse::{Opinion, Picture};
use crate::report::Run;
use crate::report::suggestions::{Proposed, Standing};
use crate::sanitize::escape;

/// Before each line of the model's words.
const MARK: &str = "    > ";

pub(super) fn write(run: &Run, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let analysis = &run.analysis;
    if analysis.diagnoses.is_empty() {
        return Ok(());
    }
    heading(&format!("The opinion of {} (a model: it may be wrong)", analysis.model), style, out)?;
    if let Some(picture) = &analysis.picture {
        together(run, picture, style, out)?;
    }
    for opinion in &analysis.diagnoses {
        let sure = style.paint.dim(&confidence(run, opinion));
        writeln!(out, "  {}  {sure}", style.paint.bold(&name(run, &opinion.incident)))?;
        wrapped(&opinion.root_cause, MARK, out)?;
        for suggestion in &opinion.fix_suggestions {
            wrapped(&format!("- {suggestion}"), MARK, out)?;
        }
        if let Some(fix) = &opinion.fix {
            wrapped(&format!("of the registered fixes it names {fix}"), MARK, out)?;
        }
        if let Some(proposed) = run.proposed(opinion) {
            self::proposed(proposed, style, out)?;
        }
        if style.verbose {
            wrapped(&format!("severity: {}", opinion.severity.as_str()), MARK, out)?;
            for quote in &opinion.evidence {
                wrapped(&format!("evidence: {quote}"), MARK, out)?;
            }
        }
    }
    let mut cost = vec![count(u64::from(analysis.requests), "question")];
    if analysis.cached > 0 {
        cost.push(format!("{} from the cache", count(u64::from(analysis.cached), "answer")));
    }
    if analysis.prompt_tokens + analysis.answer_tokens > 0 {
        cost.push(format!("{} + {} tokens", analysis.prompt_tokens, analysis.answer_tokens));
    }
    cost.push(format!("{:.1} s", analysis.seconds));
    writeln!(out, "  {}", style.paint.dim(&format!("cost: {}", cost.join(", "))))
}

/// The edit that it proposes, and what a person can do about it.
fn proposed(one: &Proposed, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let Proposed { id, target, diff, standing, .. } = one;
    let review = format!("`heal suggestions show {id}`");
    if let Some(diff) = diff {
        wrapped(&escape(&format!("suggested by the model, not applied: an edit of {target}")), MARK, out)?;
        marked_diff(diff, &format!("{MARK}  "), style, out)?;
    }
    let text = match standing {
        Standing::New => format!("it would be kept as suggestion {id} by --record or --apply, for a person to review"),
        Standing::Open | Standing::Gone | Standing::Damaged => format!("it waits for a person: {review}"),
        Standing::Accepted => format!("it proposes again what was accepted: {review}"),
        Standing::Changed => format!("it proposes again what was accepted, and changed since: {review}"),
        Standing::Rejected => format!("it proposes again what was rejected: {review}"),
    };
    wrapped(&text, MARK, out)
}

/// What hangs together, before the incidents one by one.
fn together(run: &Run, picture: &Picture, style: Style, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "  {}", style.paint.bold("all together"))?;
    wrapped(&picture.summary, MARK, out)?;
    for group in &picture.together {
        let names: Vec<String> = group.iter().map(|id| name(run, id)).collect();
        wrapped(&format!("one trouble: {}", names.join(", ")), MARK, out)?;
    }
    if let Some(first) = &picture.first {
        wrapped(&format!("first: {}", name(run, first)), MARK, out)?;
    }
    picture.look_at.iter().try_for_each(|look| wrapped(&format!("- {look}"), MARK, out))
}

fn name(run: &Run, incident: &str) -> String {
    let open = run.incidents.iter().find(|open| open.record.id == incident);
    open.and_then(|open| open.record.pattern.clone()).unwrap_or_else(|| incident.to_owned())
}

/// How sure it says that it is, and what that was worth so far.
fn confidence(run: &Run, opinion: &Opinion) -> String {
    let said = opinion.confidence.map_or("no", |confidence| confidence.as_str());
    match run.confidence_record(opinion) {
        Some(record) => {
            format!("it says: {said} confidence ({} of {} such answers were confirmed)", record.confirmed, record.of)
        }
        None => format!("it says: {said} confidence"),
    }
}
