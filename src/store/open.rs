//! Opening `heal.db`, for looking or for writing, and telling what is wrong with it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, FixedOffset};
use rusqlite::backup::Backup;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::snapshot::{self, Which};
use super::{Attempt, Incident, Snapshot};
use crate::sanitize::Sanitizer;
use crate::sys::disk::Writer;

type Time = DateTime<FixedOffset>;

/// The schema version that this heal writes.
const VERSION: i64 = 6;
/// What makes version 1, 2, ... of the one before; a new database runs all of them.
const STEPS: [&str; 6] = [
    include_str!("schema.sql"),
    include_str!("schema_2.sql"),
    include_str!("schema_3.sql"),
    include_str!("schema_4.sql"),
    include_str!("schema_5.sql"),
    include_str!("schema_6.sql"),
];

/// The database, open.
#[derive(Debug)]
pub struct Store {
    pub(super) connection: Connection,
}

/// The database, open for looking.
#[derive(Debug)]
pub struct View {
    pub(super) connection: Connection,
    pub(super) file: PathBuf,
}

/// Why the database cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// What kind of trouble.
    pub problem: Problem,
    /// A sentence for the report.
    pub text: String,
}

/// The kinds of trouble, which a run answers differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// Written by a newer heal: left alone.
    Newer,
    /// No database any more: moved aside by a run that writes.
    Damaged,
    /// Locked, unreadable, or with an unfinished transaction: a dry run works without it.
    Unavailable,
}

impl Store {
    /// Where the database lies.
    #[must_use]
    pub fn file(state_dir: &Path) -> PathBuf {
        state_dir.join("heal.db")
    }

    /// Reads what a run wants to know, without creating or changing a file; of the resolved incidents those since then.
    /// No database: an empty snapshot.
    ///
    /// # Errors
    /// A database that cannot be used, and why.
    pub fn look(state_dir: &Path, resolved_since: Time, names: &Sanitizer) -> Result<Snapshot, Trouble> {
        let view = View::open_cleansed(state_dir, names)?;
        view.map_or_else(|| Ok(Snapshot::default()), |view| view.read(Which::Since(resolved_since)))
    }

    /// Opens the database for writing, creating it when it is not there. The state directory must exist.
    ///
    /// # Errors
    /// A database that cannot be used, and why.
    pub fn open(state_dir: &Path, writer: &Writer) -> Result<Self, Trouble> {
        let file = Self::file(state_dir);
        if std::fs::symlink_metadata(&file).is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound) {
            // SQLite would make it as readable as the umask says; its journal is made like it.
            writer
                .create_new(&file, b"", 0o600)
                .map_err(|error| Trouble { problem: Problem::Unavailable, text: format!("{error:#}") })?;
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NOFOLLOW;
        let connection = open(&file, flags)?;
        // What is taken out is gone: a path turns out to hold a secret.
        connection.pragma_update(None, "secure_delete", true).map_err(|error| trouble(&file, &error))?;
        let missing = missing(&file, &connection)?;
        if !missing.is_empty() {
            connection
                .execute_batch(&format!("PRAGMA synchronous = FULL; BEGIN IMMEDIATE; {} COMMIT;", missing.concat()))
                .map_err(|error| trouble(&file, &error))?;
        }
        Ok(Self { connection })
    }

    /// The same, with what is stored redacted by today's rules; and whether it was stored under others.
    ///
    /// # Errors
    /// A database that cannot be used, and why.
    pub fn open_cleansed(state_dir: &Path, writer: &Writer, names: &Sanitizer) -> Result<(Self, bool), Trouble> {
        let mut store = Self::open(state_dir, writer)?;
        let other = store.cleanse(names).map_err(|error| trouble(&Self::file(state_dir), &error))?;
        Ok((store, other))
    }

    /// Reads what a run wants to know; of the resolved incidents those since then.
    ///
    /// # Errors
    /// A database that turns out to be damaged.
    pub fn snapshot(&self, state_dir: &Path, resolved_since: Time) -> Result<Snapshot, Trouble> {
        let which = Which::Since(resolved_since);
        snapshot::read(&self.connection, which).map_err(|error| trouble_of(&Self::file(state_dir), &error))
    }

    /// Reads the attempts anew.
    ///
    /// # Errors
    /// A database that turns out to be damaged.
    pub fn attempts(&self) -> anyhow::Result<Vec<Attempt>> {
        snapshot::attempts(&self.connection)
    }
}

impl View {
    /// Opens the database for looking; creates and changes no file. No database, or one without anything: nothing.
    /// One of an older heal is brought up to date in memory.
    ///
    /// # Errors
    /// A database that cannot be used, and why.
    pub fn open(state_dir: &Path) -> Result<Option<Self>, Trouble> {
        let file = Store::file(state_dir);
        if std::fs::symlink_metadata(&file).is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound) {
            return Ok(None);
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NOFOLLOW;
        let mut connection = open(&file, flags)?;
        let missing = missing(&file, &connection)?;
        if missing.len() == STEPS.len() {
            return Ok(None);
        }
        if !missing.is_empty() {
            connection = in_memory(&connection, missing).map_err(|error| trouble(&file, &error))?;
        }
        Ok(Some(Self { connection, file }))
    }

