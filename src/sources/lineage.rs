//! Which file goes on with what an earlier run has read, whatever it is called now; which is a copy; which is new.

mod kin;

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use chrono::{DateTime, FixedOffset};

use self::kin::Kin;
use super::clock::{Clock, Zone};
use super::family::Name;
use super::generation::{self, PROOF};
use super::header::header;
use super::text::Text;
use crate::store::{Place, Position};
use crate::sys::logfile::{LogFile, Stat};
use crate::sys::signal;

/// A file of an entry.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) path: PathBuf,
    /// Where it really lies, when `path` leads through a link.
    pub(super) target: Option<PathBuf>,
    pub(super) stat: Stat,
    pub(super) name: Name,
    /// A glob names it; the others belong to one that a glob names.
    pub(super) matched: bool,
    /// Nobody goes on writing to it.
    pub(super) ended: bool,
    pub(super) fate: Fate,
}

/// What becomes of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// Nothing proves it: all of it is new.
    New,
    /// Read up to there by an earlier run.
    After(Box<Position>),
    /// Nothing happened to it.
    Unchanged,
    /// Last written before the window of the entry's first run.
    Old,
    /// Its text stands in another file, too.
    Copy(String),
}

impl Member {
    fn is_family(&self, path: &Path, name: &Name) -> bool {
        // A folder for older parts may lie below (`olddir`).
        let below = |part: &Path, name: &Name, log: &Path| {
            name.is_older_part() && part.parent().and_then(Path::parent) == log.parent()
        };
        self.name.base == name.base
            && (self.path.parent() == path.parent()
                || below(&self.path, &self.name, path)
                || below(path, name, &self.path))
    }

    fn open(&self) -> Option<Text> {
        let (file, stat) = LogFile::open(&self.path).ok()?;
        Text::of_file(file, stat.size).ok()?.ok()
    }

    fn proves(&self, position: &Position) -> bool {
        let Some(mut text) = self.open() else { return false };
        if text.is_plain() && self.stat.size < position.offset {
            return false;
        }
        generation::prove(&mut text, position, 0).is_ok_and(|found| found.is_some())
    }

    fn file_name(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// Whether these bytes end at this place of its text.
    fn holds(&self, length: u64, tail: &[u8]) -> bool {
        (self.name.compressed || self.stat.size >= length)
            && self
                .open()
                .and_then(|mut text| text.go_to(length, 0).ok().flatten())
                .is_some_and(|found| generation::tail(&found.before) == tail)
    }

    /// How long its text is.
    fn length(&self) -> u64 {
        match self.open() {
            Some(mut text) if !text.is_plain() => text.read_to_end().0,
            _ => self.stat.size,
        }
    }

    /// The first bytes of its text.
    fn head(&self) -> Vec<u8> {
        let mut head = Vec::new();
        let Some(mut text) = self.open() else { return head };
        while head.len() < PROOF {
            let at = head.len();
            if !text.read(&mut head, at as u64, PROOF - at).is_ok_and(|length| length > 0) {
                break;
            }
        }
        head
    }
}

/// Tells `members` of one entry apart. `positions` are those of the entry; `cut` is where its first run began to
/// read, and `first` says that this is that run. When heal is asked to stop, not all are told apart.
pub(super) fn trace(members: &mut [Member], positions: &[Position], cut: Option<DateTime<FixedOffset>>, first: bool) {
    let mut tracing = Tracing::new(members, positions);
    tracing.mark_ended();
    tracing.by_inode();
    tracing.by_age(cut, first);
    let heads = tracing.heads();
    tracing.by_text(&heads);
    tracing.copies(&heads);
}

struct Tracing<'a> {
    members: &'a mut [Member],
    positions: &'a [Position],
    /// Which member goes on with each position.
    claimed: Vec<Option<usize>>,
    /// Members by their log, and positions.
    kin: Kin,
    read: Kin,
    /// Positions by device and inode.
    known: HashMap<(u64, u64), usize>,
}

