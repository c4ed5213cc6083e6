//! Values behind a secret's name that are none: prose, placeholders, types, what others have already masked.

/// Words that follow `password:` in a message and are no password.
const PROSE: &[&str] = &[
    "a",
    "accepted",
    "access",
    "all",
    "already",
    "an",
    "and",
    "any",
    "are",
    "at",
    "authentication",
    "authorization",
    "bad",
    "but",
    "by",
    "can",
    "cannot",
    "can't",
    "changed",
    "check",
    "could",
    "couldn't",
    "denied",
    "disabled",
    "does",
    "doesn't",
    "empty",
    "enabled",
    "end",
    "eof",
    "error",
    "expected",
    "expired",
    "expires",
    "fail",
    "failed",
    "failure",
    "field",
    "for",
    "forbidden",
    "found",
    "from",
    "has",
    "header",
    "identifier",
    "illegal",
    "in",
    "incorrect",
    "invalid",
    "is",
    "length",
    "malformed",
    "may",
    "mismatch",
    "missing",
    "must",
    "neither",
    "newline",
    "not",
    "nothing",
    "object",
    "of",
    "on",
    "only",
    "option",
    "optional",
    "or",
    "password",
    "permission",
    "please",
    "provided",
    "received",
    "rejected",
    "required",
    "requires",
    "revoked",
    "secret",
    "seems",
    "set",
    "should",
    "signature",
    "such",
    "that",
    "the",
    "this",
    "to",
    "token",
    "too",
    "unable",
    "unauthorized",
    "unexpected",
    "unknown",
    "unset",
    "unsupported",
    "use",
    "used",
    "using",
    "validation",
    "value",
    "via",
    "was",
    "when",
    "while",
    "will",
    "with",
    "wrong",
    "your",
    "ok",
    "okay",
    "success",
    "bytes",
    "char",
    "int",
    "integer",
    "number",
    "str",
    "varchar",
];

/// Values that say that there is none, whatever stands before them.
const NOTHING: &[&str] = &[
    "null",
    "none",
    "nil",
    "undefined",
    "true",
    "false",
    "yes",
    "no",
    "n/a",
    "string",
    "str",
    "string)",
    "[]",
    "{}",
    "()",
    "(none)",
    "(null)",
    "<nil>",
    "nan",
    "bool",
    "boolean",
    "any",
    "optional",
    "required",
];

/// Code and templates that name where the value comes from.
const REFERENCES: &[&str] = &[
    "${",
    "$(",
    "{{",
    "<%",
    "%(",
    "%{",
    "os.environ",
    "os.getenv",
    "getenv",
    "process.env",
    "env[",
    "env.",
    "env(",
    "self.",
    "this.",
    "config.",
    "config[",
    "settings.",
    "options.",
    "request.",
    "req.",
    "vault:",
    "secretkeyref",
    "valuefrom",
    "!vault",
    "/run/secrets/",
];

/// How a value was joined to its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Join {
    /// `=` and its kin: prose is rare.
    Tight,
    /// `: ` or a blank: prose is common.
    Loose,
}

/// Whether the value is no secret although its name promises one.
pub(super) fn is_innocent(value: &[u8], join: Join, quoted: bool) -> bool {
    let Ok(text) = std::str::from_utf8(value) else { return false };
    let text = text.trim();
    let word = text.trim_end_matches(['.', ',', ';', ':', '!', '?', ')']);
    if word.is_empty()
        || word.chars().all(|c| {
            matches!(
                c,
                '*' | '.' | '-' | '_' | '?' | '%' | '{' | '}' | '…' | '•' | '#' | '|' | '>' | '<' | '[' | ']' | '('
            )
        })
    {
        return true;
    }
    // Marks of other programs, and the longest run of x: `[FILTERED]`, `<redacted>`, `xxxxx`.
    let masked = ["filtered", "redacted", "masked", "hidden", "removed", "secret", "omitted", "scrubbed", "sensitive"];
    // A bare value ends before the bracket that closes it.
    let bracketed = text.starts_with(['[', '<', '(', '*']) && (!quoted || text.ends_with([']', '>', ')', '*']));
    let inner = text.trim_matches(|c| matches!(c, '[' | ']' | '<' | '>' | '(' | ')' | '*')).to_ascii_lowercase();
    if bracketed && text.len() <= 32 && masked.contains(&inner.as_str()) {
        return true;
    }
    if word.len() >= 3 && word.bytes().all(|b| b == b'x' || b == b'X') {
        return true;
    }
    let lower: String = word.chars().take(24).flat_map(char::to_lowercase).collect();
    if NOTHING.contains(&lower.as_str()) || REFERENCES.iter().any(|start| lower.starts_with(start)) {
        return true;
    }
    if placeholder(word) {
        return true;
    }
    join == Join::Loose && !quoted && PROSE.contains(&lower.as_str())
}

/// `%s`, `$1`, `:name`, `$NAME`, `{name}`.
fn placeholder(word: &str) -> bool {
    let name = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let variable =
        |text: &str| name(text) && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
    matches!(word, "%s" | "%d" | "%v" | "%r" | "%q" | "?")
        || word.strip_prefix('$').is_some_and(variable)
        || word.strip_prefix('{').and_then(|text| text.strip_suffix('}')).is_some_and(name)
}
