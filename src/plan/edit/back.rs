//! The way back: heal's own value out of a file that changed since, and a value or a whole file from a copy.

use super::{
    Changed, Code, Edit, Format, Proof, Proposal, Refusal, Spot, added, expect_current, first, format, optimal, place,
    readable, replace, slice, splice,
};
use crate::catalogue::{Locator, Operation};
use crate::sys::disk::sha256;

/// Takes heal's own value out of a text that somebody edited since: `expect_raw` becomes `raw` again, and nothing else
/// changes. An empty `raw` takes out what had been added.
///
/// # Errors
/// When the value is no longer the one that heal wrote, or the proof fails.
pub fn put_back(bytes: &[u8], edit: &Edit, expect_raw: &str, raw: &str) -> Result<String, Refusal> {
    let text = readable(bytes)?;
    let format = format(edit);
    if matches!(edit.locator, Locator::WholeFile) || matches!(edit.operation, Operation::Delete) {
        let reason = "it was edited since, and nothing tells where what is gone belongs now";
        return Err(Refusal::new(Code::ChangedSince, reason));
    }
    let spot = format.locate(text, edit)?.ok_or_else(|| Refusal::new(Code::Missing, "the value is no longer there"))?;
    let span = first(&spot)?;
    let gone = |found: &str| Refusal::at(text, span.start, Code::ChangedSince, format!("the value is {found} now"));
    if raw.is_empty() && slice(text, &span) != expect_raw {
        // What was added ends with the value, or with what closes its line or map.
        let from = span.end.saturating_sub(expect_raw.len());
        let stands = |start: &usize| text.get(*start..start.saturating_add(expect_raw.len())) == Some(expect_raw);
        let Some(start) = (from..=span.start).find(stands) else { return Err(gone(slice(text, &span))) };
        let new = splice(text, std::slice::from_ref(&(start..start + expect_raw.len())), "");
        format.prove(text, &new, edit, &Proof::Removed)?;
        return Ok(new);
    }
    if spot.spans.iter().any(|span| slice(text, span) != expect_raw) {
        return Err(gone(slice(text, &span)));
    }
    let new = splice(text, &spot.spans, raw);
    format.prove(text, &new, edit, &Proof::Replaced { spans: &spot.spans, value: None })?;
    Ok(new)
}

/// What `restore` would make of these bytes: all of the copy, or its value at the edit's place.
///
/// # Errors
/// A copy that is no text or empty; as [`super::propose`]; a value that the copy does not have.
pub fn restore(bytes: &[u8], edit: &Edit, copy: &[u8]) -> Result<Proposal, Refusal> {
    let in_copy = |refusal: Refusal| Refusal { reason: format!("of the copy: {}", refusal.reason), ..refusal };
    let source = readable(copy).map_err(in_copy)?;
    if edit.locator == Locator::WholeFile {
        return whole(bytes, source);
    }
    let text = readable(bytes)?;
    let format = format(edit);
    let found = format.locate(source, edit).map_err(in_copy)?;
    let wanted = found.ok_or_else(|| Refusal::new(Code::Missing, "the copy does not have this value"))?;
    let raw = slice(source, &first(&wanted)?).to_owned();
    if wanted.spans.iter().any(|span| slice(source, span) != raw) {
        return Err(Refusal::new(Code::DifferentValues, "the copy has different values at the places that match"));
    }
    let Some(spot) = format.locate(text, edit)? else { return added(text, edit, format, &wanted.value) };
    expect_current(text, edit, &spot)?;
    value_back(text, edit, format, &spot, &raw)
}

fn value_back(text: &str, edit: &Edit, format: &dyn Format, spot: &Spot, raw: &str) -> Result<Proposal, Refusal> {
    if spot.spans.iter().all(|span| slice(text, span) == raw) {
        return Ok(optimal(text, spot, "is already right"));
    }
    replace(text, edit, format, spot, raw, None)
}

