//! Finds the files that a glob names, one path component at a time, so that nothing beside the way is looked at.

use std::collections::HashMap;
use std::ffi::OsString;
use std::io::ErrorKind;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher};

use crate::sys::logfile::{self, Kind, Stat};
use crate::sys::signal;

/// Folders within folders, at most.
const DEEPEST: usize = 64;
/// A folder is looked into under so many names: links to and fro make ever more of them.
const NAMES: usize = 4;
/// Folders and files of one glob, at most.
const MOST: usize = 200_000;

/// What is no disk: `**` does not lead in there, and through it back to everything.
const KERNEL: [&str; 3] = ["/dev", "/proc", "/sys"];

/// One thing that a glob led to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// It exists and matches.
    Path(PathBuf),
    /// A folder on the way that cannot be looked into, and why.
    Denied(PathBuf, String),
    /// Left out on purpose, and why.
    Skipped(PathBuf, &'static str),
}

/// What the walk stays out of.
pub(super) struct Fence {
    /// heal's own state.
    pub(super) state: Option<Stat>,
    /// Do not follow links in folders that others may write.
    pub(super) root: bool,
    /// Chosen by the operator: links on the way to it are followed.
    pub(super) workspace: PathBuf,
}

/// A compiled glob.
#[derive(Debug)]
pub(super) struct Pattern {
    root: PathBuf,
    parts: Vec<Part>,
}

#[derive(Debug)]
enum Part {
    Name(OsString),
    Glob(GlobMatcher),
    /// All that is left, below this folder at any depth.
    Tail(GlobMatcher),
}

impl Pattern {
    /// Compiles an absolute glob.
    ///
    /// # Errors
    /// One sentence on what is wrong with it.
    pub(super) fn new(glob: &str, workspace: &Path) -> Result<Self, String> {
        let inside = workspace.to_str().and_then(|text| {
            let plain = glob.strip_prefix(text).or_else(|| glob.strip_prefix(&globset::escape(text)))?;
            plain.strip_prefix('/').or_else(|| text.ends_with('/').then_some(plain))
        });
        let (root, mut rest) = match inside {
            Some(rest) => (workspace.to_owned(), rest),
            None => (PathBuf::from("/"), glob.trim_start_matches('/')),
        };
        let mut parts = Vec::new();
        while !rest.is_empty() {
            let end = component(rest);
            let (part, tail) = rest.split_at_checked(end).unwrap_or((rest, ""));
            if part == "**" || part.contains('/') {
                parts.push(Part::Tail(compile(rest)?));
                break;
            }
            match literal(part) {
                _ if part.is_empty() || part == "." => {}
                Some(name) => parts.push(Part::Name(name)),
                None => parts.push(Part::Glob(compile(part)?)),
            }
            rest = tail.trim_start_matches('/');
        }
        Ok(Self { root, parts })
    }

    /// Everything that matches, in the order of names.
    pub(super) fn find(&self, fence: &Fence) -> Vec<Found> {
        let mut walk =
            Walk { fence, found: Vec::new(), above: Vec::new(), entered: HashMap::new(), folders: 0, full: false };
        walk.parts(&self.root, &self.parts);
        walk.found
    }
}

/// A matcher in which `*` and `?` stop at a slash.
///
/// # Errors
/// One sentence on what is wrong with it.
pub(super) fn compile(glob: &str) -> Result<GlobMatcher, String> {
    GlobBuilder::new(glob)
        .literal_separator(true)
        .build()
        .map(|glob| glob.compile_matcher())
        .map_err(|error| format!("the glob '{glob}' is not valid: {}", error.kind()))
}

/// Where the first component ends: at a slash outside of brackets and braces.
fn component(glob: &str) -> usize {
    let (mut braces, mut brackets, mut escaped) = (0_usize, false, false);
    for (at, character) in glob.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '[' => brackets = true,
            ']' => brackets = false,
            '{' if !brackets => braces += 1,
            '}' if !brackets => braces = braces.saturating_sub(1),
            '/' if braces == 0 && !brackets => return at,
            _ => {}
        }
    }
    glob.len()
}

