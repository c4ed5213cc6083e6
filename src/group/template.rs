//! What the lines of one unknown error have in common: their text after numbers are taken out.

/// Stands for a value.
const SLOT: &str = "<*>";
/// Longest template, in bytes of the message.
pub(super) const MAX_BYTES: usize = 512;

/// The message with every number, and every word that is a hexadecimal id, taken out.
pub(super) fn template(message: &str) -> String {
    let mut out = String::with_capacity(message.len().min(MAX_BYTES) + 16);
    let mut rest = message.trim();
    while let Some(start) = rest.find(|c: char| c.is_ascii_alphanumeric()) {
        out.push_str(&rest[..start]);
        let word_end = rest[start..].find(|c: char| !c.is_ascii_alphanumeric()).map_or(rest.len(), |at| start + at);
        push_word(&mut out, &rest[start..word_end]);
        rest = &rest[word_end..];
        if out.len() > MAX_BYTES {
            truncate(&mut out);
            out.push_str("...");
            return out;
        }
    }
    out.push_str(rest);
    join_slots(&out)
}

fn truncate(text: &mut String) {
    let mut end = MAX_BYTES;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
}

fn push_word(out: &mut String, word: &str) {
    let has_digit = word.bytes().any(|byte| byte.is_ascii_digit());
    let is_id = word.len() >= 6 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !has_digit {
        out.push_str(word);
    } else if is_id {
        out.push_str(SLOT);
    } else {
        // `worker12` keeps its word, `30s` keeps its unit: only the digits are a value.
        let mut in_number = false;
        for c in word.chars() {
            if !c.is_ascii_digit() {
                out.push(c);
            } else if !in_number {
                out.push_str(SLOT);
            }
            in_number = c.is_ascii_digit();
        }
    }
}

/// `1.5`, `10:32:11` and `a-b` ids are one value, not several.
fn join_slots(text: &str) -> String {
    let mut joined = text.to_owned();
    for separator in [".", ":", "-", ",", "/"] {
        let pair = format!("{SLOT}{separator}{SLOT}");
        while joined.contains(&pair) {
            joined = joined.replace(&pair, SLOT);
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_ids_are_values() {
        for (message, expected) in [
            ("worker 12 died after 1.5s", "worker <*> died after <*>s"),
            ("session 3f2a9c7e11 lost at 10:32:11,204", "session <*> lost at <*>"),
            ("cannot open /srv/a7/index", "cannot open /srv/a<*>/index"),
            ("disk full", "disk full"),
            ("Überlauf in Puffer 9", "Überlauf in Puffer <*>"),
            ("", ""),
        ] {
            assert_eq!(template(message), expected);
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_gives_a_bounded_template(message in "\\PC{0,2000}") {
            proptest::prop_assert!(template(&message).len() <= MAX_BYTES * 2);
        }

        #[test]
        fn numbers_never_decide(a in 0_u32..1_000_000, b in 0_u32..1_000_000) {
            let text = |n: u32| template(&format!("request {n} failed: code={n}, retry in {n} ms"));
            proptest::prop_assert_eq!(text(a), text(b));
        }
    }
}
