//! What was stored under other rules of redaction is redacted again: a rule may come later than its secret.

use rusqlite::backup::Backup;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use std::time::Duration;

use super::{Store, View};
use crate::sanitize::{Redactor, Sanitizer};

/// Columns with words from outside.
const TEXTS: [(&str, &str); 11] = [
    ("incidents", "template"),
    ("incidents", "description"),
    ("incident_sources", "source"),
    ("samples", "source"),
    ("samples", "text"),
    ("changes", "detail"),
    ("verdicts", "detail"),
    ("attempts", "detail"),
    ("mutes", "reason"),
    ("diagnoses", "likely_cause"),
    ("diagnoses", "recommendation"),
];
/// Columns with such words in JSON.
const DOCUMENTS: [(&str, &str); 1] = [("diagnoses", "facts")];

impl Store {
    /// Redacts again what is stored, where the rules are others than they were; whether they are.
    ///
    /// # Errors
    /// The database's own.
    pub fn cleanse(&mut self, names: &Sanitizer) -> rusqlite::Result<bool> {
        let before = rules(&self.connection)?;
        if before.as_deref() == Some(&*names.redactor().fingerprint()) {
            return Ok(false);
        }
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        cleanse(&transaction, names)?;
        transaction.commit()?;
        Ok(before.is_some())
    }
}

impl View {
    /// The same, redacted by today's rules; in memory where that changes anything.
    ///
    /// # Errors
    /// The database's own.
    pub fn cleansed(self, names: &Sanitizer) -> rusqlite::Result<Self> {
        if rules(&self.connection)?.as_deref() == Some(&*names.redactor().fingerprint()) {
            return Ok(self);
        }
        let mut copy = Connection::open_in_memory()?;
        Backup::new(&self.connection, &mut copy)?.run_to_completion(4096, Duration::ZERO, None)?;
        cleanse(&copy, names)?;
        Ok(Self { connection: copy, ..self })
    }
}

/// The rules under which everything was stored.
fn rules(connection: &Connection) -> rusqlite::Result<Option<String>> {
    connection.query_row("SELECT rules FROM redaction", [], |row| row.get(0)).optional()
}

fn cleanse(connection: &Connection, names: &Sanitizer) -> rusqlite::Result<()> {
    let redactor = names.redactor();
    for (table, column) in TEXTS {
        rewrite(connection, table, column, |text| {
            redactor.contains_secret(text).then(|| redactor.redact(text).into_owned())
        })?;
    }
    for (table, column) in DOCUMENTS {
        rewrite(connection, table, column, |text| {
            let mut document = serde_json::from_str(text).ok()?;
            redact_in(&mut document, redactor).then(|| document.to_string())
        })?;
    }
    connection.execute("DELETE FROM redaction", [])?;
    connection.execute("INSERT INTO redaction (rules) VALUES (?1)", [redactor.fingerprint()])?;
    Ok(())
}

/// Puts what `rewritten` gives in the place of a column's texts.
fn rewrite(
    connection: &Connection,
    table: &str,
    column: &str,
    rewritten: impl Fn(&str) -> Option<String>,
) -> rusqlite::Result<()> {
    let mut query = connection.prepare(&format!("SELECT DISTINCT {column} FROM {table} WHERE {column} IS NOT NULL"))?;
    let mut rows = query.query([])?;
    let mut changes: Vec<(String, String)> = Vec::new();
    while let Some(row) = rows.next()? {
        let Ok(old) = row.get_ref(0)?.as_str() else { continue };
        changes.extend(rewritten(old).map(|new| (old.to_owned(), new)));
    }
    for (old, new) in changes {
        let update = format!("UPDATE OR REPLACE {table} SET {column} = ?2 WHERE {column} = ?1");
        connection.execute(&update, params![old, new])?;
    }
    Ok(())
}

/// Whether a text in it held a secret.
fn redact_in(document: &mut serde_json::Value, redactor: &Redactor) -> bool {
    match document {
        serde_json::Value::String(text) if redactor.contains_secret(text) => {
            *text = redactor.redact(text).into_owned();
            true
        }
        serde_json::Value::Array(items) => {
            items.iter_mut().fold(false, |changed, item| redact_in(item, redactor) | changed)
        }
        serde_json::Value::Object(members) => {
            members.iter_mut().fold(false, |changed, (_, item)| redact_in(item, redactor) | changed)
        }
        _ => false,
    }
}
