//! Steps in words.

use super::action::{FixPermissions, ModeChange, ModeClause, Verb};
use super::condition::{Amount, Condition, FileCondition};
use super::fix::{By, Change, Edit, Locator, Operation, PathElement, Scalar, Step};
use crate::config::units::human;
use crate::sys::exec;

impl Step {
    /// As a person would say it, without what it would find.
    #[must_use]
    pub fn shown(&self) -> String {
        match self {
            Self::Edit(edit) => format!("edit {}: {}", edit.file, edit_deed(edit)),
            Self::Service(action) => {
                let verb = match action.verb {
                    Verb::Restart => "restart",
                    Verb::Start => "start",
                    Verb::Stop => "stop",
                    Verb::Reload => "reload",
                    Verb::ForceRestart => "kill and restart",
                };
                format!("{verb} {}", action.service)
            }
            Self::ReloadConfig(reload) => {
                format!("test with `{}`, then reload {}", exec::shown(&reload.test), reload.service)
            }
            Self::FixPermissions(fix) => permissions(fix),
            Self::Run(run) => format!("run `{}`", exec::shown(&run.argv)),
        }
    }
}

impl Condition {
    /// As a person would say it, without what it would see.
    #[must_use]
    pub fn shown(&self) -> String {
        let list = |conditions: &[Self], word: &str| {
            conditions.iter().map(|one| format!("({})", one.shown())).collect::<Vec<_>>().join(word)
        };
        match self {
            Self::All(all) => list(all, " and "),
            Self::Any(any) => list(any, " or "),
            Self::Not(inner) => format!("not ({})", inner.shown()),
            Self::Service { name, state } => format!("{name} is {state}"),
            Self::File(file) => file_shown(file),
            Self::DiskFree { path, below } => format!("less than {} free where {path} lies", below.shown()),
            Self::MemoryAvailable { below } => format!("less than {} of memory available", below.shown()),
            Self::Load { above } => format!("the load is above {above}"),
            Self::Count { at_least, within } => format!("at least {at_least} events within {}", human(*within)),
            Self::Age { at_least } => format!("first seen at least {} ago", human(*at_least)),
            Self::Capture(groups) => groups
                .iter()
                .map(|(group, regex)| format!("{{{group}}} is /{regex}/"))
                .collect::<Vec<_>>()
                .join(" and "),
            Self::Time { between, days } => {
                let clock =
                    between.map(|(from, to)| format!("from {} to {}", from.format("%H:%M"), to.format("%H:%M")));
                let days: Vec<String> = days.iter().map(ToString::to_string).collect();
                let days = (!days.is_empty()).then(|| format!("on {}", days.join(", ")));
                [clock, days].into_iter().flatten().collect::<Vec<_>>().join(" ")
            }
        }
    }
}

impl Amount {
    /// As tables write it.
    #[must_use]
    pub fn shown(&self) -> String {
        match self {
            Self::Bytes(bytes) if bytes % (1 << 20) == 0 => format!("{}M", bytes >> 20),
            Self::Bytes(bytes) => format!("{}K", bytes >> 10),
            Self::Percent(share) => format!("{share}%"),
        }
    }
}

fn file_shown(file: &FileCondition) -> String {
    let exists = file.exists.map(|exists| if exists { "is there" } else { "is not there" }.to_owned());
    let older = file.older_than.map(|age| format!("was written more than {} ago", human(age)));
    let larger = file.larger_than.map(|bytes| format!("is larger than {}", Amount::Bytes(bytes).shown()));
    let mode = file.mode.map(|mode| format!("has mode {mode:04o}"));
    let wanted: Vec<String> = [exists, older, larger, mode].into_iter().flatten().collect();
    format!("{} {}", file.path, wanted.join(" and "))
}

fn permissions(fix: &FixPermissions) -> String {
    let mode = fix.mode.as_ref().map(|mode| format!("mode {}", mode.shown()));
    let owner = fix.owner.as_ref().map(|owner| format!("owner {owner}"));
    let group = fix.group.as_ref().map(|group| format!("group {group}"));
    let wanted: Vec<String> = [mode, owner, group].into_iter().flatten().collect();
    format!("give {} {}", fix.path, wanted.join(", "))
}

impl ModeChange {
    /// As `chmod` writes it.
    #[must_use]
    pub fn shown(&self) -> String {
        match self {
            Self::Exact(mode) => format!("{mode:04o}"),
            Self::Symbolic(clauses) => clauses.iter().map(clause).collect::<Vec<_>>().join(","),
        }
    }
}

fn clause(clause: &ModeClause) -> String {
    let named = |bits: u32, letters: [(u32, char); 3]| -> String {
        letters.iter().filter(|(bit, _)| bits & bit != 0).map(|(_, letter)| *letter).collect()
    };
    let who = named(clause.who, [(0o700, 'u'), (0o070, 'g'), (0o007, 'o')]);
    let bits = named(clause.bits, [(0o444, 'r'), (0o222, 'w'), (0o111, 'x')]);
    format!("{who}{}{bits}", clause.operator)
}

fn edit_deed(edit: &Edit) -> String {
    let place = match &edit.locator {
        Locator::YamlPath(path) | Locator::TomlPath(path) | Locator::JsonPath(path) => {
            path.iter().map(element).collect::<Vec<_>>().join(".")
        }
        Locator::IniPath { section: Some(section), key } => format!("[{section}] {key}"),
        Locator::IniPath { section: None, key } => key.clone(),
        Locator::WholeFile => "all of it".to_owned(),
        Locator::Regex(regex) => format!("/{regex}/"),
    };
    match &edit.operation {
        Operation::Set(value) => format!("set {place} to {}", scalar(value)),
        Operation::Increase(change) => format!("increase {place}{}", bounds(change)),
        Operation::Decrease(change) => format!("decrease {place}{}", bounds(change)),
        Operation::Replace(text) => format!("replace {place} by {text:?}"),
        Operation::Delete => format!("delete {place}"),
        Operation::Restore { from: Some(from) } => format!("restore {place} from {from}"),
        Operation::Restore { from: None } => format!("restore {place} from the last copy that heal holds"),
        Operation::VerifyOnly { each: Some(each) } => format!("look whether {place} holds in each /{each}/"),
        Operation::VerifyOnly { each: None } => match (&edit.locator, &edit.expect_current) {
            (Locator::Regex(_), _) => format!("look whether {place} holds"),
            (_, Some(value)) => format!("look whether {place} is {}", scalar(value)),
            (_, None) => format!("look whether {place} is there"),
        },
    }
}

fn element(element: &PathElement) -> String {
    match element {
        PathElement::Key(key) => key.clone(),
        PathElement::Index(index) => index.to_string(),
        PathElement::Match(wanted) => {
            let wanted: Vec<String> = wanted.iter().map(|(key, value)| format!("{key}={}", scalar(value))).collect();
            format!("[{}]", wanted.join(","))
        }
    }
}

fn scalar(value: &Scalar) -> String {
    match value {
        Scalar::Null => "null".to_owned(),
        Scalar::Bool(flag) => flag.to_string(),
        Scalar::Number(number) => number.to_string(),
        Scalar::Text(text) => format!("{text:?}"),
    }
}

fn bounds(change: &Change) -> String {
    let by = match change.by {
        By::Factor(factor) => format!(" by the factor {factor}"),
        By::Amount(amount) => format!(" by {amount}"),
    };
    let least = change.min_value.map_or_else(String::new, |least| format!(", at least {least}"));
    let most = change.max_value.map_or_else(String::new, |most| format!(", at most {most}"));
    by + &least + &most
}
