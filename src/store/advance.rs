//! Writes how far a run has read.

use std::collections::HashMap;

use rusqlite::{Transaction, params};

use super::place::{Place, Seal};
use super::{Findings, Position, json, naming, time};
use crate::sanitize::Sanitizer;

type Result<T> = rusqlite::Result<T>;

/// Stores the entries that a run has looked at, and its read positions.
pub(super) fn put(transaction: &Transaction<'_>, findings: &Findings, names: &Sanitizer, run: &str) -> Result<()> {
    naming::rename(transaction, &findings.entries, names)?;
    let mut known: HashMap<&str, String> = HashMap::new();
    for entry in &findings.entries {
        let name = &*known.entry(&entry.name).or_insert_with(|| naming::stored(&entry.name, names));
        transaction.execute(
            "INSERT OR IGNORE INTO entries (name, first_run, since) VALUES (?1, ?2, ?3)",
            params![name, run, entry.since.map(time::text)],
        )?;
    }
    let mut stored = |entry| -> String { known.entry(entry).or_insert_with(|| naming::stored(entry, names)).clone() };
    for position in &findings.sealed {
        seal(transaction, position, &stored(&position.entry))?;
    }
    for position in &findings.positions.files {
        if let Some((device, inode)) = position.moved_from {
            transaction.execute(
                "DELETE FROM positions WHERE entry = ?1 AND device = ?2 AND inode = ?3",
                params![stored(&position.entry), device.cast_signed(), inode.cast_signed()],
            )?;
        }
    }
    for position in &findings.positions.files {
        put_position(transaction, position, &stored(&position.entry), run)?;
    }
    for journal in &findings.positions.journals {
        transaction.execute(
            "INSERT OR REPLACE INTO journals (entry, cursor, since, seen, run) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![
                stored(&journal.entry),
                journal.cursor,
                journal.since.map(time::text),
                json::text(&journal.seen),
                run
            ],
        )?;
    }
    for command in &findings.positions.commands {
        transaction.execute(
            "INSERT OR REPLACE INTO commands (entry, began, grown, count, last, run) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                stored(&command.entry),
                time::text(command.began),
                command.grown.map(time::text),
                command.count.cast_signed(),
                command.half.map_or_else(|| json::text(&command.last), |half| json::text(&(&command.last, half))),
                run
            ],
        )?;
    }
    Ok(())
}

/// Takes the secret out of the path of a position that stays as it is otherwise.
fn seal(transaction: &Transaction<'_>, position: &Position, entry: &str) -> Result<()> {
    transaction.execute(
        "UPDATE positions SET path = ?4, target = ?5, seal = ?6 WHERE entry = ?1 AND device = ?2 AND inode = ?3",
        params![
            entry,
            position.device.cast_signed(),
            position.inode.cast_signed(),
            position.path.text(),
            position.target.as_ref().map(Place::text),
            Seal::of(&position.path, position.target.as_ref()).map(|seal| json::text(&seal))
        ],
    )?;
    Ok(())
}

fn put_position(transaction: &Transaction<'_>, position: &Position, entry: &str, run: &str) -> Result<()> {
    transaction.execute(
        "INSERT OR REPLACE INTO positions
         (entry, path, target, device, inode, offset, lines, head_hash, tail_hash, size, mtime_ns, ctime_ns, last_stamp,
          grown_ns, run, copy, rhythm, seal)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)",
        params![
            entry,
            position.path.text(),
            position.target.as_ref().map(Place::text),
            position.device.cast_signed(),
            position.inode.cast_signed(),
            position.offset.cast_signed(),
            position.lines.map(u64::cast_signed),
            position.head_hash,
            position.tail_hash,
            position.size.cast_signed(),
            position.mtime_ns,
            position.ctime_ns,
            position.last_stamp.map(time::text),
            position.grown_ns,
            run,
            position.copy,
            json::text(&position.rhythm),
            Seal::of(&position.path, position.target.as_ref()).map(|seal| json::text(&seal))
        ],
    )?;
    Ok(())
}
