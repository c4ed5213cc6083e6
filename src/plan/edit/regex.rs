//! Any text: the span of one named group of a regex.

use std::ops::Range;

use super::{Code, Format, Proof, Proposal, Refusal, Spot, place, scalar, slice};
use crate::catalogue::{Edit, Locator, Operation, Scalar, compile_regex};

/// The group whose span changes.
const GROUP: &str = "value";

/// Text of any kind.
pub(super) struct Text;

impl Format for Text {
    fn locate(&self, text: &str, edit: &Edit) -> Result<Option<Spot>, Refusal> {
        let spans = matches(text, edit)?;
        let Some(first) = spans.first().cloned() else { return Ok(None) };
        let raw = slice(text, &first).to_owned();
        let differs = spans.iter().find(|span| slice(text, span) != raw);
        if let (Some(span), Operation::Increase(_) | Operation::Decrease(_)) = (differs, &edit.operation) {
            let reason = format!("the matches have different values, {raw} and {}", slice(text, span));
            return Err(Refusal::at(text, span.start, Code::DifferentValues, reason));
        }
        let value = match differs {
            None => scalar::resolve(&raw),
            // Never equal to a wanted value: all of them change.
            Some(span) => Scalar::Text(format!("{raw}\0{}", slice(text, span))),
        };
        Ok(Some(Spot { spans, value, text: raw }))
    }

    fn render(&self, _: &str, _: &Edit, _: &Spot, new: &Scalar) -> Result<String, Refusal> {
        Ok(scalar::plain(new))
    }

    fn insert(&self, _: &str, _: &Edit, _: &Scalar) -> Result<(usize, String), Refusal> {
        Err(Refusal::new(Code::Missing, "the regex does not match, and text is never added"))
    }

    fn remove(&self, _: &str, _: &Edit) -> Result<Option<Range<usize>>, Refusal> {
        Err(Refusal::new(Code::NotAKey, "`delete` needs the path of a key"))
    }

    fn prove(&self, old: &str, new: &str, edit: &Edit, proof: &Proof<'_>) -> Result<(), Refusal> {
        let Proof::Replaced { spans, value } = proof else {
            return Err(Refusal::new(Code::NotProven, "text is only ever replaced"));
        };
        if matches!(edit.operation, Operation::Replace(_)) || value.is_none() {
            return Ok(());
        }
        // A number must be found again at the same place, or the next attempt would look elsewhere.
        let unproven = || Refusal::new(Code::NotProven, "the regex would not match the new value at the same place");
        let again = matches(new, edit).map_err(|_| unproven())?;
        let grown = new.len().wrapping_sub(old.len());
        let each = grown.wrapping_div(spans.len().max(1));
        let same = again.len() == spans.len()
            && spans
                .iter()
                .zip(&again)
                .enumerate()
                .all(|(at, (was, is))| is.start == was.start.wrapping_add(each.wrapping_mul(at)));
        let single = spans.len() == 1 && again.first().map(|span| span.start) == spans.first().map(|span| span.start);
        if same || single { Ok(()) } else { Err(unproven()) }
    }
}

fn matches(text: &str, edit: &Edit) -> Result<Vec<Range<usize>>, Refusal> {
    let Locator::Regex(regex) = &edit.locator else { return Ok(Vec::new()) };
    let regex = compile_regex(regex).map_err(|reason| Refusal::new(Code::BadRegex, reason))?;
    let mut spans = Vec::new();
    for captures in regex.captures_iter(text) {
        let whole = captures.get_match();
        let Some(group) = captures.name(GROUP) else {
            return Err(Refusal::at(
                text,
                whole.start(),
                Code::NoGroup,
                "the group `value` takes no part in this match",
            ));
        };
        spans.push(group.range());
        if spans.len() > edit.expect_matches {
            break;
        }
    }
    let expected = edit.expect_matches;
    match spans.len() {
        0 => Err(Refusal::new(Code::NoMatch, "the regex does not match")),
        found if found == expected => Ok(spans),
        found if found > expected => {
            let at = spans.last().map_or(0, |span| span.start);
            let reason = format!(
                "the regex matches more than {expected} times; make it match one place, or say `expect_matches`"
            );
            Err(Refusal::at(text, at, Code::TooManyMatches, reason))
        }
        found => Err(Refusal::new(
            Code::TooFewMatches,
            format!("the regex matches {found} times, and `expect_matches` says {expected}"),
        )),
    }
}

/// Whether a regex holds, and where it does not.
pub(super) fn verify(text: &str, edit: &Edit, each: Option<&str>) -> Result<Proposal, Refusal> {
    let Locator::Regex(regex) = &edit.locator else {
        return Err(Refusal::new(Code::BadRegex, "`verify_only` works with `regex`"));
    };
    let compile = |regex: &str| compile_regex(regex).map_err(|reason| Refusal::new(Code::BadRegex, reason));
    let wanted = compile(regex)?;
    let Some(each) = each else {
        return Ok(match wanted.find(text) {
            Some(found) => {
                let (line, _) = place(text, found.start());
                Proposal::Holds { reason: format!("already optimal: line {line} matches {regex}") }
            }
            None => Proposal::DoesNotHold { line: None, reason: format!("nothing matches {regex}") },
        });
    };
    let each_regex = compile(each)?;
    let (mut all, mut lines) = (0, Vec::new());
    for found in each_regex.find_iter(text) {
        all += 1;
        if !wanted.is_match(found.as_str()) {
            lines.push(place(text, found.start()).0);
        }
    }
    Ok(match (all, lines.first()) {
        (0, _) => Proposal::DoesNotHold { line: None, reason: format!("nothing matches {each}") },
        (_, None) => Proposal::Holds { reason: format!("already optimal: all {all} matches of {each} have {regex}") },
        (_, Some(first)) => {
            let shown: Vec<String> = lines.iter().take(5).map(ToString::to_string).collect();
            let reason = format!("{} of {all} matches of {each} lack {regex}: line {}", lines.len(), shown.join(", "));
            Proposal::DoesNotHold { line: Some(*first), reason }
        }
    })
}