/// The values of a whole file are told by their hashes.
fn whole(bytes: &[u8], source: &str) -> Result<Proposal, Refusal> {
    if source.trim().is_empty() {
        return Err(Refusal::new(Code::NoCopy, "the copy is empty"));
    }
    let told = |bytes: &[u8]| format!("sha256:{}", sha256(bytes).get(..16).unwrap_or_default());
    let (old, new) = (told(bytes), told(source.as_bytes()));
    if bytes == source.as_bytes() {
        let reason = "already optimal: the file is the same as the copy".to_owned();
        return Ok(Proposal::AlreadyOptimal { value: String::new(), reason, span: 0..bytes.len() });
    }
    let (line, column) = place(source, 0);
    Ok(Proposal::Change(Changed {
        text: source.to_owned(),
        span: 0..bytes.len(),
        new_span: 0..source.len(),
        old,
        new,
        line,
        column,
    }))
}

#[cfg(test)]
mod tests {
    use super::super::kit_tests::{edit, ini, path, with};
    use super::*;
    use crate::catalogue::Dialect;

    fn restoring(locator: Locator) -> Edit {
        edit("a.yaml", locator, Operation::Restore { from: None })
    }

    const GOOD: &str = "a: 1 # one\nb: 'x'\nc: 3\n";

    #[test]
    fn a_whole_file_becomes_its_copy() {
        let wanted = restoring(Locator::WholeFile);
        for broken in [&b""[..], b"a: [\n", b"\xff\0\0", b"a: 1\n"] {
            let Ok(Proposal::Change(change)) = restore(broken, &wanted, GOOD.as_bytes()) else { panic!() };
            assert_eq!((change.text.as_str(), change.span), (GOOD, 0..broken.len()));
            assert_eq!(
                put_back(b"a: 2\n", &wanted, &change.new, &change.old).unwrap_err().code.as_str(),
                "changed_since"
            );
        }
        assert!(matches!(restore(GOOD.as_bytes(), &wanted, GOOD.as_bytes()), Ok(Proposal::AlreadyOptimal { .. })));
        for (copy, code) in [(&b" \n"[..], "no_copy"), (b"\xff", "not_utf8"), (b"a\0", "binary")] {
            assert_eq!(restore(b"x", &wanted, copy).unwrap_err().code.as_str(), code);
        }
    }

    #[test]
    fn a_value_becomes_what_the_copy_has() {
        let yaml = |words: &str| restoring(Locator::YamlPath(path(words)));
        let now = "a: 9 # nine\nb: y\n";
        let value = |wanted: &Edit| match restore(now.as_bytes(), wanted, GOOD.as_bytes()) {
            Ok(Proposal::Change(change)) => change.text,
            other => panic!("{other:?}"),
        };
        assert_eq!(value(&yaml("a")), with(now, "9", "1"));
        assert_eq!(value(&yaml("b")), with(now, "y", "'x'"));
        assert_eq!(value(&Edit { create_missing: true, ..yaml("c") }), format!("{now}c: 3\n"));
        let refused = |wanted: &Edit| restore(now.as_bytes(), wanted, GOOD.as_bytes()).unwrap_err();
        assert_eq!(refused(&yaml("c")).code.as_str(), "missing");
        assert_eq!(refused(&yaml("d")).reason, "of the copy: there is no `d` here; `create_missing: true` adds it");
        let unit =
            Edit { operation: Operation::Restore { from: None }, ..ini("s|a", Dialect::Systemd, Operation::Delete) };
        let Ok(Proposal::Change(change)) = restore(b"[s]\na=2\n", &unit, b"[s]\na=1\n") else { panic!() };
        assert_eq!(change.text, "[s]\na=1\n");
        let regex = restoring(Locator::Regex("a: (?P<value>\\d)".to_owned()));
        assert_eq!(value(&regex), with(now, "9", "1"));
        assert_eq!(super::super::propose(now.as_bytes(), &regex).unwrap_err().code.as_str(), "no_copy");
    }
}
