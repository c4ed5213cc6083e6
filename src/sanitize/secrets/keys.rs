//! Which names promise a secret value: `db_password`, `apiKey`, not `max_tokens`.

use super::innocent::{Join, is_innocent};

/// What a name says about its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Promise {
    /// The value is a secret; its mark.
    Secret(&'static str),
    /// The value is one if it looks random; its mark.
    Perhaps(&'static str),
}

/// Whether a configuration key of this name holds a secret: `db_password`, `apiKey`, `SECRET_KEY_BASE`, and not
/// `max_tokens`, `use_authentication`, `token_ttl`, `password_file`.
#[must_use]
pub fn value_is_secret(key: &str) -> bool {
    matches!(promise(key), Some(Promise::Secret(_)))
}

/// The kind of secret that a configuration file keeps at or below a key of this name: besides those of
/// [`value_is_secret`] lists of `tokens`, and `pass`.
#[must_use]
pub fn secret_kind(key: &str) -> Option<&'static str> {
    match promise(key)? {
        Promise::Secret(kind) => Some(kind),
        Promise::Perhaps(kind) => is_plain(key).then_some(kind),
    }
}

/// Whether a value somewhere below a secret's key is one: numbers are only where their own key promises it.
#[must_use]
pub fn value_hides(own_key: &str, value: &str) -> bool {
    let number = value.len() <= 5 && !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    if number && !value_is_secret(own_key) {
        return false;
    }
    !is_innocent(value.as_bytes(), Join::Tight, true)
}

/// Names that stand for secrets in a configuration, and in a log for much else.
fn is_plain(key: &str) -> bool {
    ["pass", "tokens", "api_tokens", "access_tokens", "auth_tokens"].iter().any(|name| key.eq_ignore_ascii_case(name))
}

/// Words that say which kind of secret follows or stand beside one, and change nothing.
const NEUTRAL: &[&str] = &[
    "value",
    "base",
    "prod",
    "production",
    "dev",
    "test",
    "staging",
    "old",
    "new",
    "current",
    "previous",
    "prev",
    "default",
    "plain",
    "plaintext",
    "raw",
    "text",
    "string",
    "str",
    "b64",
    "base64",
    "hash",
    "hashed",
    "digest",
    "encrypted",
    "enc",
    "confirmation",
    "confirm",
    "again",
    "env",
    "primary",
    "secondary",
    "live",
    "header",
    "param",
    "data",
    "salt",
];

/// First words after which the value is a switch or a number.
const SWITCHES: &[&str] = &[
    "use", "uses", "enable", "enabled", "disable", "disabled", "has", "have", "is", "require", "requires", "required",
    "allow", "allows", "show", "hide", "max", "min", "num", "skip", "no", "without", "count", "total", "n",
];

/// Words before `token` that make it a place in a list or a piece of text.
const ORDINARY_TOKENS: &[&str] = &[
    "page",
    "next",
    "continuation",
    "cursor",
    "cancel",
    "cancellation",
    "eos",
    "bos",
    "pad",
    "unk",
    "sep",
    "cls",
    "mask",
    "stop",
    "special",
    "unexpected",
    "per",
    "end",
    "start",
    "first",
    "last",
    "prompt",
    "completion",
    "sync",
    "resume",
    "stoppable",
    "lock",
    "fencing",
    "syntax",
];

/// Words before `key` that make it a secret.
const SECRET_KEYS: &[&str] = &[
    "api",
    "access",
    "secret",
    "private",
    "priv",
    "encryption",
    "encrypt",
    "decryption",
    "signing",
    "sign",
    "auth",
    "authentication",
    "master",
    "account",
    "shared",
    "app",
    "application",
    "session",
    "license",
    "licence",
    "service",
    "storage",
    "subscription",
    "consumer",
    "deploy",
    "webhook",
    "jwt",
    "hmac",
    "aes",
    "rsa",
    "ssh",
    "cipher",
    "crypto",
    "cookie",
    "admin",
    "root",
    "pre",
    "psk",
    "wifi",
    "wpa",
    "sas",
    "functions",
    "ingest",
    "integration",
    "stripe",
    "openai",
    "anthropic",
    "azure",
    "aws",
    "gcp",
    "google",
    "github",
    "gitlab",
    "slack",
    "sendgrid",
    "mailgun",
    "twilio",
    "datadog",
    "sentry",
    "relay",
    "validation",
    "machine",
    "vault",
    "unseal",
    "recovery",
];