impl<'a> Tracing<'a> {
    fn new(members: &'a mut [Member], positions: &'a [Position]) -> Self {
        let (mut kin, mut read) = (Kin::default(), Kin::default());
        for (at, member) in members.iter().enumerate() {
            kin.add(at, &member.path, &member.name);
        }
        for (index, position) in positions.iter().enumerate() {
            for (path, name) in names(position) {
                read.add(index, path, &name);
            }
        }
        let known = positions.iter().enumerate().map(|(index, position)| (position.key(), index)).collect();
        Self { claimed: vec![None; positions.len()], members, positions, kin, read, known }
    }

    /// Who may be a part of the same log, itself included.
    fn kin<'b>(&'b self, member: &Member) -> impl Iterator<Item = (usize, &'b Member)> + use<'b, 'a> {
        let found = self.kin.of(&member.path, &member.name).into_iter();
        found.filter_map(|at| Some((at, self.members.get(at)?)))
    }

    /// Positions that may be those of an earlier state of its log, and who goes on with them.
    fn read<'b>(&'b self, member: &Member) -> impl Iterator<Item = (&'a Position, Option<usize>)> + use<'b, 'a> {
        let found = self.read.of(&member.path, &member.name).into_iter();
        found.filter_map(|index| Some((self.positions.get(index)?, *self.claimed.get(index)?)))
    }

    /// An older part of a log has ended when a newer one is there.
    fn mark_ended(&mut self) {
        let newer = |member: &Member, other: &Member| {
            other.is_family(&member.path, &member.name)
                && !other.name.compressed
                && (!other.name.numbered || (other.stat.mtime_ns, &other.path) > (member.stat.mtime_ns, &member.path))
        };
        let ended: Vec<bool> = self
            .members
            .iter()
            .map(|member| {
                let by_name = || member.name.numbered && self.kin(member).any(|(_, other)| newer(member, other));
                // The target of a link that moved on, and what was given a name that no glob knows.
                member.name.compressed || !member.matched || by_name()
            })
            .collect();
        for (member, ended) in self.members.iter_mut().zip(ended) {
            member.ended = ended;
        }
    }

    /// The same file, unless its text is another now.
    fn by_inode(&mut self) {
        for (at, member) in self.members.iter_mut().enumerate() {
            if signal::interrupted() {
                return;
            }
            let found = self.known.get(&(member.stat.device, member.stat.inode));
            let Some((index, position)) = found.and_then(|index| Some((*index, self.positions.get(*index)?))) else {
                continue;
            };
            // No file becomes a compressed one: then its inode was given again.
            let was = position.path.known().map(Name::of_path);
            if was.is_some_and(|was| was.compressed != member.name.compressed) {
                continue;
            }
            if unchanged(position, member) {
                member.fate = Fate::Unchanged;
            } else if position.proves() && member.proves(position) {
                // Nothing proves nothing: the kernel gives inodes again.
                member.fate = Fate::After(Box::new(position.clone()));
            } else {
                continue;
            }
            if let Some(claimed) = self.claimed.get_mut(index) {
                *claimed = Some(at);
            }
        }
    }

    fn by_age(&mut self, cut: Option<DateTime<FixedOffset>>, first: bool) {
        let Some(cut) = cut.and_then(|cut| cut.timestamp_nanos_opt()) else { return };
        let known: HashSet<u64> = self.positions.iter().map(|position| position.inode).collect();
        for member in self.members.iter_mut().filter(|member| member.fate == Fate::New) {
            if member.stat.mtime_ns < cut && !known.contains(&member.stat.inode) && (first || member.ended) {
                member.fate = Fate::Old;
            }
        }
    }

    /// The beginnings of the texts that are still to be told apart; of those alone.
    fn heads(&self) -> Vec<Option<Vec<u8>>> {
        let told = |member: &Member| member.fate == Fate::New && !signal::interrupted() && self.has_family(member);
        self.members.iter().map(|member| told(member).then(|| member.head())).collect()
    }

    fn has_family(&self, member: &Member) -> bool {
        let kin = self.kin(member).filter(|(_, other)| other.is_family(&member.path, &member.name));
        kin.count() > 1 || self.read(member).any(|(position, _)| kin_of(member, position))
    }

    /// A renamed, copied or compressed file goes on where its text was read up to; the longest text first.
    fn by_text(&mut self, heads: &[Option<Vec<u8>>]) {
        let mut order: Vec<_> = self.positions.iter().enumerate().filter(|(_, position)| position.proves()).collect();
        order.sort_by_key(|(_, position)| std::cmp::Reverse(position.offset));
        for (index, position) in order {
            if self.claimed.get(index).is_some_and(Option::is_some) {
                continue;
            }
            if signal::interrupted() {
                return;
            }
            let mut kin: Vec<usize> = names(position).flat_map(|(path, name)| self.kin.of(path, &name)).collect();
            kin.sort_unstable();
            kin.dedup();
            kin.retain(|at| self.may_be(*at, heads, position));
            // What can be read at any place first, then the longest.
            kin.sort_by_key(|at| {
                self.members.get(*at).map(|member| (member.name.compressed, std::cmp::Reverse(member.stat.size)))
            });
            let found = kin.into_iter().find(|at| self.members.get(*at).is_some_and(|member| member.proves(position)));
            if let Some((at, member)) = found.and_then(|at| Some((at, self.members.get_mut(at)?))) {
                member.fate = Fate::After(Box::new(position.clone()));
                if let Some(claimed) = self.claimed.get_mut(index) {
                    *claimed = Some(at);
                }
            }
        }
    }

    /// Whether this new file begins as what was read.
    fn may_be(&self, at: usize, heads: &[Option<Vec<u8>>], position: &Position) -> bool {
        let Some(member) = self.members.get(at) else { return false };
        // A log that is written anew may begin as it did long ago; what is in an older part was written once.
        if position.is_displaced() && !member.ended {
            return false;
        }
        if let Fate::After(known) = &member.fate {
            // An inode given again may hold a longer text that was read elsewhere.
            let alike = known.head_hash == position.head_hash || known.offset < PROOF as u64;
            return alike && known.offset <= position.offset && **known != *position && kin_of(member, position);
        }
        let Some(Some(head)) = heads.get(at) else { return false };
        let reach = usize::try_from(position.offset).unwrap_or(usize::MAX).min(PROOF);
        member.fate == Fate::New
            && kin_of(member, position)
            && head.get(..reach).is_some_and(|head| generation::hash(head) == position.head_hash)
    }

    /// What still is new may be the text of a file beside it once more.
    fn copies(&mut self, heads: &[Option<Vec<u8>>]) {
        // Older parts first: where two are the same, the log itself is read.
        let mut order: Vec<usize> = (0..self.members.len()).collect();
        order.sort_by_key(|at| self.members.get(*at).map(|member| (!member.name.compressed, !member.ended)));
        for at in order {
            if signal::interrupted() {
                return;
            }
            let head = heads.get(at).and_then(Option::as_deref).unwrap_or_default();
            let Some((fate, demoted)) = self.again(at, heads, head) else { continue };
            let shorter = demoted.and_then(|index| self.members.get_mut(index));
            if let Some(shorter) = shorter {
                shorter.fate = Fate::Copy("a longer file".to_owned());
            }
            if let Fate::After(position) = &fate {
                let taken = self.known.get(&position.key()).and_then(|index| self.claimed.get_mut(*index));
                if let Some(claimed) = taken {
                    *claimed = Some(at);
                }
            }
            if let Some(member) = self.members.get_mut(at) {
                member.fate = fate;
            }
        }
    }

    /// What a file is after all whose text another one holds or begins with; and who gives way to it.
    fn again(&self, at: usize, heads: &[Option<Vec<u8>>], head: &[u8]) -> Option<(Fate, Option<usize>)> {
        let member = self.members.get(at).filter(|member| matches!(member.fate, Fate::New | Fate::After(_)))?;
        // A log that goes on under its own inode does so whatever its copies hold.
        let known = matches!(member.fate, Fate::After(_));
        if known && !member.ended {
            return None;
        }
        if !(known || member.name.compressed || head.len() >= PROOF || is_stamped(head)) {
            return None;
        }
        if !known && let Some(holder) = self.holder(at, heads, head) {
            return Some((Fate::Copy(holder), None));
        }
        let mut read: Vec<_> = self.read(member).collect();
        read.sort_by_key(|(position, _)| std::cmp::Reverse(position.offset));
        for (position, index) in read {
            let Some((index, claimer)) = index.and_then(|index| Some((index, self.members.get(index)?))) else {
                continue;
            };
            if index != at && position.proves() && self.may_be(at, heads, position) && member.proves(position) {
                // Whoever has more of the text goes on with it.
                let (mine, theirs) = (member.length(), claimer.length());
                let fate = if mine <= theirs {
                    Fate::Copy(claimer.file_name())
                } else {
                    Fate::After(Box::new(position.clone()))
                };
                return Some((fate, (mine > theirs && theirs > position.offset).then_some(index)));
            }
        }
        None
    }

    /// The file of its family that holds all the text of this new one.
    fn holder(&self, at: usize, heads: &[Option<Vec<u8>>], head: &[u8]) -> Option<String> {
        let member = self.members.get(at).filter(|_| !head.is_empty())?;
        let begins = |(kin, known): (&Member, &Option<Vec<u8>>)| {
            known.as_ref().map_or_else(|| kin.head().starts_with(head), |known| known.starts_with(head))
        };
        let kin = |other: usize, kin: &Member| {
            other != at && kin.is_family(&member.path, &member.name) && !matches!(kin.fate, Fate::Copy(_) | Fate::Old)
        };
        let all = self.kin(member).filter_map(|(other, kin)| Some((other, (kin, heads.get(other)?))));
        let alike: Vec<&Member> =
            all.filter(|(other, pair)| kin(*other, pair.0) && begins(*pair)).map(|(_, (kin, _))| kin).collect();
        let own = generation::hash(head);
        let same_head = |position: &&Position| kin_of(member, position) && position.head_hash == own;
        let read = self.read(member).map(|(position, _)| position).filter(same_head).map(|one| one.offset).max();
        if alike.is_empty() && !(member.name.compressed && read.is_some()) {
            return None;
        }
        let mut text = member.open()?;
        let (length, ends, damaged) = if text.is_plain() {
            (member.stat.size, text.go_to(member.stat.size, 0).ok()??, false)
        } else {
            text.read_to_end()
        };
        if let Some(kin) = alike.iter().find(|kin| kin.holds(length, generation::tail(&ends.before))) {
            return Some(kin.file_name());
        }
        // A damaged copy of what is gone has its beginning, at least.
        let damaged = damaged && head.len() == PROOF && read.is_some_and(|read| length < read);
        damaged.then(|| "a file that was read".to_owned())
    }
}

/// The names under which the file of a position lay.
fn names(position: &Position) -> impl Iterator<Item = (&Path, Name)> {
    let places = [Some(&position.path), position.target.as_ref()].into_iter().flatten();
    places.filter_map(Place::known).map(|path| (path, Name::of_path(path)))
}

/// Whether the position may be that of an earlier state of the log that the file is part of.
fn kin_of(member: &Member, position: &Position) -> bool {
    names(position).any(|(path, name)| member.is_family(path, &name))
}

/// Nothing was written since, and nothing was left unread.
fn unchanged(position: &Position, member: &Member) -> bool {
    let stat = &member.stat;
    position.size == stat.size
        && position.mtime_ns == stat.mtime_ns
        && position.ctime_ns == stat.ctime_ns
        && (position.offset == stat.size || member.name.compressed)
}

/// Whether a line at its beginning has a time: no other log has the same.
fn is_stamped(head: &[u8]) -> bool {
    let clock = Clock { zone: Zone::Host, last_write: crate::sys::clock::now(), day_first: None, epoch_field: None };
    head.split(|byte| *byte == b'\n').take(8).any(|line| header(line, &clock).time.is_some())
}
