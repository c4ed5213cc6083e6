//! Captured values in steps: where they may stand, and how they get there.

use std::collections::{BTreeMap, BTreeSet};

use super::{Check, Condition, Fix, Operation, Step};

/// Values of captured groups by their names.
pub type Bindings = BTreeMap<String, String>;

/// One doing of a fix: with other captured values it is another one.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct FixKey {
    /// The fix's name.
    pub fix: String,
    /// The captured values that it uses.
    pub captures: Bindings,
}

/// The group that `text` as a whole stands for: `{unit}`.
#[must_use]
pub fn placeholder(text: &str) -> Option<&str> {
    let name = text.strip_prefix('{')?.strip_suffix('}')?;
    let mut bytes = name.bytes();
    let starts_well = bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_');
    (starts_well && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')).then_some(name)
}

impl Fix {
    /// The groups whose values its steps, checks and conditions need.
    #[must_use]
    pub fn groups(&self) -> BTreeSet<String> {
        let mut groups = BTreeSet::new();
        let mut note = |text: &mut String| groups.extend(placeholder(text).map(str::to_owned));
        let mut copy = self.clone();
        copy.each_place(&mut note);
        if let Some(condition) = &self.when {
            condition.each_capture(&mut |group| {
                groups.insert(group.to_owned());
            });
        }
        groups
    }

    /// The fix with these values in its steps and checks. What has no value stays as it is.
    #[must_use]
    pub fn bound(&self, values: &Bindings) -> Self {
        let mut fix = self.clone();
        if !values.is_empty() {
            fix.each_place(&mut |text| {
                if let Some(value) = placeholder(text).and_then(|group| values.get(group)) {
                    value.clone_into(text);
                }
            });
        }
        fix
    }

    /// Every place in which a captured value may stand.
    pub(super) fn each_place(&mut self, place: &mut dyn FnMut(&mut String)) {
        for step in &mut self.steps {
            step.each_place(place);
        }
        for check in &mut self.verify {
            match check {
                Check::Command(argv) => argv.iter_mut().for_each(&mut *place),
                Check::ServiceActive(name) | Check::FileParses(name) | Check::PortOpen { host: name, .. } => {
                    place(name);
                }
                Check::HttpOk { .. } | Check::NoNewErrors { .. } => {}
            }
        }
        if let Some(condition) = &mut self.when {
            condition.each_place(place);
        }
    }
}

impl Step {
    fn each_place(&mut self, place: &mut dyn FnMut(&mut String)) {
        match self {
            Self::Edit(edit) => {
                place(&mut edit.file);
                if let Operation::Restore { from: Some(from) } = &mut edit.operation {
                    place(from);
                }
                // `{candidate}` is no captured value.
                edit.validate.iter_mut().flatten().filter(|text| *text != "{candidate}").for_each(place);
            }
            Self::Service(action) => place(&mut action.service),
            Self::ReloadConfig(reload) => {
                place(&mut reload.service);
                reload.test.iter_mut().for_each(place);
            }
            Self::FixPermissions(fix) => place(&mut fix.path),
            Self::Run(run) => {
                run.argv.iter_mut().for_each(&mut *place);
                run.undo.iter_mut().flatten().for_each(place);
            }
        }
    }
}

impl Condition {
    fn each_place(&mut self, place: &mut dyn FnMut(&mut String)) {
        match self {
            Self::All(conditions) | Self::Any(conditions) => {
                for condition in conditions {
                    condition.each_place(place);
                }
            }
            Self::Not(condition) => condition.each_place(place),
            Self::Service { name, .. } => place(name),
            Self::File(file) => place(&mut file.path),
            Self::DiskFree { path, .. } => place(path),
            Self::MemoryAvailable { .. }
            | Self::Load { .. }
            | Self::Count { .. }
            | Self::Age { .. }
            | Self::Capture(_)
            | Self::Time { .. } => {}
        }
    }

    fn each_capture(&self, tell: &mut dyn FnMut(&str)) {
        match self {
            Self::All(conditions) | Self::Any(conditions) => {
                for condition in conditions {
                    condition.each_capture(tell);
                }
            }
            Self::Not(condition) => condition.each_capture(tell),
            Self::Capture(groups) => groups.keys().for_each(|group| tell(group)),
            _ => {}
        }
    }

    /// The most events that a `count` within it asks for.
    #[must_use]
    pub fn most_events(&self) -> u32 {
        match self {
            Self::All(conditions) | Self::Any(conditions) => {
                conditions.iter().map(Self::most_events).max().unwrap_or_default()
            }
            Self::Not(condition) => condition.most_events(),
            Self::Count { at_least, .. } => *at_least,
            _ => 0,
        }
    }
}
