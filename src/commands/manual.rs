//! `heal completions` and `heal man`.

use anyhow::Result;
use clap::CommandFactory as _;
use clap_complete::Shell;

use super::output;
use crate::cli::Cli;
use crate::exit::Exit;

/// Prints completions for a shell.
pub(super) fn completions(shell: Shell) -> Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "heal", &mut script);
    output::print(|out| out.write_all(&script))?;
    Ok(Exit::Healthy)
}

/// Prints the manual page.
pub(super) fn man() -> Result<Exit> {
    let mut page = Vec::new();
    clap_mangen::Man::new(Cli::command()).render(&mut page)?;
    output::print(|out| out.write_all(&page))?;
    Ok(Exit::Healthy)
}
