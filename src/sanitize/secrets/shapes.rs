//! Secrets known by their shape alone: JWT, keys of cloud providers and services, password hashes.

use std::ops::Range;

use super::Found;
use super::value::{byte, rest};

/// Anchors of [`prefixed`]; each stands in [`TABLE`] with its exact case.
pub(super) const PREFIXES: &[&str] = &[
    "ghp_",
    "gho_",
    "ghu_",
    "ghs_",
    "ghr_",
    "github_pat_",
    "glpat-",
    "gldt-",
    "glrt-",
    "glcbt-",
    "glptt-",
    "glft-",
    "glsoat-",
    "glimt-",
    "glagent-",
    "xoxa-",
    "xoxb-",
    "xoxe-",
    "xoxe.",
    "xoxo-",
    "xoxp-",
    "xoxr-",
    "xoxs-",
    "xoxc-",
    "xoxd-",
    "xapp-",
    "sk_live_",
    "sk_test_",
    "rk_live_",
    "rk_test_",
    "whsec_",
    "sk-",
    "aiza",
    "ya29.",
    "gocspx-",
    "npm_",
    "pypi-ag",
    "dckr_pat_",
    "hf_",
    "sg.",
    "dop_v1_",
    "doo_v1_",
    "hvs.",
    "hvb.",
    "shpat_",
    "shpss_",
    "glsa_",
    "lin_api_",
    "tskey-",
    "gsk_",
    "xai-",
    "pplx-",
    "dapi",
    "age-secret-key-1",
    "pat-na1-",
    "atlasv1.",
    "nvapi-",
    "sq0atp-",
    "sq0csp-",
    "eaaaa",
    "key-",
    "apify_api_",
    "r8_",
    "figd_",
    "ntn_",
    "secret_",
];

/// Prefix, what follows, how much of it at least, kind.
const TABLE: &[(&str, Alphabet, usize, &str)] = &[
    ("github_pat_", Alphabet::Word, 22, "github"),
    ("ghp_", Alphabet::Word, 20, "github"),
    ("gho_", Alphabet::Word, 20, "github"),
    ("ghu_", Alphabet::Word, 20, "github"),
    ("ghs_", Alphabet::Word, 20, "github"),
    ("ghr_", Alphabet::Word, 20, "github"),
    ("glpat-", Alphabet::Dashed, 16, "gitlab"),
    ("gldt-", Alphabet::Dashed, 16, "gitlab"),
    ("glrt-", Alphabet::Dashed, 16, "gitlab"),
    ("glcbt-", Alphabet::Dashed, 16, "gitlab"),
    ("glptt-", Alphabet::Dashed, 16, "gitlab"),
    ("glft-", Alphabet::Dashed, 16, "gitlab"),
    ("glsoat-", Alphabet::Dashed, 16, "gitlab"),
    ("glimt-", Alphabet::Dashed, 16, "gitlab"),
    ("glagent-", Alphabet::Dashed, 16, "gitlab"),
    ("xoxa-", Alphabet::Dashed, 10, "slack"),
    ("xoxb-", Alphabet::Dashed, 10, "slack"),
    ("xoxe-", Alphabet::Dashed, 10, "slack"),
    ("xoxe.", Alphabet::Dashed, 10, "slack"),
    ("xoxo-", Alphabet::Dashed, 10, "slack"),
    ("xoxp-", Alphabet::Dashed, 10, "slack"),
    ("xoxr-", Alphabet::Dashed, 10, "slack"),
    ("xoxs-", Alphabet::Dashed, 10, "slack"),
    ("xoxc-", Alphabet::Dashed, 10, "slack"),
    ("xoxd-", Alphabet::Dashed, 10, "slack"),
    ("xapp-", Alphabet::Dashed, 10, "slack"),
    ("sk_live_", Alphabet::Word, 10, "stripe"),
    ("sk_test_", Alphabet::Word, 10, "stripe"),
    ("rk_live_", Alphabet::Word, 10, "stripe"),
    ("rk_test_", Alphabet::Word, 10, "stripe"),
    ("whsec_", Alphabet::Base64, 20, "stripe"),
    ("sk-ant-", Alphabet::Dashed, 16, "anthropic"),
    ("sk-", Alphabet::Dashed, 20, "openai"),
    ("AIza", Alphabet::Dashed, 30, "google"),
    ("ya29.", Alphabet::Dashed, 20, "google"),
    ("GOCSPX-", Alphabet::Dashed, 20, "google"),
    ("npm_", Alphabet::Word, 30, "npm"),
    ("pypi-Ag", Alphabet::Dashed, 30, "pypi"),
    ("dckr_pat_", Alphabet::Dashed, 20, "docker"),
    ("hf_", Alphabet::Word, 30, "huggingface"),
    ("SG.", Alphabet::Dotted, 40, "sendgrid"),
    ("dop_v1_", Alphabet::Word, 40, "digitalocean"),
    ("doo_v1_", Alphabet::Word, 40, "digitalocean"),
    ("hvs.", Alphabet::Dashed, 20, "vault"),
    ("hvb.", Alphabet::Dashed, 20, "vault"),
    ("shpat_", Alphabet::Word, 24, "shopify"),
    ("shpss_", Alphabet::Word, 24, "shopify"),
    ("glsa_", Alphabet::Word, 24, "grafana"),
    ("lin_api_", Alphabet::Word, 30, "linear"),
    ("tskey-", Alphabet::Dashed, 16, "tailscale"),
    ("gsk_", Alphabet::Word, 30, "groq"),
    ("xai-", Alphabet::Dashed, 40, "xai"),
    ("pplx-", Alphabet::Dashed, 40, "perplexity"),
    ("dapi", Alphabet::Hex, 32, "databricks"),
    ("AGE-SECRET-KEY-1", Alphabet::Word, 20, "private_key"),
    ("pat-na1-", Alphabet::Dashed, 30, "hubspot"),
    ("nvapi-", Alphabet::Dashed, 40, "nvidia"),
    ("sq0atp-", Alphabet::Dashed, 20, "square"),
    ("sq0csp-", Alphabet::Dashed, 30, "square"),
    ("EAAAA", Alphabet::Dashed, 50, "square"),
    ("key-", Alphabet::Hex, 32, "mailgun"),
    ("apify_api_", Alphabet::Word, 30, "apify"),
    ("r8_", Alphabet::Word, 36, "replicate"),
    ("figd_", Alphabet::Dashed, 36, "figma"),
    ("ntn_", Alphabet::Word, 40, "notion"),
    ("secret_", Alphabet::Word, 40, "notion"),
];

