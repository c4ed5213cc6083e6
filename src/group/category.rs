//! What kind of trouble an error that no pattern knows is, by the words of its template.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

/// The category of an error that says nothing of its kind.
pub(super) const UNKNOWN: &str = "unknown";

/// In this order: what is surer goes before what is likely. Each stands for itself or for the beginning of a word.
const WORDS: [(&str, &[&str]); 12] = [
    ("timeout", &["timed out", "timeout", "time-out", "time out", "deadline exceeded", "took too long"]),
    (
        "memory",
        &[
            "out of memory",
            "oom",
            "cannot allocate memory",
            "heap space",
            "memory exhausted",
            "allocation failed",
            "outofmemory",
            "bad_alloc",
            "enomem",
        ],
    ),
    (
        "disk",
        &[
            "no space left",
            "disk full",
            "disk quota",
            "read-only file system",
            "i/o error",
            "input/output error",
            "bad sector",
            "enospc",
            "smart error",
            "medium error",
        ],
    ),
    (
        "auth",
        &[
            "authenticat",
            "unauthori",
            "access denied",
            "forbidden",
            "invalid credentials",
            "bad credentials",
            "invalid user",
            "login failed",
            "failed login",
            "password",
            "permission denied for",
            "token expired",
            "invalid token",
            "not authorized",
            "pam_",
        ],
    ),
    (
        "dependency",
        &[
            "no module named",
            "modulenotfound",
            "cannot find module",
            "importerror",
            "classnotfound",
            "noclassdef",
            "shared librar",
            "undefined symbol",
            "unmet dependenc",
            "dependency",
            "dependencies",
            "cannot import",
            "command not found",
            "version mismatch",
            "could not find gem",
        ],
    ),
    (
        "database",
        &[
            "database",
            "sql",
            "deadlock",
            "transaction",
            "postgres",
            "mariadb",
            "mongodb",
            "innodb",
            "duplicate key",
            "constraint",
            "relation",
            "foreign key",
            "tablespace",
            "replication slot",
        ],
    ),
    (
        "connection",
        &[
            "connection",
            "connect",
            "refused",
            "reset by peer",
            "broken pipe",
            "unreachable",
            "no route to host",
            "disconnected",
            "handshake",
            "could not resolve",
            "name resolution",
            "host not found",
            "socket",
            "econn",
            "dns",
            "network",
            "upstream",
            "peer",
        ],
    ),
    (
        "filesystem",
        &[
            "no such file",
            "file not found",
            "filenotfound",
            "permission denied",
            "not a directory",
            "is a directory",
            "directory",
            "too many open files",
            "cannot open",
            "can't open",
            "could not open",
            "enoent",
            "eacces",
            "file exists",
            "stat failed",
        ],
    ),
    (
        "configuration",
        &[
            "configuration",
            "config",
            "unknown directive",
            "invalid option",
            "unknown option",
            "unrecognized option",
            "environment variable",
            "syntax error",
            "invalid parameter",
            "not configured",
            "misconfigur",
            "missing setting",
            "unknown key",
        ],
    ),
    (
        "deployment",
        &[
            "deploy",
            "rollout",
            "rollback",
            "image pull",
            "imagepull",
            "crashloop",
            "failed to start container",
            "migration",
            "helm",
            "back-off restarting",
        ],
    ),
    (
        "api",
        &[
            "api",
            "endpoint",
            "http",
            "status code",
            "bad gateway",
            "rate limit",
            "too many requests",
            "graphql",
            "webhook",
            "grpc",
        ],
    ),
    ("disk", &["disk", "blk_update_request", "ext4", "xfs", "raid"]),
];

/// All words at once, each with its place in the table.
static MATCHER: LazyLock<Option<(AhoCorasick, Vec<usize>)>> = LazyLock::new(|| {
    let words = WORDS.iter().enumerate().flat_map(|(at, (_, words))| words.iter().map(move |word| (at, *word)));
    let (places, words): (Vec<usize>, Vec<&str>) = words.unzip();
    Some((AhoCorasick::builder().ascii_case_insensitive(true).build(words).ok()?, places))
});

/// The category of a template.
pub(super) fn category(template: &str) -> &'static str {
    let Some((matcher, places)) = &*MATCHER else { return UNKNOWN };
    let begins_word = |at: usize| !template.get(..at).is_some_and(|before| before.ends_with(char::is_alphanumeric));
    let found = matcher
        .find_overlapping_iter(template)
        .filter(|found| begins_word(found.start()))
        .filter_map(|found| places.get(found.pattern().as_usize()));
    found.min().and_then(|at| WORDS.get(*at)).map_or(UNKNOWN, |(category, _)| category)
}

#[cfg(test)]
mod tests {
    use super::category;

    #[test]
    fn words_tell_the_kind_of_trouble() {
        for (template, expected) in [
            ("Operation timed out after <*>", "timeout"),
            ("connect() to <*> failed (<*>: Connection refused)", "connection"),
            ("Authentication failure for <*> from <*>", "auth"),
            ("Out of memory: Killed process <*>", "memory"),
            ("write failed: No space left on device", "disk"),
            ("open() <*> failed (<*>: No such file or directory)", "filesystem"),
            ("relation <*> does not exist at character <*>", "database"),
            ("unknown directive <*> in <*>", "configuration"),
            ("ModuleNotFoundError: No module named <*>", "dependency"),
            ("deployment <*> failed", "deployment"),
            ("GET <*> answered with status code <*>", "api"),
            ("segment queue overflow on channel <*>", "unknown"),
            ("rapid growth of the therapist queue", "unknown"),
            ("", "unknown"),
        ] {
            assert_eq!(category(template), expected, "{template}");
        }
    }
}
