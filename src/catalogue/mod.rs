//! The tables: what errors look like and what to do about them.

mod action;
mod bind;
mod capture;
mod check;
mod condition;
mod cross_check;
mod dialect;
mod edit_check;
mod file_format;
mod fix;
mod load;
mod pattern;
mod read_check;
mod read_condition;
mod read_edit;
mod read_fixes;
mod read_patterns;
mod read_step;
pub mod regex;
mod row;
mod shown;
mod suggested;

pub use action::{FixPermissions, ModeChange, ModeClause, ReloadConfig, RunCommand, ServiceAction, Verb};
pub use bind::{Bindings, FixKey, placeholder};
pub use capture::{CaptureType, MAX_CAPTURE};
pub use check::Check;
pub use condition::{Amount, Condition, FileCondition, Trusted};
pub use dialect::{Dialect, json_options};
pub use edit_check::{check_edit, compile_regex};
pub use file_format::FileFormat;
pub use fix::{
    By, Change, DocumentChoice, Edit, Fix, Locator, OnIneffective, Operation, Origin, PathElement, Scalar, Selector,
    Step, WriteMode,
};
pub use pattern::{Pattern, Threshold};
pub use read_fixes::{FixRow, fixes as parse_fixes};
pub use read_patterns::patterns as parse_patterns;
pub use suggested::{
    Adoption, Decision, MAX_SUGGESTION, Suggested, Suggestion, Word, is_suggestion_id, name_of, suggestion_text,
};

/// All rows, cross-checked, in the order in which they are tried.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    /// What errors look like.
    pub patterns: Vec<Pattern>,
    /// What to do about them.
    pub fixes: Vec<Fix>,
}

impl Catalogue {
    /// The pattern of this name.
    #[must_use]
    pub fn pattern(&self, name: &str) -> Option<&Pattern> {
        self.patterns.iter().find(|pattern| pattern.name == name)
    }

    /// The ladder of an incident: fixes that name its pattern, then those that name its category, in file order.
    pub fn fixes_for<'a>(&'a self, pattern: Option<&'a str>, category: &'a str) -> impl Iterator<Item = &'a Fix> {
        let names_pattern = move |fix: &&Fix| {
            fix.selectors
                .iter()
                .any(|selector| matches!(selector, Selector::Pattern(name) if Some(name.as_str()) == pattern))
        };
        let names_category = move |fix: &&Fix| {
            fix.selectors.iter().any(|selector| matches!(selector, Selector::Category(name) if name == category))
        };
        let by_name = self.fixes.iter().filter(names_pattern);
        let by_category = self.fixes.iter().filter(move |fix| names_category(fix) && !names_pattern(fix));
        by_name.chain(by_category)
    }
}
