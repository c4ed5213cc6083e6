//! Who may write what heal believes.

use crate::analyse::Health;
use crate::catalogue::Catalogue;
use crate::config::{Config, Place};
use crate::report::DoctorCheck as Check;
use crate::sys::disk::{check_state_dir, check_trusted};
use crate::sys::environment;
use crate::sys::exec::word;

const PART: &str = "permissions";

pub(super) fn check(place: &Place, config: &Config, checks: &mut Vec<Check>) {
    let before = checks.len();
    if !config.workspace.is_dir() {
        let shown = config.workspace.display();
        let mend = Some(format!("mkdir -p {}", word(&config.workspace)));
        checks.push(Check::stop("configuration", format!("The workspace {shown} is no folder."), mend));
    }
    if environment::is_root() {
        let mut files = vec![place.file.clone()];
        files.extend(Catalogue::files(config).unwrap_or_default());
        for file in files {
            if let Err(untrusted) = check_trusted(&file, place.named) {
                let path = word(&untrusted.path);
                let owner = if place.named { String::new() } else { format!("chown root:root {path} && ") };
                let mend = format!("{owner}chmod go-w {path}");
                let known = checks.iter().any(|check| check.mend() == Some(&mend));
                if !known {
                    let text = format!("{untrusted}: root does not read it.");
                    checks.push(Check::stop(PART, text, Some(mend)));
                }
            }
        }
    }
    if let Err(untrusted) = check_state_dir(&config.state_dir) {
        let path = word(&untrusted.path);
        let mend = format!("chown {} {path} && chmod go-w {path}", environment::user());
        checks.push(Check::stop(PART, format!("{untrusted}."), Some(mend)));
    }
    if checks.len() == before {
        let text = if environment::is_root() {
            "Configuration, tables and state are root's own."
        } else {
            "The state is this user's own."
        };
        checks.push(Check::new(PART, Health::Good, text, None));
    }
}