#[derive(Clone, Copy)]
enum Alphabet {
    Hex,
    Word,
    Dashed,
    Dotted,
    Base64,
}

impl Alphabet {
    fn has(self, b: u8) -> bool {
        match self {
            Self::Hex => b.is_ascii_digit() || matches!(b, b'a'..=b'f'),
            Self::Word => b.is_ascii_alphanumeric() || b == b'_',
            Self::Dashed => b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'),
            Self::Dotted => b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'),
            Self::Base64 => b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=' | b'_' | b'-'),
        }
    }
}

/// Whether a token may start here. After an escape such as `\n` it may; inside a word it may not.
fn starts_token(text: &[u8], at: usize) -> bool {
    let before = |back: usize| at.checked_sub(back).map_or(b' ', |at| byte(text, at));
    let escape = matches!(before(1), b'n' | b'r' | b't') && before(2) == b'\\';
    let encoded = before(3) == b'%' && before(2).is_ascii_hexdigit() && before(1).is_ascii_hexdigit();
    let colour = before(1) == b'm' && (before(2).is_ascii_digit() || before(2) == b'[');
    escape || encoded || colour || !(before(1).is_ascii_alphanumeric() || matches!(before(1), b'_' | b'-'))
}

pub(super) fn prefixed(text: &[u8], hit: Range<usize>) -> Option<Found> {
    token(text, hit.start).or_else(|| {
        // These anchors hide the shorter ones of names: `api-key-prod: ...`.
        let named = matches!(text.get(hit.start..hit.end), Some(anchor) if anchor.eq_ignore_ascii_case(b"key-") || anchor.eq_ignore_ascii_case(b"secret_"));
        if named { super::pairs::detect(text, hit) } else { None }
    })
}

fn token(text: &[u8], at: usize) -> Option<Found> {
    let (prefix, alphabet, least, kind) =
        TABLE.iter().find(|(prefix, ..)| rest(text, at).starts_with(prefix.as_bytes()))?;
    if !starts_token(text, at) {
        return None;
    }
    let start = at + prefix.len();
    let mut length = rest(text, start).iter().take_while(|b| alphabet.has(**b)).count();
    while length > 0 && matches!(byte(text, start + length - 1), b'-' | b'.') {
        length -= 1;
    }
    let body = text.get(start..start + length)?;
    let dashes = body.contains(&b'-') || body.contains(&b'_');
    let random = body.iter().any(u8::is_ascii_digit) || !dashes;
    if *prefix == "key-" && !mailgun(text, at) {
        return None;
    }
    if length >= *least && random { Found::new(at..start + length, kind) } else { None }
}

