//! `heal init`: a starter heal.yaml that fits what is here.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use super::output;
use crate::cli::Cli;
use crate::exit::Exit;
use crate::sys::disk::{Reader, Writer};
use crate::sys::{environment, service};

/// Folders of a workspace where applications log.
const LOG_FOLDERS: [&str; 4] = ["logs", "log", "var/log", "tmp/logs"];
/// Logs of the host that are worth reading where the workspace has none.
const HOST_LOGS: [&str; 5] = [
    "/var/log/syslog",
    "/var/log/messages",
    "/var/log/nginx/*.log",
    "/var/log/postgresql/*.log",
    "/var/log/redis/*.log",
];

/// What services and systemd say that went wrong.
const JOURNAL: &str = "journal: {priority: warning}";

pub(super) fn run(cli: &Cli) -> Result<Exit> {
    let current = environment::current_dir().context("could not tell the current directory")?;
    let workspace = cli.common.workspace.as_ref().map_or(current.clone(), |workspace| current.join(workspace));
    let file = cli.common.config.as_ref().map_or(workspace.join("heal.yaml"), |file| current.join(file));
    if !workspace.is_dir() {
        bail!("the workspace {} is no folder", workspace.display());
    }
    if Reader::new().stat(&file)?.is_some() {
        bail!("{} is there already, and stays as it is", file.display());
    }
    let mut logs = logs(&workspace);
    // What the journal has is in no file, and a unit's crash stands there alone.
    if service::is_booted() {
        logs.push(JOURNAL.to_owned());
    }
    let beside = file.parent().is_none_or(|folder| folder == workspace);
    let place = if beside { ".".to_owned() } else { workspace.display().to_string() };
    Writer::new().create_new(&file, starter(&logs, &place).as_bytes(), 0o644)?;
    if cli.common.json {
        let document =
            serde_json::json!({ "format_version": "1.0", "written": file.display().to_string(), "logs": logs });
        output::print_json(&document)?;
    } else {
        output::print(|out| {
            writeln!(out, "wrote {}", file.display())?;
            for log in &logs {
                writeln!(out, "  reads {log}")?;
            }
            if logs.is_empty() {
                writeln!(out, "  found no logs here: name them under `logs`")?;
            }
            writeln!(out, "next: `heal check`, then `heal`")
        })?;
    }
    Ok(Exit::Healthy)
}

/// The globs that match something here; else those of the host that do.
fn logs(workspace: &Path) -> Vec<String> {
    let here =
        LOG_FOLDERS.iter().filter(|folder| holds_logs(&workspace.join(folder))).map(|folder| format!("{folder}/*.log"));
    let mut found: Vec<String> = here.collect();
    if holds_logs(workspace) {
        found.push("*.log".to_owned());
    }
    if found.is_empty() {
        found.extend(HOST_LOGS.iter().filter(|glob| host_has(glob)).map(|glob| (*glob).to_owned()));
    }
    found
}

fn host_has(glob: &str) -> bool {
    match glob.strip_suffix("/*.log") {
        Some(folder) => holds_logs(Path::new(folder)),
        None => PathBuf::from(glob).is_file(),
    }
}

fn holds_logs(folder: &Path) -> bool {
    Reader::new()
        .list(folder)
        .is_ok_and(|entries| entries.iter().any(|entry| entry.path.extension().is_some_and(|ending| ending == "log")))
}

fn starter(logs: &[String], workspace: &str) -> String {
    let quoted = |text: &str| serde_json::to_string(text).unwrap_or_default();
    let entries = match logs {
        [] => {
            "logs: []\n#  - path: logs/*.log              # a glob, relative to the workspace or absolute\n".to_owned()
        }
        logs => logs.iter().fold("logs:\n".to_owned(), |text, log| match log.as_str() {
            JOURNAL => text + "  - " + JOURNAL + "\n",
            glob => text + "  - path: " + &quoted(glob) + "\n",
        }),
    };
    format!(
        "# heal.yaml: what heal reads, and what it may do. `heal check` tells whether it is right.

# Fix targets are relative to it and may not leave it.
workspace: {workspace}

# Where lines come from.
{entries}
# How far back the first run looks; later runs go on where the last one ended.
window: 60m

# Your own patterns and fixes, beside the built-in ones: one YAML file or many.
patterns: [patterns]
fixes: [fixes]

# Nothing is changed without --apply. true: --apply is the default.
apply_fixes: false
max_fix_attempts: 3

# What a fix may touch. Without these lists: what your own fixes name, and nothing that a log line names.
#policy:
#  allow_paths: [config.yaml]
#  allow_services: [nginx]

# The local model: advice only. What heal finds, plans and does never depends on it.
ai:
  enabled: true
  ollama_url: http://localhost:11434
  ollama_model: llama3.2:latest
",
        workspace = quoted(workspace),
    )
}
