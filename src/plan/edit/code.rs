//! The fixed codes of refusals: the one list of them.

use std::fmt;

use crate::sys::disk::TargetErrorKind;

/// One row for each code: its name, its word in reports, what it means.
macro_rules! codes {
    ($($name:ident $word:literal: $meaning:literal,)*) => {
        /// Why an edit is refused.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Code {
            $(#[doc = $meaning] $name,)*
        }

        impl Code {
            /// Each word with its meaning, in the order of the alphabet.
            pub const ALL: &[(&str, &str)] = &[$(($word, $meaning),)*];

            /// The word in reports.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)*
                }
            }
        }
    };
}

codes! {
    Alias "alias": "the value is an alias, or stands behind one",
    Anchor "anchor": "others use the value by its anchor",
    BadRegex "bad_regex": "the regex does not compile",
    Binary "binary": "the file holds a NUL",
    BlockScalar "block_scalar": "the value is a block of text",
    Busy "busy": "the file changes while it is read",
    ChangedSince "changed_since": "the value is no longer the one that heal wrote",
    CommentInTheWay "comment_in_the_way": "a comment stands where a comma belongs",
    DifferentValues "different_values": "the places that match have different values",
    DuplicateKey "duplicate_key": "the key is there twice",
    EditorOpen "editor_open": "an editor has the file open",
    HardLink "hard_link": "the file has a second name",
    HasUnit "has_unit": "the number has a suffix that the fix does not name",
    Included "included": "the key may stand in another file, which this one includes",
    Interpolated "interpolated": "the value is put together when it is read",
    LastKey "last_key": "its map would become null without it",
    LoneCr "lone_cr": "a carriage return stands within a line",
    MaybeComment "maybe_comment": "some readers see a comment in the value",
    MergeKey "merge_key": "the map takes keys from another by `<<`",
    Missing "missing": "the value is not there, or its file",
    MixedQuoting "mixed_quoting": "only a part of the value is quoted",
    MultiLine "multi_line": "the value goes over several lines",
    NoCopy "no_copy": "there is nothing to restore from",
    NoGroup "no_group": "the group `value` takes no part in the match",
    NoHeader "no_header": "the table has no header or braces of its own",
    NoMatch "no_match": "the regex does not match",
    NoNull "no_null": "TOML has no null",
    NoValue "no_value": "the key stands alone",
    NotAKey "not_a_key": "only keys are deleted",
    NotAList "not_a_list": "there is no list on the way",
    NotAMap "not_a_map": "there is no map on the way",
    NotANumber "not_a_number": "the value is no plain decimal number",
    NotAScalar "not_a_scalar": "the path ends at a map or list",
    NotIni "not_ini": "no reader takes the line",
    NotJson "not_json": "the file is no valid JSON",
    NotPositive "not_positive": "the number is not above 0",
    NotProven "not_proven": "it could not be proven that only the value changes",
    NotRegular "not_regular": "it is a folder, a FIFO, a device or a socket",
    NotToml "not_toml": "the file is no valid TOML",
    NotUtf8 "not_utf8": "the file is not UTF-8",
    NotWritable "not_writable": "the file has no way to write the new value",
    NotYaml "not_yaml": "the file is no valid YAML",
    OpenQuote "open_quote": "a quote has no end",
    OtherSection "other_section": "the key stands in a section that its reader ignores",
    OutsideRoot "outside_root": "the file lies outside the workspace",
    Overflow "overflow": "the number cannot be changed exactly",
    RepeatedKey "repeated_key": "the key is given more than once",
    Secret "secret": "what it changes is a secret, which nobody could review",
    SeveralDocuments "several_documents": "more than one document has the path",
    SeveralItems "several_items": "more than one item has what `match` asks for",
    SharesLine "shares_line": "the key shares its line with something else",
    Symlink "symlink": "the file is a link, or lies behind one",
    Tag "tag": "the value has a tag",
    Template "template": "the file looks like a template",
    TooDeep "too_deep": "it is nested more than 64 levels deep",
    TooFewMatches "too_few_matches": "the regex matches less often than `expect_matches`",
    TooLarge "too_large": "the file is larger than 16 MiB",
    TooManyMatches "too_many_matches": "the regex matches more often than `expect_matches`",
    UnexpectedValue "unexpected_value": "the value is not what `expect_current` says",
    UnknownDialect "unknown_dialect": "the file's name does not tell its dialect",
    UnknownOwner "unknown_owner": "there is no such user or group",
    Unreadable "unreadable": "the file cannot be read",
    WrongUnit "wrong_unit": "the number does not have the suffix that the fix names",
}

impl fmt::Display for Code {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl From<TargetErrorKind> for Code {
    fn from(kind: TargetErrorKind) -> Self {
        match kind {
            TargetErrorKind::Outside => Self::OutsideRoot,
            TargetErrorKind::Missing => Self::Missing,
            TargetErrorKind::Symlink => Self::Symlink,
            TargetErrorKind::NotRegular => Self::NotRegular,
            TargetErrorKind::HardLink => Self::HardLink,
            TargetErrorKind::TooLarge => Self::TooLarge,
            TargetErrorKind::EditorOpen => Self::EditorOpen,
            TargetErrorKind::Busy => Self::Busy,
            TargetErrorKind::Unreadable => Self::Unreadable,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_in_the_readme_once() {
        let readme = include_str!("../../../README.md");
        let mut before = "";
        for (word, meaning) in Code::ALL {
            assert!(*word > before, "{word} is not in the order of the alphabet");
            let row = format!("| `{word}` | {meaning} |\n");
            assert_eq!(readme.matches(&row).count(), 1, "the README needs the row {row}");
            before = word;
        }
    }

    #[test]
    fn a_file_that_is_refused_has_the_code_of_its_own_kind() {
        use TargetErrorKind::{
            Busy, EditorOpen, HardLink, Missing, NotRegular, Outside, Symlink, TooLarge, Unreadable,
        };
        for kind in [Outside, Missing, Symlink, NotRegular, HardLink, TooLarge, EditorOpen, Busy, Unreadable] {
            assert_eq!(Code::from(kind).as_str(), kind.as_str());
        }
    }
}
