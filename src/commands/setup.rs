//! What every subcommand needs before it begins: the configuration, the tables, the rules on secrets.

use std::path::Path;

use anyhow::{Context as _, Result, anyhow, bail};

use crate::analyse;
use crate::catalogue::Catalogue;
use crate::cli::Cli;
use crate::config::{self, Config, Overrides, Place};
use crate::notice::{Notice, Stage};
use crate::sanitize::Sanitizer;
use crate::store::sealed_name;
use crate::sys::disk::{check_state_dir, check_trusted};
use crate::sys::environment;

/// The configuration and all that follows from it.
pub(super) struct Setup {
    /// Resolved.
    pub config: Config,
    /// Cross-checked.
    pub catalogue: Catalogue,
    /// With the operator's rules.
    pub sanitizer: Sanitizer,
    /// Remarks for the report.
    pub notices: Vec<Notice>,
}

/// Reads everything, and refuses what nobody should run.
pub(super) fn prepare(cli: &Cli) -> Result<Setup> {
    let place = find(cli)?.ok_or_else(|| {
        anyhow!(
            "there is no configuration here. `heal init` writes a starter heal.yaml; `heal scan FILE` looks at one log \
             without any"
        )
    })?;
    let mut config = config::load(&place, &overrides(cli))?;
    let mut notices = Vec::new();
    check_trust(&place, &config, &mut notices)?;
    if !config.workspace.is_dir() {
        bail!("the workspace {} is no folder; set `workspace`, or pass --workspace", config.workspace.display());
    }
    check_state_dir(&config.state_dir).map_err(|untrusted| {
        anyhow!("{untrusted}; heal's state must be its own: mend it, or name another --state-dir")
    })?;
    let catalogue = Catalogue::load(&config)?;
    let sanitizer = analyse::sanitizer(&config).context("`redact` in the configuration")?;
    // Without a name of its own a command has its argv as one: it is named as the store names it.
    for log in config.logs.iter_mut().filter(|log| matches!(log.feed, config::Feed::Command(_))) {
        log.name = sealed_name(&log.name, &sanitizer);
    }
    check_globs(&config)?;
    Ok(Setup { config, catalogue, sanitizer, notices })
}

/// The configuration that counts, if there is one.
pub(super) fn find(cli: &Cli) -> Result<Option<Place>> {
    config::find(cli.common.config.as_deref(), cli.common.workspace.as_deref())
}

/// Flags before the environment.
pub(super) fn overrides(cli: &Cli) -> Overrides {
    let text = |name: &str| {
        environment::var(name).filter(|value| !value.is_empty()).map(|value| value.to_string_lossy().into_owned())
    };
    let path = |name: &str| environment::var(name).filter(|value| !value.is_empty()).map(Into::into);
    Overrides {
        workspace: cli.common.workspace.clone(),
        state_dir: cli.common.state_dir.clone().or_else(|| path("HEAL_STATE_DIR")).or_else(|| path("STATE_DIRECTORY")),
        ollama_url: cli.run.ollama_url.clone().or_else(|| text("OLLAMA_HOST")),
        ollama_model: cli.run.ollama_model.clone().or_else(|| text("OLLAMA_MODEL")),
    }
}

/// Root believes only what nobody else could have written.
fn check_trust(place: &Place, config: &Config, notices: &mut Vec<Notice>) -> Result<()> {
    if !environment::is_root() {
        return Ok(());
    }
    let mut files = vec![place.file.clone()];
    files.extend(Catalogue::files(config)?);
    let mut waived = false;
    for file in files {
        if check_trusted(&file, false).is_ok() {
            continue;
        }
        check_trusted(&file, place.named).map_err(|untrusted| {
            anyhow!("{untrusted}; as root, heal reads its configuration and tables only where nobody else may write")
        })?;
        waived = true;
    }
    if waived {
        notices.push(Notice::new(
            Stage::Config,
            shown(&place.file),
            "the configuration or a table does not belong to root; it is used because it was named",
        ));
    }
    Ok(())
}

fn check_globs(config: &Config) -> Result<()> {
    for glob in config.policy.allow_paths.iter().flatten() {
        globset::Glob::new(glob).with_context(|| format!("{}: `policy.allow_paths`", config.file.display()))?;
    }
    Ok(())
}

/// A path for a report.
pub(super) fn shown(path: &Path) -> String {
    crate::sanitize::escape(&path.to_string_lossy()).into_owned()
}
