//! What was read of `logs[]` entries that the configuration no longer has: kept for a while, in case they come back.

use chrono::{DateTime, FixedOffset};
use rusqlite::{Transaction, params};

use super::position::KnownEntry;
use super::time;

/// Most names of entries of which nothing was ever read.
const MOST_NAMES: i64 = 10_000;

/// Forgets entries that are not `configured` and were last seen before `old`, as if they had never been there: one that
/// comes back later begins anew, with its window.
pub(super) fn forget(
    transaction: &Transaction<'_>,
    configured: &[KnownEntry],
    old: DateTime<FixedOffset>,
) -> rusqlite::Result<()> {
    // Named files were read in place of the entries.
    if configured.is_empty() {
        return Ok(());
    }
    transaction.execute_batch("CREATE TEMP TABLE configured (name TEXT PRIMARY KEY)")?;
    for entry in configured {
        transaction.execute("INSERT OR IGNORE INTO configured VALUES (?1)", [&entry.name])?;
    }
    let left_behind = "entry NOT IN (SELECT name FROM configured)";
    let unused = "run NOT IN (SELECT id FROM runs WHERE started_at >= ?2)";
    transaction.execute_batch("CREATE TEMP TABLE forgotten (name TEXT PRIMARY KEY)")?;
    transaction.execute(
        &format!(
            "INSERT INTO forgotten
             SELECT entry FROM positions WHERE {left_behind} GROUP BY entry
              HAVING MAX(COALESCE(json_extract(rhythm, '$.gone'), ?1)) < ?1
             UNION SELECT entry FROM journals WHERE {left_behind} AND {unused}
             UNION SELECT entry FROM commands WHERE {left_behind} AND {unused}"
        ),
        params![old.timestamp(), time::text(old)],
    )?;
    for (table, key) in [("positions", "entry"), ("journals", "entry"), ("commands", "entry"), ("entries", "name")] {
        transaction.execute(&format!("DELETE FROM {table} WHERE {key} IN (SELECT name FROM forgotten)"), [])?;
    }
    transaction.execute(
        "DELETE FROM entries WHERE name IN
          (SELECT name FROM entries WHERE name NOT IN (SELECT name FROM configured)
            AND name NOT IN (SELECT entry FROM positions UNION SELECT entry FROM journals UNION SELECT entry FROM commands)
           ORDER BY rowid DESC LIMIT -1 OFFSET ?1)",
        [MOST_NAMES],
    )?;
    transaction.execute_batch("DROP TABLE configured; DROP TABLE forgotten")
}
