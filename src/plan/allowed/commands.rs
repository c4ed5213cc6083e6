//! Which programs a `run` may start.

use std::path::Path;

use crate::config::Config;
use crate::plan::{No, Reason};

/// Why this program may not be run. `program` is absolute.
pub(in crate::plan) fn program(config: &Config, program: &Path, must_be_listed: bool) -> Option<No> {
    let shown = program.display();
    let real = program.canonicalize().unwrap_or_else(|_| program.to_path_buf());
    let text = match &config.policy.allow_commands {
        Some(list) if list.iter().any(|glob| super::matches_absolute(glob, &[program, &real])) => return None,
        Some(_) => format!("{shown} is not on `policy.allow_commands`"),
        None if must_be_listed => {
            format!(
                "{shown} needs an entry in `policy.allow_commands`: the operator's fix does not name all of its command"
            )
        }
        None => return None,
    };
    Some((Reason::NotAllowed, text))
}
