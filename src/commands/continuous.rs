//! `--continuous`: the one-shot run again and again, for hosts without cron.

use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};

use super::{output, run, setup};
use crate::cli::Cli;
use crate::config::units;
use crate::exit::Exit;
use crate::sys::signal;

/// From one round to the next, where nobody says.
const INTERVAL: Duration = Duration::from_secs(5 * 60);

/// Runs until a signal comes, or for so many rounds. A round that fails is told, and the next one tries again.
/// Gives the last round's exit, or 0 when a signal ended the wait between two.
pub(super) fn repeat(cli: &Cli) -> Result<Exit> {
    signal::install().context("could not listen for signals")?;
    let interval = interval(cli)?;
    let mut left = cli.run.max_iterations;
    loop {
        let exit = run::run(cli).unwrap_or_else(|error| {
            output::failure(cli, &error);
            Exit::Failed
        });
        left = left.map(|left| left.saturating_sub(1));
        if left == Some(0) || signal::interrupted() {
            return Ok(exit);
        }
        if signal::sleep(interval) {
            return Ok(Exit::Healthy);
        }
    }
}

fn interval(cli: &Cli) -> Result<Duration> {
    let minutes = |minutes: u64| Duration::from_secs(minutes.saturating_mul(60));
    if let Some(text) = &cli.run.interval {
        let number = text.parse().map(minutes);
        return number.or_else(|_| units::duration(text)).map_err(|reason| anyhow!("--interval: {reason}, or minutes"));
    }
    // A round tells what is wrong with the configuration.
    let configured = setup::prepare(cli).ok().and_then(|setup| setup.config.check_interval);
    Ok(configured.map_or(INTERVAL, minutes))
}