/// The name that a component without wildcards stands for; `[*]` and `\*` stand for a star.
fn literal(part: &str) -> Option<OsString> {
    let mut name = Vec::new();
    let mut bytes = part.as_bytes();
    while let [first, tail @ ..] = bytes {
        bytes = match (first, tail) {
            (b'[', [single, b']', tail @ ..]) if !matches!(single, b'!' | b'^') => {
                name.push(*single);
                tail
            }
            (b'\\', [escaped, tail @ ..]) => {
                name.push(*escaped);
                tail
            }
            (b'*' | b'?' | b'[' | b'{' | b'}', _) => return None,
            _ => {
                name.push(*first);
                tail
            }
        };
    }
    Some(OsString::from_vec(name))
}

struct Walk<'a> {
    fence: &'a Fence,
    found: Vec<Found>,
    /// The folders that we are in: a link back to one of them is a loop.
    above: Vec<Stat>,
    /// How often each folder was looked into, by device and inode.
    entered: HashMap<(u64, u64), usize>,
    folders: usize,
    /// A bound was hit, and told.
    full: bool,
}

impl Walk<'_> {
    fn parts(&mut self, folder: &Path, parts: &[Part]) {
        match parts {
            [] => {}
            [Part::Tail(glob), ..] => self.tail(folder, Path::new(""), glob),
            [Part::Name(name), rest @ ..] => self.child(&folder.join(name), rest),
            [Part::Glob(glob), rest @ ..] => {
                for name in self.names(folder) {
                    if glob.is_match(&name) {
                        let path = folder.join(&name);
                        if rest.is_empty() || logfile::stat(&path).is_ok_and(|stat| stat.kind == Kind::Folder) {
                            self.child(&path, rest);
                        }
                    }
                }
            }
        }
    }

    /// Takes `path`, or goes into it.
    fn child(&mut self, path: &Path, rest: &[Part]) {
        match logfile::stat_link(path) {
            Err(error) if error.kind() == ErrorKind::PermissionDenied => self.denied(path, &error),
            Err(_) => {}
            Ok(_) if rest.is_empty() => self.found.push(Found::Path(path.to_owned())),
            Ok(stat) => {
                if self.may_enter(path, stat) {
                    self.parts(path, rest);
                }
            }
        }
    }

    fn tail(&mut self, folder: &Path, below: &Path, glob: &GlobMatcher) {
        if self.above.len() >= DEEPEST {
            self.found.push(Found::Skipped(folder.to_owned(), "folders are nested too deeply here"));
            return;
        }
        let Ok(here) = logfile::stat(folder) else { return };
        if self.above.iter().any(|stat| stat.same_file(&here)) {
            return;
        }
        if !self.has_room(folder, &here) {
            return;
        }
        self.above.push(here);
        for name in self.names(folder) {
            let (path, relative) = (folder.join(&name), below.join(&name));
            let Ok(stat) = logfile::stat_link(&path) else { continue };
            let is_folder = stat.kind == Kind::Folder
                || (stat.kind == Kind::Link && logfile::stat(&path).is_ok_and(|stat| stat.kind == Kind::Folder));
            if !is_folder {
                if glob.is_match(&relative) {
                    self.found.push(Found::Path(path));
                }
            } else if KERNEL.iter().any(|kernel| path == Path::new(kernel)) {
                self.found.push(Found::Skipped(path, "the kernel's own files are no logs; name what is meant there"));
            } else if self.may_enter(&path, stat) {
                self.tail(&path, &relative, glob);
            }
        }
        self.above.pop();
    }

    fn has_room(&mut self, folder: &Path, here: &Stat) -> bool {
        let entered = self.entered.entry((here.device, here.inode)).or_default();
        *entered += 1;
        self.folders += 1;
        let known = *entered > NAMES;
        let many = self.folders > MOST || self.found.len() > MOST;
        if (known || many) && !self.full {
            self.full = true;
            let why = if many { "more than 200,000 files or folders" } else { "links give folders too many names" };
            self.found.push(Found::Denied(folder.to_owned(), format!("{why}: not all were searched; name less")));
        }
        !known && !many && !signal::interrupted()
    }

    fn may_enter(&mut self, path: &Path, stat: Stat) -> bool {
        if self.fence.is_state(path) {
            self.found.push(Found::Skipped(path.to_owned(), "heal's own state is never a log"));
            return false;
        }
        if stat.kind == Kind::Link && self.fence.refuses_link(path, &stat) {
            self.found.push(Found::Skipped(path.to_owned(), LINK));
            return false;
        }
        true
    }

    fn names(&mut self, folder: &Path) -> Vec<OsString> {
        match logfile::names(folder) {
            Ok(names) => names,
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Vec::new(),
            Err(error) => {
                self.denied(folder, &error);
                Vec::new()
            }
        }
    }

    fn denied(&mut self, path: &Path, error: &std::io::Error) {
        let found = Found::Denied(path.to_owned(), error.to_string());
        if !self.found.contains(&found) {
            self.found.push(found);
        }
    }
}

