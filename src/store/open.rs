//! Opening `heal.db`, for looking or for writing, and telling what is wrong with it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::{Snapshot, snapshot};
use crate::sys::disk::Writer;

/// The schema version that this heal writes and reads.
const VERSION: i64 = 1;
const SCHEMA: &str = include_str!("schema.sql");

/// The database, open.
#[derive(Debug)]
pub struct Store {
    pub(super) connection: Connection,
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

    /// Reads everything from the database without creating or changing a file. No database: an empty snapshot.
    ///
    /// # Errors
    /// A database that cannot be used, and why.
    pub fn look(state_dir: &Path) -> Result<Snapshot, Trouble> {
        let file = Self::file(state_dir);
        if std::fs::symlink_metadata(&file).is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound) {
            return Ok(Snapshot::default());
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NOFOLLOW;
        let connection = open(&file, flags)?;
        match version(&connection).map_err(|error| trouble(&file, &error))? {
            0 => Ok(Snapshot::default()),
            VERSION => snapshot::read(&connection).map_err(|error| trouble_of(&file, &error)),
            newer => Err(too_new(&file, newer)),
        }
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
        let found = version(&connection).map_err(|error| trouble(&file, &error))?;
        if found == 0 {
            connection
                .execute_batch(&format!("PRAGMA synchronous = FULL; BEGIN IMMEDIATE; {SCHEMA} COMMIT;"))
                .map_err(|error| trouble(&file, &error))?;
        } else if found != VERSION {
            return Err(too_new(&file, found));
        }
        Ok(Self { connection })
    }

    /// Reads everything.
    ///
    /// # Errors
    /// A database that turns out to be damaged.
    pub fn snapshot(&self, state_dir: &Path) -> Result<Snapshot, Trouble> {
        snapshot::read(&self.connection).map_err(|error| trouble_of(&Self::file(state_dir), &error))
    }
}

fn open(file: &Path, flags: OpenFlags) -> Result<Connection, Trouble> {
    let connection = Connection::open_with_flags(file, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)
        .map_err(|error| trouble(file, &error))?;
    connection.busy_timeout(Duration::from_secs(5)).map_err(|error| trouble(file, &error))?;
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
