//! `heal learn`: a new row for `patterns/` from an incident that no pattern knows.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail};

use super::remembered::Remembered;
use super::setup::Setup;
use super::{output, setup};
use crate::analyse::learn::{Draft, appended, draft, free_name, names_of, yaml};
use crate::cli::{Cli, LearnArgs};
use crate::config::{TablePath, strict};
use crate::exit::Exit;
use crate::store::Incident;
use crate::sys::clock;
use crate::sys::disk::{Reader, Writer, open_target};

/// Where rows go in a folder of tables.
const FILE: &str = "learned.yaml";
/// Rows that are compared with the new one, at most.
const MAX_OTHERS: usize = 10_000;

pub(super) fn run(cli: &Cli, arguments: &LearnArgs) -> Result<Exit> {
    let setup = setup::prepare(cli)?;
    let (incident, others) = remembered(&setup, &arguments.incident)?;
    let name = arguments.name.as_deref();
    name.map_or(Ok(()), |name| check_name(name, &setup))?;
    if let Some(pattern) = &incident.pattern {
        bail!("the pattern `{pattern}` knows incident {} already; `heal patterns list` shows it", incident.id);
    }
    let draft = draft(&incident, &others, &setup.catalogue, name)
        .map_err(|why| anyhow!("nothing was written for incident {}: {why}", incident.id))?;
    let file = write(&setup, &draft)?;
    tell(cli, &incident, &draft, &setup.sanitizer.path(&file))?;
    Ok(Exit::Healthy)
}

/// The incident, and all others.
fn remembered(setup: &Setup, prefix: &str) -> Result<(Incident, Vec<Incident>)> {
    let past = Remembered::open(setup)?;
    let incident = past.life(prefix, clock::now())?.incident.record;
    let snapshot = past.all()?;
    let others = snapshot.incidents.into_values().take(MAX_OTHERS).collect();
    Ok((incident, others))
}

fn check_name(name: &str, setup: &Setup) -> Result<()> {
    let shown = crate::sanitize::escape(name);
    let is_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if !name.starts_with(|c: char| c.is_ascii_lowercase()) || !name.bytes().all(is_name) || name.len() > 100 {
        bail!("--name: `{shown}` is no name: a lower-case letter, then lower-case letters, digits and `_`");
    }
    let taken = names_of(&setup.catalogue);
    if taken.contains(name) || setup.config.disable.iter().any(|off| off == name) {
        bail!("--name: there is a pattern `{name}` already; `{}` is free", free_name(name, &taken));
    }
    Ok(())
}

/// Appends the row to `learned.yaml` in the first folder of tables.
fn write(setup: &Setup, draft: &Draft) -> Result<PathBuf> {
    let by_hand = || format!("here is the row, to be added by hand:\n{}", yaml(draft, 2));
    let folder = setup
        .config
        .patterns
        .iter()
        .find(|table| is_folder(table))
        .with_context(|| format!("`patterns` in {} names no folder; {}", setup.config.file.display(), by_hand()))?;
    let file = folder.path.join(FILE);
    let reader = Reader::new();
    if reader.stat(&file)?.is_none() {
        let text = appended(&file, None, draft).map_err(|why| anyhow!("{why}; {}", by_hand()))?;
        return match create(&folder.path, &file, &text) {
            Ok(()) => Ok(file),
            Err(error) => bail!("{error:#}; {}", by_hand()),
        };
    }
    let target = open_target(&folder.path, Path::new(FILE), strict::MAX_BYTES)
        .map_err(|error| anyhow!("could not add to {}: {error}; {}", file.display(), by_hand()))?;
    let text = appended(&file, Some(&target.bytes), draft).map_err(|why| anyhow!("{why}; {}", by_hand()))?;
    if text.len() as u64 > strict::MAX_BYTES {
        bail!("{} would be larger than 1 MiB; move rows of it to another table", file.display());
    }
    let replaced = Writer::new().replace(&target, text.as_bytes());
    replaced.map_err(|error| anyhow!("could not write {}: {error}; {}", file.display(), by_hand()))?;
    Ok(file)
}

fn create(folder: &Path, file: &Path, text: &str) -> Result<()> {
    if Reader::new().stat(folder)?.is_none() {
        Writer::new().create_private_dir(folder)?;
    }
    Writer::new().create_new(file, text.as_bytes(), 0o644)
}

/// A folder, or what would be one.
fn is_folder(table: &TablePath) -> bool {
    match Reader::new().stat(&table.path) {
        Ok(Some(found)) => found.is_dir(),
        Ok(None) => table.optional,
        Err(_) => false,
    }
}

fn tell(cli: &Cli, incident: &Incident, draft: &Draft, file: &str) -> Result<()> {
    let note = format!(
        "incident {} stays as it is, and is resolved in time: its next events count under the pattern",
        incident.id
    );
    if cli.common.json {
        return output::print_json(&serde_json::json!({
            "format_version": "1.0",
            "incident": incident.id,
            "file": file,
            "pattern": {
                "name": draft.name,
                "regex": draft.regex,
                "severity": draft.severity.as_str(),
                "category": draft.category,
                "description": draft.description,
                "min_level": draft.min_level.map(crate::words::Level::as_str),
                "examples": { "match": draft.matches, "no_match": draft.no_matches },
            },
            "row": yaml(draft, 2),
            "note": note,
        }));
    }
    output::print(|out| {
        writeln!(out, "wrote the pattern {} to {}", draft.name, file)?;
        writeln!(out)?;
        write!(out, "{}", yaml(draft, 2))?;
        writeln!(out)?;
        writeln!(out, "{note}")?;
        writeln!(out, "next: review the row, then `heal check`")
    })
}