/// A hash behind `key-` is Mailgun's only where it is named, or its user is.
fn mailgun(text: &[u8], at: usize) -> bool {
    let before = text.get(at.saturating_sub(64)..at).unwrap_or_default().to_ascii_lowercase();
    before.ends_with(b"api:") || memchr::memmem::find(&before, b"mailgun").is_some()
}

/// `header.payload.signature`; also cut behind any of them.
pub(super) fn jwt(text: &[u8], hit: Range<usize>) -> Option<Found> {
    let at = hit.start;
    if !rest(text, at).starts_with(b"eyJ") || !starts_token(text, at) {
        return None;
    }
    let part = |start: usize| rest(text, start).iter().take_while(|b| Alphabet::Dashed.has(**b) || **b == b'=').count();
    let first = part(at);
    let mut end = at + first;
    let mut parts = 1;
    while byte(text, end) == b'.' && end < text.len() && parts < 5 {
        let length = part(end + 1);
        if length == 0 && parts != 2 && parts != 1 {
            break;
        }
        end += 1 + length;
        parts += 1;
    }
    // {"alg":, {"typ":, {"kid":, {"enc": in base64.
    let header = [&b"eyJhbGci"[..], b"eyJ0eXAi", b"eyJraWQi", b"eyJlbmMi", b"eyJqa3Ui", b"eyJ4NXQi"]
        .iter()
        .any(|start| rest(text, at).starts_with(start));
    let whole = first >= 13 && parts >= 2 && end - (at + first) >= 5;
    if whole || (header && end - at >= 16) { Found::new(at..end, "jwt") } else { None }
}

/// An access key id, and the secret key when it stands near.
pub(super) fn aws(text: &[u8], hit: Range<usize>) -> Option<Found> {
    let at = hit.start;
    let prefix = text.get(hit.clone())?;
    if !prefix.iter().all(u8::is_ascii_uppercase) || !starts_token(text, at) {
        return None;
    }
    let length = rest(text, at).iter().take_while(|b| b.is_ascii_uppercase() || b.is_ascii_digit()).count();
    if !(16..=24).contains(&length) || byte(text, at + length).is_ascii_alphanumeric() {
        return None;
    }
    let end = at + length;
    Found::new(at..secret_key_near(text, end).unwrap_or(end), "aws")
}

/// The end of 40 characters of mixed base64 within the next 80 bytes.
fn secret_key_near(text: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    let limit = from + 80;
    while at < limit.min(text.len()) {
        let length = rest(text, at)
            .iter()
            .take(64)
            .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/'))
            .count();
        let word = text.get(at..at + length)?;
        let mixed = word.iter().any(u8::is_ascii_uppercase) && word.iter().any(u8::is_ascii_lowercase);
        if length == 40 && mixed {
            return Some(at + length);
        }
        at += length.max(1);
    }
    None
}

/// `123456789:AA...`, the token of a Telegram bot.
pub(super) fn telegram(text: &[u8], hit: Range<usize>) -> Option<Found> {
    let digits = text.get(..hit.start)?.iter().rev().take(12).take_while(|b| b.is_ascii_digit()).count();
    let body = rest(text, hit.start + 1).iter().take(64).take_while(|b| Alphabet::Dashed.has(**b)).count();
    let exact = (8..=11).contains(&digits) && (33..=40).contains(&body);
    if exact { Found::new(hit.start - digits..hit.start + 1 + body, "telegram") } else { None }
}

/// Hashes of passwords as `crypt` writes them.
pub(super) fn crypt(text: &[u8], hit: Range<usize>) -> Option<Found> {
    let body = rest(text, hit.end).iter().take(256);
    let length = body.take_while(|b| b.is_ascii_alphanumeric() || b"./$=,+-".contains(b)).count();
    let fields = memchr::memchr(b'$', text.get(hit.end..hit.end + length)?).is_some();
    if length >= 24 && fields { Found::new(hit.start..hit.end + length, "password_hash") } else { None }
}
