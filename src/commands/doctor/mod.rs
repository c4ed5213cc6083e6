//! `heal doctor`: what stands in the way of each part, and the command that mends it. Changes nothing.

mod host;
mod trust;

use anyhow::{Context as _, Result};

use super::{output, setup};
use crate::analyse::{self, Finding, Health, inspect};
use crate::catalogue::{Catalogue, Fix};
use crate::cli::Cli;
use crate::config::{self, Config};
use crate::exit::Exit;
use crate::report::{DoctorCheck as Check, DoctorDocument};
use crate::sanitize::Sanitizer;
use crate::sys::{environment, signal};

/// Names of variables that send requests through a proxy.
const PROXIES: [&str; 6] = ["ALL_PROXY", "all_proxy", "HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"];

pub(super) fn run(cli: &Cli) -> Result<Exit> {
    signal::install().context("could not listen for signals")?;
    let mut checks = Vec::new();
    if let Some(config) = configuration(cli, &mut checks) {
        parts(cli, &config, &mut checks);
    }
    let exit = if checks.iter().any(Check::stops) || signal::interrupted() {
        Exit::Failed
    } else if checks.iter().any(Check::is_trouble) {
        Exit::Trouble
    } else {
        Exit::Healthy
    };
    let document = DoctorDocument::new(checks);
    output::tell(cli, &document, |style, out| document.write(style, out))?;
    Ok(exit)
}

/// The configuration, when there is one that can be read.
fn configuration(cli: &Cli, checks: &mut Vec<Check>) -> Option<Config> {
    const PART: &str = "configuration";
    let place = match setup::find(cli) {
        Ok(Some(place)) => place,
        Ok(None) => {
            checks.push(Check::stop(PART, "There is no configuration here.", Some("heal init".to_owned())));
            return None;
        }
        Err(error) => {
            checks.push(Check::stop(PART, format!("{error:#}"), None));
            return None;
        }
    };
    match config::load(&place, &setup::overrides(cli)) {
        Ok(config) => {
            let file = place.file.to_string_lossy();
            let file = Sanitizer::new(&config.redact).map_or_else(|_| file.to_string(), |names| names.name(&file));
            checks.push(Check::good(PART, format!("{file} is read.")));
            trust::check(&place, &config, checks);
            Some(config)
        }
        Err(error) => {
            checks.push(Check::stop(PART, format!("{error:#}"), None));
            None
        }
    }
}

fn parts(cli: &Cli, config: &Config, checks: &mut Vec<Check>) {
    match Catalogue::load(config) {
        Ok(catalogue) => {
            let (patterns, fixes) = (catalogue.patterns.len(), catalogue.fixes.len());
            checks.push(Check::good("tables", format!("{patterns} patterns and {fixes} fixes are read.")));
            let unadopted = catalogue.fixes.iter().filter_map(Fix::not_adopted);
            checks.extend(unadopted.map(|why| Check::new("tables", Health::Trouble, why, None)));
            host::services(&catalogue, checks);
        }
        Err(error) => checks.push(Check::stop("tables", format!("{error:#}"), Some("heal check".to_owned()))),
    }
    match setup::prepare(cli) {
        Ok(setup) => host::logs(&setup, checks),
        Err(_) if checks.iter().any(Check::stops) => {}
        Err(error) => checks.push(Check::stop("configuration", format!("{error:#}"), None)),
    }
    match analyse::sanitizer(config) {
        Ok(sanitizer) => model(config, &sanitizer, checks),
        Err(error) => checks.push(Check::stop("configuration", format!("`redact`: {error:#}"), None)),
    }
}

fn model(config: &Config, sanitizer: &Sanitizer, checks: &mut Vec<Check>) {
    if !config.ai.enabled {
        checks.push(Check::good("model", "It is not wanted (`ai.enabled: false`)."));
        return;
    }
    let proxied = PROXIES.iter().any(|name| environment::var(name).is_some_and(|value| !value.is_empty()));
    let findings = inspect(&config.ai, sanitizer, proxied, signal::interrupt());
    checks.extend(findings.into_iter().map(|Finding { health, text, mend }| Check::new("model", health, text, mend)));
}
