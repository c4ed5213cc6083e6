//! What each dialect makes of a line: the table that the scanner works by.

use crate::catalogue::Dialect;

/// How a line goes on in the next one.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Continuation {
    /// It does not.
    None,
    /// A backslash before its end.
    Backslash,
    /// The next one is indented deeper than the key.
    Indent,
}

/// What counts when a key is given more than once.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Repeated {
    /// Readers disagree, or all of them count.
    Refused,
    /// The last one.
    LastWins,
    /// All of them, from the last empty one on.
    List,
}

/// A dialect.
#[expect(clippy::struct_excessive_bools, reason = "it is a table of what holds and what does not")]
pub(super) struct Rules {
    pub dialect: Dialect,
    /// What begins a line that is a comment.
    pub comments: &'static [u8],
    /// What begins a comment behind a value.
    pub inline: &'static [u8],
    /// Such a comment needs a blank before it.
    pub after_blank: bool,
    pub separators: &'static [u8],
    /// A blank separates key and value as well.
    pub blank_separates: bool,
    pub sections: bool,
    /// What opens and closes a quoted value.
    pub quotes: &'static [u8],
    /// A quote may open anywhere in a value.
    pub quotes_anywhere: bool,
    /// In which quotes a backslash escapes.
    pub escapes: &'static [u8],
    /// A backslash escapes outside of quotes too.
    pub escapes_outside: bool,
    /// A quote given twice within its kind is one.
    pub doubled: bool,
    /// A quoted value may go over several lines.
    pub long_quotes: bool,
    pub continuation: Continuation,
    pub repeated: Repeated,
    /// Keys in any case are the same.
    pub any_case: bool,
}

const BASE: Rules = Rules {
    dialect: Dialect::Ini,
    comments: b"#;",
    inline: b"#;",
    after_blank: true,
    separators: b"=",
    blank_separates: false,
    sections: true,
    quotes: b"\"'",
    quotes_anywhere: false,
    escapes: b"",
    escapes_outside: false,
    doubled: false,
    long_quotes: false,
    continuation: Continuation::Backslash,
    repeated: Repeated::Refused,
    any_case: false,
};

/// The rules of a dialect; `None` for one that is no such file.
pub(super) const fn of(dialect: Dialect) -> Option<Rules> {
    Some(match dialect {
        Dialect::Jsonc => return None,
        Dialect::Ini => BASE,
        Dialect::Systemd => {
            Rules { dialect, inline: b"", quotes: b"", escapes_outside: true, repeated: Repeated::List, ..BASE }
        }
        Dialect::Mysql => Rules {
            dialect,
            inline: b"#",
            after_blank: false,
            quotes_anywhere: true,
            escapes: b"\"'",
            continuation: Continuation::None,
            ..BASE
        },
        Dialect::Php => Rules {
            dialect,
            inline: b";",
            after_blank: false,
            escapes: b"\"",
            long_quotes: true,
            continuation: Continuation::None,
            ..BASE
        },
        Dialect::Git => Rules {
            dialect,
            after_blank: false,
            quotes: b"\"",
            quotes_anywhere: true,
            escapes: b"\"",
            escapes_outside: true,
            any_case: true,
            ..BASE
        },
        Dialect::Env => {
            Rules { dialect, comments: b"#", inline: b"#", sections: false, escapes: b"\"", long_quotes: true, ..BASE }
        }
        Dialect::Postgresql => Rules {
            dialect,
            comments: b"#",
            inline: b"#",
            after_blank: false,
            blank_separates: true,
            sections: false,
            quotes: b"'",
            escapes: b"'",
            doubled: true,
            continuation: Continuation::None,
            repeated: Repeated::LastWins,
            any_case: true,
            ..BASE
        },
        Dialect::Configparser => Rules {
            dialect,
            inline: b"",
            separators: b"=:",
            quotes: b"",
            continuation: Continuation::Indent,
            any_case: true,
            ..BASE
        },
    })
}

impl Rules {
    /// A key as its reader compares it.
    pub fn canonical(&self, key: &str) -> String {
        match self.dialect {
            Dialect::Mysql => {
                let key = key.replace('-', "_");
                key.strip_prefix("loose_").map_or_else(|| key.clone(), str::to_owned)
            }
            _ if self.any_case => key.to_lowercase(),
            _ => key.to_owned(),
        }
    }

    /// A section's name as its reader compares it; `inside` is what stands between the brackets.
    pub fn section(&self, inside: &str) -> String {
        if self.dialect != Dialect::Git {
            return inside.trim_matches([' ', '\t']).to_owned();
        }
        match inside.split_once('"') {
            Some((name, quoted)) => {
                let quoted = quoted.strip_suffix('"').unwrap_or(quoted);
                format!("{}\0{}", name.trim().to_lowercase(), unescaped(quoted))
            }
            // `[branch.main]`, the old way, is in lower case whatever is written.
            None => match inside.trim().to_lowercase().split_once('.') {
                Some((name, sub)) => format!("{name}\0{sub}"),
                None => inside.trim().to_lowercase(),
            },
        }
    }
}

/// In a subsection a backslash stands for what follows it.
fn unescaped(quoted: &str) -> String {
    let mut out = String::new();
    let mut chars = quoted.chars();
    while let Some(c) = chars.next() {
        out.extend(if c == '\\' { chars.next() } else { Some(c) });
    }
    out
}