    /// The same, with what is stored redacted by today's rules.
    ///
    /// # Errors
    /// A database that cannot be used, and why.
    pub fn open_cleansed(state_dir: &Path, names: &Sanitizer) -> Result<Option<Self>, Trouble> {
        let cleansed = |view: Self| view.cleansed(names).map_err(|error| trouble(&Store::file(state_dir), &error));
        Self::open(state_dir)?.map(cleansed).transpose()
    }

    /// Reads everything, all incidents among it.
    ///
    /// # Errors
    /// A database that turns out to be damaged.
    pub fn snapshot(&self) -> Result<Snapshot, Trouble> {
        self.read(Which::All)
    }

    /// The same, of incidents only those that are open or muted.
    ///
    /// # Errors
    /// A database that turns out to be damaged.
    pub fn standing(&self) -> Result<Snapshot, Trouble> {
        self.read(Which::Open)
    }

    /// One incident as a snapshot holds a resolved one: with its sources alone.
    ///
    /// # Errors
    /// A database that turns out to be damaged.
    pub fn resolved(&self, id: &str) -> Result<Option<Incident>, Trouble> {
        let found = snapshot::one_incident(&self.connection, id).map_err(|error| trouble_of(&self.file, &error))?;
        Ok(found.map(|incident| Incident { samples: Vec::new(), ..incident }))
    }

    fn read(&self, which: Which) -> Result<Snapshot, Trouble> {
        snapshot::read(&self.connection, which).map_err(|error| trouble_of(&self.file, &error))
    }

    /// The reason why a question was not answered.
    #[must_use]
    pub fn trouble(&self, error: &anyhow::Error) -> Trouble {
        trouble_of(&self.file, error)
    }
}

/// A copy in memory, brought up to date: who only looks changes no file.
fn in_memory(old: &Connection, missing: &[&str]) -> rusqlite::Result<Connection> {
    let mut copy = Connection::open_in_memory()?;
    Backup::new(old, &mut copy)?.run_to_completion(4096, Duration::ZERO, None)?;
    copy.execute_batch(&missing.concat())?;
    Ok(copy)
}

/// What would bring it up to date.
fn missing(file: &Path, connection: &Connection) -> Result<&'static [&'static str], Trouble> {
    let found = version(connection).map_err(|error| trouble(file, &error))?;
    usize::try_from(found).ok().and_then(|found| STEPS.get(found..)).ok_or_else(|| too_new(file, found))
}

fn open(file: &Path, flags: OpenFlags) -> Result<Connection, Trouble> {
    let connection = Connection::open_with_flags(file, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)
        .map_err(|error| trouble(file, &error))?;
    connection.busy_timeout(Duration::from_secs(5)).map_err(|error| trouble(file, &error))?;
    // Sorting creates no file either.
    connection.pragma_update(None, "temp_store", "MEMORY").map_err(|error| trouble(file, &error))?;
    Ok(connection)
}

fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("PRAGMA user_version", [], |row| row.get(0))
}

fn too_new(file: &Path, version: i64) -> Trouble {
    Trouble {
        problem: Problem::Newer,
        text: format!(
            "{} is of version {version}, written by a newer heal (this one knows version {VERSION}); it is left alone. \
             Update heal, or name another --state-dir",
            file.display()
        ),
    }
}

fn trouble_of(file: &Path, error: &anyhow::Error) -> Trouble {
    match error.downcast_ref::<rusqlite::Error>() {
        Some(cause) => trouble(file, cause),
        None => Trouble { problem: Problem::Damaged, text: format!("{}: {error:#}", file.display()) },
    }
}

fn trouble(file: &Path, error: &rusqlite::Error) -> Trouble {
    let unavailable = matches!(
        error.sqlite_error_code(),
        Some(
            ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::PermissionDenied
                | ErrorCode::ReadOnly
                | ErrorCode::SystemIoFailure
                | ErrorCode::CannotOpen
                | ErrorCode::DiskFull
                | ErrorCode::OutOfMemory
                | ErrorCode::FileLockingProtocolFailed
        )
    );
    let (problem, what) =
        if unavailable { (Problem::Unavailable, "cannot be used now") } else { (Problem::Damaged, "is damaged") };
    let hint = if error.sqlite_error_code() == Some(ErrorCode::ReadOnly) {
        " (an unfinished transaction: the next --record or --apply finishes or takes it back)"
    } else {
        ""
    };
    Trouble { problem, text: format!("{} {what}: {error}{hint}", file.display()) }
}
