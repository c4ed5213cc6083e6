//! Secrets become `[REDACTED:kind]`: one pass over the text finds anchors, a detector per anchor finds the extent.

mod flags;
mod headers;
mod innocent;
mod keys;
mod literal;
mod pairs;
mod pem;
mod protocols;
mod shapes;
mod statements;
mod urls;
mod value;

use std::borrow::Cow;
use std::ops::Range;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use anyhow::Context as _;
use regex::{Regex, RegexBuilder};

pub use keys::{secret_kind, value_hides, value_is_secret};
use literal::Literal;
pub use pem::KeyLines;

const MARK: &str = "[REDACTED:";
/// The kind of what an operator's own rule found.
const CUSTOM: &str = "custom";
/// Redacting may bring things together that are a secret again; so many rounds settle it.
const ROUNDS: usize = 4;
/// As for the tables' regexes.
const COMPILED: usize = 10 << 20;

/// A secret's place and kind.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Found {
    span: Range<usize>,
    kind: &'static str,
}

impl Found {
    fn new(span: Range<usize>, kind: &'static str) -> Option<Self> {
        (span.start < span.end).then_some(Self { span, kind })
    }
}

/// Looks at the text around one anchor.
type Detector = fn(&[u8], Range<usize>) -> Option<Found>;

/// Each anchor, found without regard to case, and who looks closer.
const ANCHORS: &[(&[&str], Detector)] = &[
    (
        &[
            "pass",
            "pwd",
            "secret",
            "token",
            "key",
            "credential",
            "sessid",
            "sessionid",
            "session_id",
            "sig",
            "auth",
            "pw",
            "psk",
            "kennwort",
        ],
        pairs::detect,
    ),
    (&["pin=", "pin:", "pin\":", "otp=", "otp:", "otp\":"], protocols::one_time),
    (&[" login "], protocols::imap_login),
    (&["bearer", "basic "], headers::scheme),
    (&["cookie"], headers::cookie),
    (&["://"], urls::user_info),
    (&["@tcp(", "@unix(", "@//"], urls::data_source),
    (&["oracle:thin:", "oracle:oci:", "sqlplus "], urls::oracle),
    (
        &["hooks.slack.com/", "discord.com/api/webhooks/", "discordapp.com/api/webhooks/", ".webhook.office.com/"],
        urls::webhook,
    ),
    (&["eyj"], shapes::jwt),
    (&["-----begin", "-----end"], pem::detect),
    (&["akia", "asia", "abia", "acca"], shapes::aws),
    (&[":aa"], shapes::telegram),
    (&["$1$", "$apr1$", "$2a$", "$2b$", "$2y$", "$5$", "$6$", "$y$", "$argon2"], shapes::crypt),
    (&["identified by", "identified with"], statements::identified),
    (&["mysql", "mariadb", "sshpass", "redis-cli", "curl ", "ldap", "docker login", "podman login"], flags::detect),
    (shapes::PREFIXES, shapes::prefixed),
];

/// Finds secrets and replaces them by constant marks. Takes time linear in the text; redacting twice changes nothing.
#[derive(Debug)]
pub struct Redactor {
    anchors: AhoCorasick,
    detectors: Vec<Detector>,
    rules: Vec<Regex>,
    literal: Option<Literal>,
}