/// Why a link was not followed.
pub(super) const LINK: &str = "a link in a folder that others may write is not followed as root";

impl Fence {
    pub(super) fn is_state(&self, path: &Path) -> bool {
        let Some(state) = self.state else { return false };
        logfile::stat(path).is_ok_and(|stat| stat.same_file(&state))
    }

    /// Whether root must not follow the link at `path`: somebody else may have put it there to have a file read.
    pub(super) fn refuses_link(&self, path: &Path, link: &Stat) -> bool {
        if !self.root || self.workspace.starts_with(path) {
            return false;
        }
        let Some(folder) = path.parent() else { return false };
        let Ok(folder) = logfile::stat(folder) else { return true };
        if !folder.open_to_others() {
            return false;
        }
        // A folder of one user's own, and a link to that user's own file: nothing that they could not read.
        let only_owner = folder.mode & 0o022 == 0;
        !(only_owner && link.uid == folder.uid && logfile::stat(path).is_ok_and(|target| target.uid == link.uid))
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests write the files that are found")]
mod tests {
    use super::*;

    #[test]
    fn components_end_outside_of_brackets() {
        for (glob, first) in
            [("a/b", "a"), ("{a/b,c}/d", "{a/b,c}"), ("[/]x/y", "[/]x"), ("x", "x"), ("a\\/b/c", "a\\/b")]
        {
            assert_eq!(glob.get(..component(glob)), Some(first), "{glob}");
        }
    }

    #[test]
    fn escaped_wildcards_are_names() {
        assert_eq!(literal("a[[]b[*]"), Some("a[b*".into()));
        assert_eq!(literal("a\\*"), Some("a*".into()));
        for glob in ["*", "a?", "[ab]", "{a,b}", "[!a]"] {
            assert_eq!(literal(glob), None, "{glob}");
        }
    }

    #[test]
    fn what_the_kernel_shows_is_found_where_it_is_named() {
        let fence = Fence { state: None, root: false, workspace: "/nowhere".into() };
        let found = Pattern::new("/proc/ver*", &fence.workspace).unwrap().find(&fence);
        assert!(found.contains(&Found::Path("/proc/version".into())), "{found:?}");
    }

    #[test]
    fn links_to_and_fro_end() {
        let dir = tempfile::tempdir().unwrap();
        // From each folder two links lead into the next one: two to the power of thirty ways.
        for number in 0..30 {
            let folder = dir.path().join(format!("{number:02}"));
            std::fs::create_dir(&folder).unwrap();
            for name in ["a", "b"] {
                std::os::unix::fs::symlink(format!("../{:02}", number + 1), folder.join(name)).unwrap();
            }
        }
        std::fs::create_dir(dir.path().join("30")).unwrap();
        std::fs::write(dir.path().join("30/x.log"), "x").unwrap();
        let fence = Fence { state: None, root: false, workspace: dir.path().to_owned() };
        let found = Pattern::new(&format!("{}/**/*.log", dir.path().display()), dir.path()).unwrap().find(&fence);
        assert!(found.iter().any(|one| matches!(one, Found::Path(path) if path.ends_with("x.log"))), "{found:?}");
        assert_eq!(found.iter().filter(|one| matches!(one, Found::Denied(..))).count(), 1, "told once: {found:?}");
        assert!(found.len() < 10, "{found:?}");
    }
}