/// What stands before `pass` and `pw` in one word: `dbpass`, `rootpw`, not `compass`, `bypass`.
const OWNERS: &[&str] = &[
    "admin",
    "app",
    "auth",
    "bind",
    "client",
    "db",
    "email",
    "ftp",
    "host",
    "http",
    "https",
    "imap",
    "import",
    "jdbc",
    "key",
    "keystore",
    "ldap",
    "login",
    "mail",
    "mongo",
    "my",
    "mysql",
    "new",
    "old",
    "ora",
    "oracle",
    "pg",
    "pop",
    "postgres",
    "proxy",
    "rdp",
    "redis",
    "root",
    "sa",
    "sasl",
    "sftp",
    "smb",
    "smtp",
    "sql",
    "src",
    "srv",
    "ssh",
    "ssl",
    "store",
    "sudo",
    "svn",
    "sys",
    "tls",
    "trust",
    "truststore",
    "upload",
    "user",
    "usr",
    "vnc",
    "vpn",
    "web",
    "wifi",
    "wlan",
    "wp",
];

const JOINED: &[(&str, &str)] = &[
    ("password", "password"),
    ("passwd", "password"),
    ("passphrase", "password"),
    ("passcode", "password"),
    ("passwords", "password"),
    ("secret", "secret"),
    ("secrets", "secret"),
    ("token", "token"),
    ("apikey", "api_key"),
    ("apikeys", "api_key"),
    ("accesskey", "key"),
    ("secretkey", "key"),
    ("privatekey", "key"),
    ("authkey", "key"),
    ("accountkey", "key"),
    ("masterkey", "key"),
    ("encryptionkey", "key"),
    ("sharedkey", "key"),
    ("requirepass", "password"),
    ("masterauth", "password"),
    ("credential", "credential"),
    ("credentials", "credential"),
    ("passwort", "password"),
    ("kennwort", "password"),
    ("pwd", "password"),
    ("sessid", "session"),
    ("sessionid", "session"),
];

pub(super) fn promise(key: &str) -> Option<Promise> {
    if key.len() > 128 {
        return None;
    }
    let words = words(key);
    let mut words: Vec<&str> = words.iter().map(String::as_str).collect();
    if words.len() > 1 && words.first().is_some_and(|first| SWITCHES.contains(first)) {
        return None;
    }
    while words.len() > 1 && words.last().is_some_and(|last| NEUTRAL.contains(last)) {
        words.pop();
    }
    let (last, before) = words.split_last()?;
    let previous = before.last().copied();
    match *last {
        "oldpwd" => return None,
        "pwd" | "pw" | "psk" => return Some(Promise::Secret("password")),
        "pass" if previous.is_some() => return Some(Promise::Secret("password")),
        "pass" => return Some(Promise::Perhaps("password")),
        "key" | "keys" => {
            let joined = previous.is_some_and(|word| SECRET_KEYS.contains(&word) || joined(word).is_some());
            return joined.then_some(Promise::Secret(if previous == Some("api") { "api_key" } else { "key" }));
        }
        "token" if previous.is_some_and(|word| ORDINARY_TOKENS.contains(&word)) => return None,
        "auth" => return Some(Promise::Perhaps("authorization")),
        "sig" | "signature" => return Some(Promise::Perhaps("signature")),
        "id" if previous == Some("session") => return Some(Promise::Perhaps("session")),
        "tokens" | "cookie" | "cookies" => return Some(Promise::Perhaps("token")),
        _ => {}
    }
    joined(last).map(Promise::Secret)
}

/// A word that ends in a noun for a secret: `pgpassword`, `authtoken`.
fn joined(word: &str) -> Option<&'static str> {
    let owned = ["pass", "pw"].iter().find_map(|noun| word.strip_suffix(noun));
    if owned.is_some_and(|owner| OWNERS.contains(&owner)) {
        return Some("password");
    }
    JOINED.iter().find(|(noun, _)| word.ends_with(noun)).map(|(_, mark)| *mark)
}

/// The words of a name in lower case: split at anything but letters and digits and where camel case turns;
/// digits at a word's end go.
fn words(key: &str) -> Vec<String> {
    let chars: Vec<char> = key.chars().collect();
    let mut words = Vec::new();
    let mut word = String::new();
    for (at, &c) in chars.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|index| chars.get(index)).copied().unwrap_or(' ');
        let after = chars.get(at + 1).copied().unwrap_or(' ');
        let turn = c.is_ascii_uppercase()
            && (before.is_ascii_lowercase() || (before.is_ascii_uppercase() && after.is_ascii_lowercase()));
        if turn || !c.is_alphanumeric() {
            finish(&mut word, &mut words);
        }
        if c.is_alphanumeric() {
            word.extend(c.to_lowercase());
        }
    }
    finish(&mut word, &mut words);
    words
}

fn finish(word: &mut String, words: &mut Vec<String>) {
    let trimmed = word.trim_end_matches(|c: char| c.is_ascii_digit());
    if !trimmed.is_empty() {
        words.push(trimmed.to_owned());
    }
    word.clear();
}
