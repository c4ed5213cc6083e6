//! A query that a message quotes: one value, whatever it asks for.

use super::reader::Reader;

/// How a query goes on from its first word.
const QUERIES: [(&[u8], &[&[u8]]); 12] = [
    (b"SELECT", &[b" FROM "]),
    (b"INSERT", &[b" INTO "]),
    (b"REPLACE", &[b" INTO "]),
    (b"UPDATE", &[b" SET "]),
    (b"DELETE", &[b" FROM "]),
    (b"CREATE", &OBJECTS),
    (b"ALTER", &OBJECTS),
    (b"DROP", &OBJECTS),
    (b"START", &[b" TRANSACTION"]),
    (b"BEGIN", &[b";"]),
    (b"COMMIT", &[b";"]),
    (b"ROLLBACK", &[b";"]),
];
/// What is created, changed and dropped.
const OBJECTS: [&[u8]; 8] =
    [b" TABLE ", b" INDEX ", b" VIEW ", b" DATABASE ", b" SCHEMA ", b" KEYSPACE ", b" USER ", b" ROLE "];
/// What may follow a query, and says what became of it.
const BEHIND: [&[u8]; 6] = [b"; ", b": ", b" fail", b" error", b" timed", b" was "];

impl Reader<'_> {
    /// `Executing (default): SELECT a FROM b WHERE c = 5`: behind something else, for what begins with it is the query.
    pub(super) fn sql(&mut self, start: usize, end: usize) -> bool {
        let rest = self.text.get(start..).unwrap_or_default();
        let first = rest.get(..end - start).unwrap_or_default();
        if self.names || self.out.key.is_empty() || !matches!(first, [b'A'..=b'Z', .., b'A'..=b'Z']) {
            return false;
        }
        let Some((_, next)) = QUERIES.iter().find(|(word, _)| *word == first) else { return false };
        let behind = rest.get(first.len()..).unwrap_or_default();
        // `SELECT 1`
        let constant = first == b"SELECT" && matches!(behind, [b' ', b'0'..=b'9' | b'"' | b'@', ..]);
        let goes_on = constant || next.iter().any(|word| memchr::memmem::find(behind, word).is_some());
        if !goes_on {
            return false;
        }
        let length = BEHIND.iter().filter_map(|sign| memchr::memmem::find(rest, sign)).min().unwrap_or(rest.len());
        self.at = start + length;
        self.out.value(start..self.at);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::super::statements::tests::settled;

    #[test]
    fn what_was_asked_for_makes_no_kinds() {
        let found = settled(&[
            "Executing (default): SELECT id FROM orders WHERE x = 1",
            "Executing (default): INSERT INTO events (a, b) VALUES (1, 2);",
            "Executing (default): START TRANSACTION;",
            "Executing (default): COMMIT;",
            "Executing (default): SELECT a FROM b failed: no such table",
            "SELECT a FROM b",
            "SELECT a FROM c",
            "please SELECT a seat",
        ]);
        assert!(found[..4].iter().all(|one| one.starts_with("Executing (default): <*>")), "{found:?}");
        assert!(found[..3].iter().all(|one| *one == found[3]), "{found:?}");
        assert_eq!(found[4], "Executing (default): <*> failed: no such table");
        assert_ne!(found[5], found[6]);
        assert_eq!(found[7], "please SELECT a seat");
    }
}
