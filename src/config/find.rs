//! Which configuration file counts.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::{Config, Kind, Overrides, Place, SYSTEM_FILE, raw, resolve, strict};
use crate::sys::disk::Reader;
use crate::sys::environment;

/// Finds the configuration: `--config`, `HEAL_CONFIG`, `./heal.yaml`, the user's, the system's, then an
/// application's `config.yaml`. `None`: there is none.
///
/// # Errors
/// A named file that is not there, or a current directory that cannot be told.
pub fn find(named: Option<&Path>, workspace: Option<&Path>) -> Result<Option<Place>> {
    let current = environment::current_dir().context("could not tell the current directory")?;
    let from_environment = environment::var("HEAL_CONFIG").filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(file) = named.map(Path::to_path_buf).or(from_environment) {
        let file = super::clean(&current.join(file));
        if !is_file(&file) {
            bail!("there is no configuration at {}; `heal init` writes one", file.display());
        }
        return Ok(Some(Place { kind: kind_of(&file)?, file, named: true }));
    }
    let base = super::clean(&workspace.map_or(current.clone(), |workspace| current.join(workspace)));
    let own = [Some(base.join("heal.yaml")), user_file(), Some(PathBuf::from(SYSTEM_FILE))];
    if let Some(file) = own.into_iter().flatten().find(|file| is_file(file)) {
        return Ok(Some(Place { file, kind: Kind::Heal, named: false }));
    }
    let application = base.join("config.yaml");
    if is_file(&application) && has_block(&application) {
        return Ok(Some(Place { file: application, kind: Kind::Application, named: false }));
    }
    Ok(None)
}

/// Reads and resolves the file that was found.
///
/// # Errors
/// Every fault of the file, with its place.
pub fn load(place: &Place, overrides: &Overrides) -> Result<Config> {
    let current = environment::current_dir().context("could not tell the current directory")?;
    let bytes = read(&place.file)?;
    match place.kind {
        Kind::Heal => resolve::heal(place, strict::read(&place.file, &bytes)?, overrides, &current),
        Kind::Application => {
            let raw: raw::Application = strict::read(&place.file, &bytes)?;
            resolve::application(place, raw.auto_healer, overrides, &current)
        }
    }
    .with_context(|| format!("could not use {}", place.file.display()))
}

/// What holds in `workspace` where there is no configuration: the defaults.
///
/// # Errors
/// None but those of the environment.
pub fn defaults(workspace: &Path, overrides: &Overrides) -> Result<Config> {
    let current = environment::current_dir().context("could not tell the current directory")?;
    let place =
        Place { file: super::clean(&current.join(workspace).join("heal.yaml")), kind: Kind::Heal, named: false };
    resolve::heal(&place, raw::Heal::default(), overrides, &current)
}

fn read(file: &Path) -> Result<Vec<u8>> {
    Reader::new().read_bounded(file, strict::MAX_BYTES).with_context(|| format!("could not read {}", file.display()))
}

fn is_file(file: &Path) -> bool {
    file.is_file()
}

/// A named file is an application's when its name is `config.yaml` and it has the block.
fn kind_of(file: &Path) -> Result<Kind> {
    let heal = file.file_name().is_none_or(|name| name != "config.yaml" && name != "config.yml");
    if heal || !has_block(file) {
        // Reading it twice is cheap, and a broken file is told from its own reader.
        read(file)?;
        return Ok(Kind::Heal);
    }
    Ok(Kind::Application)
}

/// Whether the file has an `auto_healer` block at its top level, parsable or not.
fn has_block(file: &Path) -> bool {
    read(file).is_ok_and(|bytes| {
        bytes.split(|byte| *byte == b'\n').any(|line| {
            [&b"auto_healer:"[..], b"\"auto_healer\":", b"'auto_healer':"].iter().any(|key| line.starts_with(key))
        })
    })
}

fn user_file() -> Option<PathBuf> {
    let folder = environment::var("XDG_CONFIG_HOME")
        .filter(|value| Path::new(value).is_absolute())
        .map(PathBuf::from)
        .or_else(|| environment::home().map(|home| home.join(".config")))?;
    Some(folder.join("heal/heal.yaml"))
}
