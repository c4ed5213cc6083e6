//! The one entry that an edit means.

use super::super::{Code, Refusal};
use super::rules::{Repeated, Rules};
use super::scan::{Entry, File};
use crate::catalogue::{Dialect, Edit, Locator, Operation};

/// Finds it; `Ok(None)`: it is not there, and `create` allows that.
pub(super) fn entry<'f>(
    text: &str,
    file: &'f File,
    edit: &Edit,
    rules: &Rules,
    create: bool,
) -> Result<Option<&'f Entry>, Refusal> {
    let Locator::IniPath { section, key } = &edit.locator else { return Ok(None) };
    let wanted = section.as_deref().map(|section| rules.section(section));
    let name = rules.canonical(key);
    let all: Vec<&Entry> = file
        .entries
        .iter()
        .filter(|entry| entry.name == name && stands_in(file, entry, wanted.as_deref(), rules))
        .collect();
    match all.as_slice() {
        [] if create => Ok(None),
        [] => Err(missing(text, file, wanted.as_deref(), key)),
        [one] => here(text, file, one, wanted.as_deref(), rules).map(Some),
        [.., second] => chosen(text, &all, second, edit, rules).map(Some),
    }
}

/// PHP reads its sections as one, but for those of a host or a path.
fn stands_in(file: &File, entry: &Entry, wanted: Option<&str>, rules: &Rules) -> bool {
    let name = entry.section.and_then(|at| file.sections.get(at)).map(|section| section.name.as_str());
    if rules.dialect == Dialect::Php && !wanted.is_some_and(is_special) {
        return !name.is_some_and(is_special);
    }
    name == wanted
}

/// `[HOST=www.example.com]`, `[PATH=/www]`: PHP reads such a section for that host or path alone.
pub(super) fn is_special(section: &str) -> bool {
    let section = section.to_uppercase();
    section.starts_with("HOST=") || section.starts_with("PATH=")
}

fn here<'f>(
    text: &str,
    file: &File,
    entry: &'f Entry,
    wanted: Option<&str>,
    rules: &Rules,
) -> Result<&'f Entry, Refusal> {
    let name = entry.section.and_then(|at| file.sections.get(at)).map(|section| section.name.as_str());
    if rules.dialect == Dialect::Php && wanted.is_some() && name != wanted {
        let reason = "the key stands in another section, which means nothing to PHP; write `ini_path: [KEY]`";
        return Err(Refusal::at(text, entry.key.start, Code::OtherSection, reason));
    }
    Ok(entry)
}

fn chosen<'f>(
    text: &str,
    all: &[&'f Entry],
    second: &'f Entry,
    edit: &Edit,
    rules: &Rules,
) -> Result<&'f Entry, Refusal> {
    let refuse = |reason: &str| Err(Refusal::at(text, second.key.start, Code::RepeatedKey, reason));
    if matches!(edit.operation, Operation::Delete) {
        return refuse("the key is given more than once; without this one another would count");
    }
    match rules.repeated {
        Repeated::LastWins => Ok(second),
        Repeated::Refused => refuse("the key is given more than once, and readers disagree on which one counts"),
        Repeated::List => {
            let is_empty = |entry: &&&Entry| entry.value.as_ref().is_some_and(|value| value.span.is_empty());
            let reset = all.iter().rposition(|entry| is_empty(&entry));
            match reset.map(|reset| &all[reset + 1..]) {
                // What an empty assignment cleared does not count.
                Some([one]) => Ok(one),
                Some([]) => refuse("the last assignment is empty and clears the list; edit it by hand"),
                _ => refuse("the key is given more than once: together they are a list; edit it by `regex`"),
            }
        }
    }
}

fn missing(text: &str, file: &File, wanted: Option<&str>, key: &str) -> Refusal {
    let included = file.includes.first().map_or_else(String::new, |include| {
        format!("; it may stand in a file that `{}` makes its reader read", include.line)
    });
    let section = wanted.and_then(|wanted| file.sections.iter().rfind(|section| section.name == wanted));
    match (wanted, section) {
        (Some(_), None) => Refusal::new(Code::Missing, format!("the section of `{key}` is not there{included}")),
        (_, Some(section)) => {
            let reason = format!("there is no `{key}` in this section; `create_missing: true` adds it{included}");
            Refusal::at(text, section.start, Code::Missing, reason)
        }
        (None, None) => {
            Refusal::new(Code::Missing, format!("there is no `{key}`; `create_missing: true` adds it{included}"))
        }
    }
}
