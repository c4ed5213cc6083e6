//! What a model may have made up: paths, hosts, units and numbers that stand neither in the log nor in the
//! configuration carry a mark.

use super::prompt::Prompt;

/// Behind what the model was not told.
pub const MARK: &str = "[?]";

/// The text with a mark behind each path, host, unit and number that the prompt does not tell, and whether there is one.
pub(super) fn mark(text: &str, prompt: &Prompt) -> (String, bool) {
    let mut out = String::with_capacity(text.len());
    let mut any = false;
    for (at, word) in text.split(' ').enumerate() {
        if at > 0 {
            out.push(' ');
        }
        let core = word.trim_matches(is_around);
        let core = core.strip_suffix("'s").unwrap_or(core);
        let is_counter = at == 0 && core.len() <= 2 && is_number(core) && word.ends_with(['.', ')']);
        if core.is_empty() || is_counter || !is_checkable(core) || tells(prompt, core) {
            out.push_str(word);
            continue;
        }
        let end = word.find(core).map_or(word.len(), |start| start + core.len());
        let (head, tail) = word.split_at(end);
        out.push_str(head);
        out.push_str(MARK);
        out.push_str(tail);
        any = true;
    }
    (out, any)
}

fn is_around(c: char) -> bool {
    matches!(
        c,
        '"' | '\''
            | '`'
            | '('
            | ')'
            | '['
            | ']'
            | '{'
            | '}'
            | '<'
            | '>'
            | ','
            | ';'
            | ':'
            | '.'
            | '!'
            | '?'
            | '*'
            | '='
    )
}

fn is_checkable(word: &str) -> bool {
    // What heal itself escaped is no number of the model's.
    let escaped = word.contains("\\x") || word.contains("\\u{");
    is_named(word) || (!escaped && numbers(word).next().is_some())
}

/// A path, a host or a unit.
fn is_named(word: &str) -> bool {
    is_path(word) || is_host(host_of(word)) || is_unit(word)
}

fn is_path(word: &str) -> bool {
    let word = word.strip_prefix('~').unwrap_or(word);
    let rooted = ['/', '$', '.'].iter().any(|start| word.starts_with(*start)) && word.contains('/');
    word.len() > 1 && (rooted || word.matches('/').count() > 1 || is_short_path(word) || is_windows_path(word))
}

/// `etc/x`, `logs/app.log`, `a/b`, and not `and/or`.
fn is_short_path(word: &str) -> bool {
    const TOPS: &[&str] = &[
        "bin", "boot", "conf", "config", "dev", "etc", "home", "lib", "log", "logs", "media", "mnt", "opt", "proc",
        "root", "run", "sbin", "srv", "sys", "tmp", "usr", "var",
    ];
    let Some((folder, name)) = word.split_once('/') else { return false };
    let letters = folder.len() == 1 && name.len() == 1 && word.bytes().all(|byte| !byte.is_ascii_uppercase());
    let files = |part: &str| part.contains(['.', '_']);
    !folder.is_empty()
        && !name.is_empty()
        && (TOPS.contains(&folder)
            || files(folder)
            || files(name)
            || (letters && word != "n/a" && word != "w/o" && word != "i/o"))
}

/// `C:\x`, `\\host\x`, and not an escape.
fn is_windows_path(word: &str) -> bool {
    let bytes = word.as_bytes();
    let drive = matches!(bytes, [letter, b':', b'\\', ..] if letter.is_ascii_alphabetic());
    drive || word.starts_with("\\\\")
}

/// Where a mail or a login goes.
fn host_of(word: &str) -> &str {
    word.rsplit_once('@').map_or(word, |(_, host)| host)
}

/// `db1.example.org`, `10.0.0.7`, `db1:5432`; also `app.yaml`: a file's name is as well made up.
fn is_host(word: &str) -> bool {
    let (name, port) = word.split_once(':').unwrap_or((word, ""));
    let labels: Vec<&str> = name.split('.').collect();
    let legal = |label: &&str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    let dotted =
        labels.len() > 1 && labels.iter().all(legal) && labels.iter().all(|label| label.len() > 1 || is_number(label));
    let with_port = !port.is_empty() && is_number(port) && labels.iter().all(legal);
    (dotted || with_port || word.contains("://")) && !is_abbreviation(name)
}

fn is_abbreviation(word: &str) -> bool {
    matches!(word.to_ascii_lowercase().as_str(), "e.g" | "i.e" | "etc" | "a.k.a")
}

fn is_unit(word: &str) -> bool {
    [".service", ".socket", ".timer", ".path", ".mount", ".target"].iter().any(|suffix| word.ends_with(suffix))
}

fn is_number(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit())
}

