//! What a server and a model say of themselves, read leniently: nothing here is needed to ask.

use serde::Deserialize;
use serde_json::Value;

/// Before it a heap leak gives a remote caller the server's memory (CVE-2026-7482).
const LEAKS_BEFORE: Version = Version(0, 17, 1);
/// Before it `think: false` with `format` loses the format on models that think.
const THINKS_BEFORE: Version = Version(0, 31, 2);
/// Before it an over-long question is cut silently.
const CUTS_BEFORE: Version = Version(0, 12, 6);

/// `0.33.0`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(u32, u32, u32);

impl Version {
    /// Reads `0.17.1`, `v0.12.0-rc2`; one that was built from source calls itself `0.0.0` and tells nothing.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().trim_start_matches(['v', 'V']);
        let numbers = text.split(['-', '+', ' ']).next()?;
        let mut parts = numbers.split('.').map(|part| part.parse::<u32>().ok());
        let version = Self(parts.next()??, parts.next().flatten().unwrap_or(0), parts.next().flatten().unwrap_or(0));
        (version != Self(0, 0, 0)).then_some(version)
    }

    pub fn leaks(self) -> bool {
        self < LEAKS_BEFORE
    }

    pub fn cuts_silently(self) -> bool {
        self < CUTS_BEFORE
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}.{}.{}", self.0, self.1, self.2)
    }
}

/// What `POST /api/show` says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shown {
    /// Whether the model thinks before it answers; `None`: it does not say.
    pub thinks: Option<bool>,
    /// Its largest context, in tokens.
    pub context: Option<u32>,
    /// What it is made for, where it says so.
    pub made_for: Vec<String>,
    /// Another host has it.
    pub remote: bool,
}

#[derive(Deserialize)]
struct Show {
    #[serde(default)]
    capabilities: Option<Vec<String>>,
    #[serde(default)]
    model_info: Option<serde_json::Map<String, Value>>,
    #[serde(default)]
    remote_host: Option<String>,
}

impl Shown {
    /// What of the answer is understood.
    pub fn parse(body: &[u8]) -> Self {
        let Ok(show) = serde_json::from_slice::<Show>(body) else { return Self::default() };
        let info = show.model_info.unwrap_or_default();
        let context = match info.get("general.architecture").and_then(Value::as_str) {
            Some(architecture) => info.get(&format!("{architecture}.context_length")),
            None => info.iter().find(|(key, _)| key.ends_with(".context_length")).map(|(_, value)| value),
        };
        Self {
            thinks: show.capabilities.as_ref().map(|all| all.iter().any(|one| one == "thinking")),
            context: context.and_then(Value::as_u64).and_then(|length| u32::try_from(length).ok()).filter(|at| *at > 0),
            made_for: show.capabilities.unwrap_or_default(),
            remote: show.remote_host.is_some_and(|host| !host.is_empty()),
        }
    }
}

impl Shown {
    /// Whether it says that it is made for other things than answers.
    pub fn never_answers(&self) -> bool {
        !self.made_for.is_empty() && !self.made_for.iter().any(|one| one == "completion")
    }
}

/// What to send as `think`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Think {
    /// `false`.
    Off,
    /// Nothing: the server does not take `false` together with a schema, so the model thinks first.
    LeftOut,
}

impl Think {
    /// The rule, by version and capability.
    pub fn choose(version: Option<Version>, thinks: Option<bool>) -> Self {
        let obeys = version.is_some_and(|version| version >= THINKS_BEFORE);
        if obeys || thinks == Some(false) { Self::Off } else { Self::LeftOut }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions() {
        assert_eq!(Version::parse("0.33.0"), Some(Version(0, 33, 0)));
        assert_eq!(Version::parse("v0.12.6-rc2"), Some(Version(0, 12, 6)));
        assert_eq!(Version::parse("0.17"), Some(Version(0, 17, 0)));
        for text in ["0.0.0", "", "main", "x.1", "-1.2", "99999999999.1.1"] {
            assert_eq!(Version::parse(text), None, "{text}");
        }
        assert!(Version(0, 17, 0).leaks() && !Version(0, 17, 1).leaks() && !Version(1, 0, 0).leaks());
        assert!(Version(0, 12, 5).cuts_silently() && !Version(0, 12, 6).cuts_silently());
    }

    #[test]
    fn thinking_is_turned_off_where_that_keeps_the_schema() {
        let (old, new) = (Some(Version(0, 31, 1)), Some(Version(0, 31, 2)));
        for (version, thinks, think) in [
            (old, Some(true), Think::LeftOut),
            (old, None, Think::LeftOut),
            (None, Some(true), Think::LeftOut),
            (None, Some(false), Think::Off),
            (old, Some(false), Think::Off),
            (new, Some(true), Think::Off),
            (new, None, Think::Off),
        ] {
            assert_eq!(Think::choose(version, thinks), think, "{version:?} {thinks:?}");
        }
    }

    #[test]
    fn what_a_model_says_of_itself() {
        let body = br#"{"capabilities":["completion","thinking"],"model_info":{"general.architecture":"qwen3","qwen3.context_length":40960,"other.context_length":1}}"#;
        assert_eq!(
            Shown::parse(body),
            Shown {
                thinks: Some(true),
                context: Some(40960),
                made_for: vec!["completion".into(), "thinking".into()],
                remote: false
            }
        );
        let body = br#"{"model_info":{"llama.context_length":8192},"remote_host":"https://ollama.com"}"#;
        assert_eq!(Shown::parse(body), Shown { thinks: None, context: Some(8192), made_for: Vec::new(), remote: true });
        for body in [&b"<html>"[..], b"[]", b"{\"model_info\":{\"x.context_length\":\"long\"}}", b"null"] {
            assert_eq!(Shown::parse(body), Shown::default());
        }
    }
}