impl Redactor {
    /// With the built-in kinds and the operator's own rules.
    ///
    /// # Errors
    /// A rule that is no valid regex, is too large, or matches the empty text; the message names it.
    pub fn new(operator_rules: &[String]) -> anyhow::Result<Self> {
        let mut words = Vec::new();
        let mut detectors = Vec::new();
        for (anchors, detector) in ANCHORS {
            words.extend_from_slice(anchors);
            detectors.extend(std::iter::repeat_n(*detector, anchors.len()));
        }
        let anchors = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::LeftmostLongest)
            .kind(Some(AhoCorasickKind::DFA))
            .build(words)
            .context("could not build the table of secrets")?;
        let rules = operator_rules.iter().map(|rule| compile(rule)).collect::<anyhow::Result<_>>()?;
        Ok(Self { anchors, detectors, rules, literal: None })
    }

    /// Also finds this word, as this kind.
    #[must_use]
    pub fn with_literal(self, word: &str, kind: &'static str) -> Self {
        Self { literal: Literal::new(word, kind), ..self }
    }

    /// The text with each secret replaced by `[REDACTED:kind]`; borrowed when there is none.
    #[must_use]
    pub fn redact<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut current = Cow::Borrowed(text);
        for _ in 0..ROUNDS {
            let Some(next) = self.round(&current) else { break };
            current = Cow::Owned(next);
        }
        current
    }

    /// What tells these rules from others: a hash of heal's version and the operator's rules.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let rules: Vec<&str> = self.rules.iter().map(Regex::as_str).collect();
        crate::sys::disk::sha256(format!("{}\n{}", env!("CARGO_PKG_VERSION"), rules.join("\n")).as_bytes())
    }

    /// Whether [`redact`](Self::redact) would change the text.
    #[must_use]
    pub fn contains_secret(&self, text: &str) -> bool {
        self.round(text).is_some()
    }

    fn round(&self, text: &str) -> Option<String> {
        let mut found = self.built_in(text.as_bytes());
        for rule in &self.rules {
            found.extend(rule.find_iter(text).filter_map(|hit| Found::new(hit.range(), CUSTOM)));
        }
        found.extend(self.literal.iter().flat_map(|literal| literal.find(text)));
        if found.is_empty() { None } else { replace(text, found) }
    }

    fn built_in(&self, text: &[u8]) -> Vec<Found> {
        let mut found: Vec<Found> = Vec::new();
        let mut done = 0;
        for hit in self.anchors.find_iter(text) {
            if hit.start() < done || in_mark(text, hit.start()) {
                continue;
            }
            let Some(detector) = self.detectors.get(hit.pattern().as_usize()) else { continue };
            if let Some(secret) = detector(text, hit.range()) {
                done = secret.span.end;
                found.push(secret);
            }
        }
        found.extend(pem::body_lines(text));
        found
    }
}

fn compile(rule: &str) -> anyhow::Result<Regex> {
    let regex = RegexBuilder::new(rule)
        .size_limit(COMPILED)
        .build()
        .with_context(|| format!("`redact`: the rule {rule:?} is no valid regex"))?;
    anyhow::ensure!(
        !regex.is_match(""),
        "`redact`: the rule {rule:?} matches the empty text: it would match everywhere"
    );
    Ok(regex)
}

/// The end of the mark that starts at `at`.
fn mark_at(text: &[u8], at: usize) -> Option<usize> {
    let inner = text.get(at..)?.strip_prefix(MARK.as_bytes())?;
    let kind = inner.iter().take(24).take_while(|b| b.is_ascii_lowercase() || **b == b'_').count();
    (kind > 0 && inner.get(kind) == Some(&b']')).then_some(at + MARK.len() + kind + 1)
}

/// Whether `at` lies inside a mark.
fn in_mark(text: &[u8], at: usize) -> bool {
    let from = at.saturating_sub(MARK.len() + 24);
    let Some(before) = text.get(from..at) else { return false };
    let Some(open) = memchr::memrchr(b'[', before) else { return false };
    mark_at(text, from + open).is_some_and(|end| end > at)
}

/// The marks of the text, in order.
fn marks(text: &[u8]) -> Vec<Range<usize>> {
    memchr::memmem::find_iter(text, MARK).filter_map(|at| mark_at(text, at).map(|end| at..end)).collect()
}

/// Writes marks for what was found; `None` when that changes nothing.
fn replace(text: &str, mut found: Vec<Found>) -> Option<String> {
    let marks = marks(text.as_bytes());
    for secret in &mut found {
        widen(text, &marks, &mut secret.span);
    }
    found.retain(|secret| mark_at(text.as_bytes(), secret.span.start) != Some(secret.span.end));
    found.sort_by_key(|secret| (secret.span.start, secret.span.end));
    let mut out = String::with_capacity(text.len());
    let mut written = 0;
    let mut secrets = found.into_iter().peekable();
    while let Some(first) = secrets.next() {
        let mut end = first.span.end;
        while let Some(next) = secrets.next_if(|next| next.span.start < end) {
            end = end.max(next.span.end);
        }
        out.push_str(text.get(written..first.span.start)?);
        out.push_str(MARK);
        out.push_str(first.kind);
        out.push(']');
        written = end;
    }
    if written == 0 {
        return None;
    }
    out.push_str(text.get(written..)?);
    Some(out)
}

/// No span ends inside a mark or a character.
fn widen(text: &str, marks: &[Range<usize>], span: &mut Range<usize>) {
    let first = marks.partition_point(|mark| mark.end <= span.start);
    let touched = marks.get(first..).unwrap_or_default().iter().take_while(|mark| mark.start < span.end);
    let (mut start, mut end) = (span.start, span.end.min(text.len()));
    for mark in touched {
        start = start.min(mark.start);
        end = end.max(mark.end);
    }
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    while !text.is_char_boundary(end) {
        end += 1;
    }
    *span = start..end;
}

#[cfg(test)]
mod lines_tests;
#[cfg(test)]
mod tests;