/// Runs of digits, with a point inside.
fn numbers(word: &str) -> impl Iterator<Item = &str> {
    word.split(|c: char| !c.is_ascii_digit() && c != '.').map(|run| run.trim_matches('.')).filter(|run| !run.is_empty())
}

/// Whether the model was told it: as it stands, or, of a word with numbers in it, each of them.
fn tells(prompt: &Prompt, word: &str) -> bool {
    if has(prompt, word) {
        return true;
    }
    if is_host(host_of(word)) && has(prompt, host_of(word)) {
        return true;
    }
    !is_named(word) && numbers(word).all(|number| has(prompt, number))
}

/// As a word of its own: `5` does not stand in `50`.
fn has(prompt: &Prompt, word: &str) -> bool {
    let mut texts = prompt.messages.iter().skip(1).map(|(_, text)| text.as_str());
    texts.any(|text| stands(text, word))
        || prompt.samples.iter().flat_map(|sample| &sample.whole).any(|text| stands(text, word))
}

fn stands(text: &str, word: &str) -> bool {
    let (first, last) = (word.chars().next(), word.chars().next_back());
    // `5` stands in `5s`, and not in `50` or `db5`.
    let goes_on = |c: char| match last {
        Some(last) if last.is_ascii_digit() => c.is_ascii_digit(),
        last => last.is_some_and(char::is_alphanumeric) && c.is_alphanumeric(),
    };
    // `/srv/run` does not stand in `/srv/run.py`; a sentence may end behind it.
    let (named, number) = (is_named(word), word.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'));
    let is_longer = |rest: &str| {
        let mut rest = rest.chars();
        let joint = rest.next().is_some_and(|c| c == '.' || (!number && matches!(c, '-' | '_')));
        named && joint && rest.next().is_some_and(char::is_alphanumeric)
    };
    let began_before = |c: char| first.is_some_and(char::is_alphanumeric) && c.is_alphanumeric();
    text.match_indices(word).any(|(at, _)| {
        let before = text.get(..at).and_then(|text| text.chars().next_back());
        let rest = text.get(at + word.len()..).unwrap_or_default();
        !before.is_some_and(began_before) && !rest.chars().next().is_some_and(goes_on) && !is_longer(rest)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyse::prompt::Sample;

    fn marked(text: &str) -> String {
        let log = "ERROR db1.example.org:5432 pool exhausted, 50 in use after 5s in /srv/app/run.py (nginx.service)";
        let prompt = Prompt {
            messages: vec![("system", "Do not invent 99".into()), ("user", "pool: 10".into())],
            samples: vec![Sample {
                shown: String::new(),
                plain: String::new(),
                whole: [log.to_owned(), String::new()],
            }],
            fixes: Vec::new(),
            num_predict: 0,
        };
        let (text, any) = mark(text, &prompt);
        assert_eq!(any, text.contains(MARK));
        text
    }

    #[test]
    fn what_was_told_is_left_alone() {
        for text in [
            "The pool of db1.example.org has 50 connections, all in use.",
            "Look at /srv/app/run.py, e.g. its pool of 10 (nginx.service).",
            "1. Wait 5s, i.e. and/or retry.",
            "It is down: the TCP/IP stack; nothing else...",
            "I/O is slow on read/write, n/a for client/server; match it with `\\d+`.",
            "See /srv/app/run.py. In /srv/app, db1.example.org: 5s.",
            "",
        ] {
            assert_eq!(marked(text), text);
        }
    }

    #[test]
    fn what_was_not_told_is_marked() {
        for (text, said) in [
            ("See /etc/app.conf.", "See /etc/app.conf[?]."),
            ("Raise it to 500 or 99", "Raise it to 500[?] or 99[?]"),
            ("Restart `postgres.service`, then", "Restart `postgres.service[?]`, then"),
            ("Host 10.0.0.9 and db2.example.org:5432", "Host 10.0.0.9[?] and db2.example.org:5432[?]"),
            ("wait 7s (80%)", "wait 7s[?] (80%[?])"),
            ("app.yaml", "app.yaml[?]"),
            ("etc/x and logs/x.log", "etc/x[?] and logs/x.log[?]"),
            ("a/b", "a/b[?]"),
            ("C:\\Windows\\x.ini", "C:\\Windows\\x.ini[?]"),
            ("$HOME/x", "$HOME/x[?]"),
            ("root@evil.example", "root@evil.example[?]"),
            ("root@db1.example.org", "root@db1.example.org"),
            ("/srv/app/run and db1.example", "/srv/app/run[?] and db1.example[?]"),
            ("/srv/app", "/srv/app"),
            ("0 of 1", "0[?] of 1[?]"),
            ("\\x1b[31mred \\u{202e}", "\\x1b[31mred \\u{202e}"),
        ] {
            assert_eq!(marked(text), said, "{text}");
        }
    }
}
