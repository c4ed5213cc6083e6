//! The same address that refuses, or does not answer, in several incidents.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;

use super::{Case, Fact, at};

/// Most addresses taken from one sample.
const MOST: usize = 4;
/// Most incidents named in one sentence.
const NAMED: usize = 3;
/// Endings of source files: `app.py:42` is no address.
const CODE: [&str; 18] =
    ["c", "cc", "cpp", "cs", "ex", "go", "h", "java", "js", "jsx", "kt", "log", "php", "py", "rb", "rs", "ts", "tsx"];

static TROUBLE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)refused|unreachable|timed? ?out|no route|reset by peer|could not connect|can.?t connect").ok()
});
static ADDRESS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r#"(?i)(?:^|[\s"'(=/@,])(?P<host>\[[0-9a-f:]+\]|[a-z0-9](?:[a-z0-9_.-]{0,100}[a-z0-9])?)(?::|"?[, ]{1,2}port:? )(?P<port>[1-9][0-9]{1,4})\b"#,
    )
    .ok()
});

/// For each incident that shares an address with others, what it is.
pub(super) fn of(cases: &[&Case]) -> BTreeMap<String, Fact> {
    let mut seen: BTreeMap<String, BTreeMap<usize, String>> = BTreeMap::new();
    for (index, case) in cases.iter().enumerate() {
        for sample in &case.samples {
            for address in addresses(&sample.text) {
                seen.entry(address).or_default().entry(index).or_insert_with(|| at(sample));
            }
        }
    }
    let mut shared: Vec<_> = seen.into_iter().filter(|(_, by)| by.len() > 1).collect();
    shared.sort_by(|a, b| b.1.len().cmp(&a.1.len()).then_with(|| a.0.cmp(&b.0)));
    let mut facts = BTreeMap::new();
    for (address, by) in &shared {
        for index in by.keys() {
            let Some(case) = cases.get(*index) else { continue };
            facts.entry(case.id.clone()).or_insert_with(|| fact(address, *index, by, cases));
        }
    }
    facts
}

fn fact(address: &str, own: usize, by: &BTreeMap<usize, String>, cases: &[&Case]) -> Fact {
    let others = || by.iter().filter(|(index, _)| **index != own);
    let names = others().take(NAMED).filter_map(|(index, _)| cases.get(*index)).map(|case| case.name.as_str());
    let mut names: Vec<String> = names.map(str::to_owned).collect();
    if let Some(more) = others().count().checked_sub(NAMED).filter(|more| *more > 0) {
        names.push(format!("{more} more"));
    }
    let own = by.get(&own).into_iter();
    let evidence = own.chain(others().take(NAMED).map(|(_, at)| at)).cloned().collect();
    let text = format!("{address} fails in {} incidents: also in {}", by.len(), names.join(", "));
    Fact { kind: "address", text, evidence, telling: true }
}

/// The addresses of a text that says that one did not answer.
pub(super) fn addresses(text: &str) -> Vec<String> {
    let (Some(trouble), Some(address)) = (TROUBLE.as_ref(), ADDRESS.as_ref()) else { return Vec::new() };
    let lines = text.lines().filter(|line| trouble.is_match(line));
    let found = lines.flat_map(|line| address.captures_iter(line)).filter_map(|found| {
        let (host, port) = (found.name("host")?.as_str(), found.name("port")?.as_str());
        let port: u16 = port.parse().ok()?;
        is_host(host).then(|| format!("{}:{port}", host.to_ascii_lowercase()))
    });
    let mut found: Vec<String> = found.take(MOST).collect();
    found.sort();
    found.dedup();
    found
}

/// A name with a letter, or four numbers; no time of day, no file.
fn is_host(host: &str) -> bool {
    let lower = host.to_ascii_lowercase();
    if lower.starts_with('[') || lower.parse::<std::net::Ipv4Addr>().is_ok() {
        return true;
    }
    let ending = lower.rsplit_once('.').map_or("", |(_, ending)| ending);
    let word = ["attempt", "code", "errno", "error", "exit", "line", "pid", "port", "status", "timeout"];
    lower.bytes().any(|byte| byte.is_ascii_alphabetic())
        && !lower.bytes().next().is_some_and(|byte| byte.is_ascii_digit())
        && !CODE.contains(&ending)
        && !word.contains(&lower.as_str())
}

#[cfg(test)]
mod tests {
    use super::addresses;

    #[test]
    fn addresses_are_found_where_something_does_not_answer() {
        for (text, expected) in [
            ("10:02:03 ERROR app: connect to db:5432: connection refused", &["db:5432"][..]),
            ("dial tcp 10.0.0.5:6379: connect: connection refused", &["10.0.0.5:6379"]),
            ("connect() failed (111: Connection refused), upstream: \"http://127.0.0.1:8080/x\"", &["127.0.0.1:8080"]),
            ("connection to server at \"db1\", port 5432 failed: Connection refused", &["db1:5432"]),
            ("[::1]:9200 timed out", &["[::1]:9200"]),
            ("File app.py:42 timed out after status:500", &[]),
            ("2025-12-04T10:02:03 connection refused", &[]),
            ("INFO connected to db:5432", &[]),
        ] {
            assert_eq!(addresses(text), expected, "{text}");
        }
    }
}
