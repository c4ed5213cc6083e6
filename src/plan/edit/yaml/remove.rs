//! The bytes of a key and its value: whole lines in a block map, up to a comma in a flow map.

use std::ops::Range;

use super::super::{Code, Refusal};
use super::tree::{Id, Kind, Tree};

/// What goes when the pair of the value `id` goes.
pub(super) fn pair(text: &str, tree: &Tree, id: Id) -> Result<Range<usize>, Refusal> {
    let refuse = |at: usize, code, reason: &str| Err(Refusal::at(text, at, code, reason));
    let Some(node) = tree.nodes.get(id) else { return Err(Refusal::new(Code::Missing, "there is no such value")) };
    match node.kind {
        Kind::Scalar { .. } | Kind::Alias(_) => {}
        Kind::Map { .. } | Kind::List { .. } => {
            return refuse(node.span.start, Code::NotAScalar, "a map or list is not deleted; name one of its keys");
        }
    }
    let parent = tree.nodes.iter().find_map(|parent| match &parent.kind {
        Kind::Map { entries, flow } => {
            entries.iter().position(|(_, value)| *value == id).map(|at| (entries.as_slice(), at, *flow))
        }
        _ => None,
    });
    let Some((entries, at, flow)) = parent else {
        return refuse(node.span.start, Code::NotAKey, "only a key is deleted, no list item");
    };
    let span = |entry: Option<&(Id, Id)>| {
        let (key, value) = entry?;
        Some((tree.nodes.get(*key)?.span.clone(), tree.nodes.get(*value)?.span.clone()))
    };
    let Some((key, value)) = span(entries.get(at)) else {
        return refuse(node.span.start, Code::NotAKey, "the key could not be told");
    };
    if flow {
        let next = span(entries.get(at + 1)).map(|(next, _)| key.start..next.start);
        let before = at.checked_sub(1).and_then(|before| span(entries.get(before)));
        let behind = before.map(|(_, before)| before.end..value.end);
        return Ok(next.or(behind).unwrap_or(key.start..value.end));
    }
    if entries.len() == 1 {
        return refuse(key.start, Code::LastKey, "it is the only key of its map, which would become null without it");
    }
    let start = text.get(..key.start).unwrap_or_default().rfind('\n').map_or(0, |at| at + 1);
    let lead = text.get(start..key.start).unwrap_or_default().trim_start_matches('\u{feff}');
    if !lead.chars().all(|c| c == ' ') {
        return refuse(key.start, Code::SharesLine, "the key shares its line with something else; edit it by hand");
    }
    let start = key.start - lead.len();
    Ok(start..end_of_line(text, value.end.max(key.end)))
}

/// Behind the line end; a block scalar ends with its own, or in the indentation of the line after it.
fn end_of_line(text: &str, end: usize) -> usize {
    let before = text.get(..end).unwrap_or_default().trim_end_matches(' ');
    if before.ends_with('\n') {
        return before.len();
    }
    text.get(end..).and_then(|rest| rest.find('\n')).map_or(text.len(), |at| end + at + 1)
}

#[cfg(test)]
mod tests {
    use super::super::super::kit_tests::{changed, edit, optimal, path, refused, set, with};
    use super::super::super::{Proposal, propose};
    use crate::catalogue::{Edit, Locator, Operation, Scalar};

    const CONFIG: &str = "\
# the server
server:
  host: a   # the name
  port: 80
  # about tls
  tls: {cert: x, key: 'y', chain: z}
  motd: |
    hello
    world
  last:
items:
  - name: web
    size: 1
    only: {a: 1}
alone:
  key: 1
";

    fn delete(words: &str) -> Edit {
        edit("a.yaml", Locator::YamlPath(path(words)), Operation::Delete)
    }

    #[test]
    fn a_key_goes_with_its_lines_or_its_comma() {
        for (words, gone) in [
            ("server.host", "  host: a   # the name\n"),
            ("server.port", "  port: 80\n"),
            ("server.tls.cert", "cert: x, "),
            ("server.tls.key", "key: 'y', "),
            ("server.tls.chain", ", chain: z"),
            ("server.motd", "  motd: |\n    hello\n    world\n"),
            ("server.last", "  last:\n"),
            ("items.0.size", "    size: 1\n"),
            ("items.0.only.a", "a: 1"),
        ] {
            let left = with(CONFIG, gone, "");
            assert_eq!(changed(CONFIG, &delete(words)).text, left, "{words}");
            assert!(optimal(&left, &delete(words)), "{words}");
            let crlf = |text: &str| format!("\u{feff}{}", text.trim_end().replace('\n', "\r\n"));
            assert_eq!(changed(&crlf(CONFIG), &delete(words)).text, crlf(&left), "{words}");
        }
        assert_eq!(changed("a: 1\nb: 2", &delete("b")).text, "a: 1\n");
    }

    #[test]
    fn what_would_change_more_is_refused() {
        for (words, code) in [
            ("server", "not_a_scalar"),
            ("items.0", "not_a_scalar"),
            ("alone.key", "last_key"),
            ("items.0.name", "shares_line"),
            ("items.4.name", "missing"),
        ] {
            assert_eq!(refused(CONFIG, &delete(words)).code.as_str(), code, "{words}");
        }
        assert_eq!(refused("a: [1]\n", &delete("a.0")).code.as_str(), "not_a_key");
        assert_eq!(refused("a: &x 1\nb: *x\n", &delete("a")).code.as_str(), "anchor");
        assert!(optimal(CONFIG, &delete("server.absent")));
    }

    #[test]
    fn a_path_is_looked_at_and_replaced_literally() {
        let look = |words: &str, value: Option<Scalar>| {
            let verify = Operation::VerifyOnly { each: None };
            propose(CONFIG.as_bytes(), &Edit { expect_current: value, operation: verify, ..delete(words) }).unwrap()
        };
        assert!(matches!(look("server.port", None), Proposal::Holds { .. }));
        assert!(matches!(look("server.port", Some(Scalar::Number(80.into()))), Proposal::Holds { .. }));
        let other = look("server.port", Some(Scalar::Number(81.into())));
        assert!(matches!(other, Proposal::DoesNotHold { line: Some(4), .. }));
        assert!(matches!(look("server.absent", None), Proposal::DoesNotHold { line: None, .. }));
        let replace = |text: &str| Edit { operation: Operation::Replace(text.to_owned()), ..delete("server.port") };
        assert_eq!(changed(CONFIG, &replace("0x1f")).text, with(CONFIG, "80", "0x1f"));
        for literal in ["1\n  x: 2", "1 # x", "[1]", "&a 1"] {
            assert_eq!(refused(CONFIG, &replace(literal)).code.as_str(), "not_proven", "{literal}");
        }
        assert_eq!(changed(CONFIG, &Edit { operation: set("x"), ..delete("server.host") }).new, "x");
    }
}
