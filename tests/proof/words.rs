//! Words of any text file, edited by a regex.

use heal::catalogue::Edit;
use heal::plan::edit::{Proposal, propose};
use serde_json::json;

use crate::figures::Figures;

/// Literal text: `$1` is two characters.
const NEW: &str = "healed $1 \\n";

/// Edits the last word of every line that has two.
pub fn every(name: &str, text: &str, figures: &mut Figures) {
    figures.files += 1;
    let mut offset = 0;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let content = line.trim_end();
        if let Some(blank) = content.trim_start().rfind([' ', '=', '\t']) {
            let from = content.len() - content.trim_start().len() + blank + 1;
            figures.values += 1;
            word(name, text, number, (&content[..from], &content[from..]), offset + from, figures);
        }
        offset += line.len();
    }
}

fn word(name: &str, text: &str, line: usize, (before, word): (&str, &str), at: usize, figures: &mut Figures) {
    let skipped = format!(r"\A(?:[^\n]*\n){{{line}}}");
    let regex = format!("{skipped}{}(?P<value>{})", regex::escape(before), regex::escape(word));
    let edit: Edit = serde_json::from_value(json!({
        "file": name, "locator": {"regex": regex}, "operation": {"replace": NEW}, "document": null, "unit": null,
        "expect_current": null, "expect_matches": 1, "create_missing": false, "write_mode": "replace",
    }))
    .unwrap();
    let expected = format!("{}{NEW}{}", &text[..at], &text[at + word.len()..]);
    match propose(text.as_bytes(), &edit) {
        Ok(Proposal::Change(changed)) if changed.text == expected => figures.exact += 1,
        Ok(Proposal::Change(_)) => figures.wrong.push(format!("{name}:{}: another text", line + 1)),
        Ok(other) => figures.wrong.push(format!("{name}:{}: {other:?}", line + 1)),
        Err(refusal) => figures.refuse(refusal.code.as_str()),
    }
}
