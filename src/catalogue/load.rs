//! All tables together: the operator's files by name, then the built-in ones.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::read_fixes::FixRow;
use super::{Catalogue, Fix, Origin, Pattern, cross_check, read_fixes, read_patterns};
use crate::config::{Config, TablePath, strict};
use crate::sys::disk::Reader;

const BUILTIN_PATTERNS: &str = include_str!("../../patterns/builtin.yaml");
const BUILTIN_FIXES: &str = include_str!("../../fixes/builtin.yaml");

impl Catalogue {
    /// Reads and cross-checks all tables of a configuration.
    ///
    /// # Errors
    /// The first table that cannot be read, or the first row that does not fit the others.
    pub fn load(config: &Config) -> Result<Self> {
        let mut catalogue = Self {
            patterns: rows(&config.patterns, "patterns", BUILTIN_PATTERNS, read_patterns::patterns, |row| &row.name)?,
            fixes: flat(rows(&config.fixes, "fixes", BUILTIN_FIXES, read_fixes::fixes, |row| &row.fix.name)?),
        };
        cross_check::disabled_names(&catalogue, config)?;
        catalogue
            .fixes
            .retain(|fix| ![&fix.name, fix.row()].into_iter().any(|name| config.disable.iter().any(|off| off == name)));
        cross_check::selectors(&catalogue)?;
        catalogue.patterns.retain(|pattern| !config.disable.contains(&pattern.name));
        cross_check::targets(&catalogue, config)?;
        cross_check::captures(&catalogue)?;
        Ok(catalogue)
    }

    /// The built-in tables alone.
    ///
    /// # Errors
    /// None in a released heal: a test reads them.
    pub fn builtin() -> Result<Self> {
        Ok(Self {
            patterns: rows(&[], "patterns", BUILTIN_PATTERNS, read_patterns::patterns, |row: &Pattern| &row.name)?,
            fixes: flat(rows(&[], "fixes", BUILTIN_FIXES, read_fixes::fixes, |row: &FixRow| &row.fix.name)?),
        })
    }

    /// Every file and folder that tables are read from: for the check that nobody else may write them.
    ///
    /// # Errors
    /// A folder that cannot be listed.
    pub fn files(config: &Config) -> Result<Vec<PathBuf>> {
        let mut files = Vec::new();
        for table in config.patterns.iter().chain(&config.fixes) {
            if Reader::new().stat(&table.path)?.is_some() {
                files.push(table.path.clone());
                files.extend(files_of(table)?);
            }
        }
        files.dedup();
        Ok(files)
    }
}

fn flat(rows: Vec<FixRow>) -> Vec<Fix> {
    rows.into_iter().flat_map(FixRow::into_fixes).collect()
}

/// Reads tables in order; a row of the same name in a later file replaces the earlier one in its place,
/// and an operator's row stands in the place of a built-in one.
fn rows<T>(
    tables: &[TablePath],
    kind: &str,
    builtin: &str,
    read: fn(&[u8], &Origin) -> Result<Vec<T>>,
    name: fn(&T) -> &String,
) -> Result<Vec<T>> {
    let mut operators = Ordered::new(name);
    for file in tables.iter().map(files_of).collect::<Result<Vec<_>>>()?.concat() {
        let bytes = Reader::new()
            .read_bounded(&file, strict::MAX_BYTES)
            .with_context(|| format!("could not read {}", file.display()))?;
        operators.add(read(&bytes, &Origin { file: file.clone(), builtin: false })?, &file)?;
    }
    let shipped = PathBuf::from(format!("built-in/{kind}.yaml"));
    let mut all = Ordered::new(name);
    let mut shipped_rows = read(builtin.as_bytes(), &Origin { file: shipped.clone(), builtin: true })?;
    for row in operators.rows {
        match shipped_rows.iter_mut().find(|other| name(other) == name(&row)) {
            Some(place) => *place = row,
            None => all.push(row),
        }
    }
    for row in shipped_rows {
        all.push(row);
    }
    Ok(all.rows)
}

/// Rows with unique names.
struct Ordered<T> {
    rows: Vec<T>,
    places: HashMap<String, usize>,
    name: fn(&T) -> &String,
}

impl<T> Ordered<T> {
    fn new(name: fn(&T) -> &String) -> Self {
        Self { rows: Vec::new(), places: HashMap::new(), name }
    }

    fn push(&mut self, row: T) {
        self.places.insert((self.name)(&row).clone(), self.rows.len());
        self.rows.push(row);
    }

    fn add(&mut self, rows: Vec<T>, file: &Path) -> Result<()> {
        let mut here: Vec<String> = Vec::new();
        for row in rows {
            let name = (self.name)(&row).clone();
            if here.contains(&name) {
                bail!("{}: `{name}` is there twice; rename one of the two", file.display());
            }
            match self.places.get(&name).and_then(|at| self.rows.get_mut(*at)) {
                Some(place) => *place = row,
                None => self.push(row),
            }
            here.push(name);
        }
        Ok(())
    }
}

/// The files of one `patterns` or `fixes` entry: itself, or what a folder holds by name.
fn files_of(table: &TablePath) -> Result<Vec<PathBuf>> {
    let reader = Reader::new();
    let at = || format!("could not read {}", table.path.display());
    match reader.stat(&table.path).with_context(at)? {
        None if table.optional => Ok(Vec::new()),
        None => bail!("{} is not there; create it or remove it from the configuration", table.path.display()),
        Some(metadata) if metadata.is_dir() => {
            let entries = reader.list(&table.path).with_context(at)?;
            Ok(entries.into_iter().map(|entry| entry.path).filter(|path| is_table(path)).collect())
        }
        Some(_) => Ok(vec![table.path.clone()]),
    }
}

/// `*.yaml` and `*.yml`, but not what editors and package managers leave behind.
fn is_table(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let ends = Path::new(&name).extension().is_some_and(|ending| ending == "yaml" || ending == "yml");
    ends && !name.starts_with(['.', '#'])
}
