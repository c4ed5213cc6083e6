//! What statements have in common but for one piece: a phrase in parentheses, or what stands before a colon and says
//! what the rest speaks of.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, Hasher};
use std::ops::Range;

use super::classes::{Classes, connected};
use super::commons::Commons;
use super::signature::Marks;
use super::vocabulary::{Kind, SLOT, Words};

/// So many statements must be seen with both of two contexts, before these are values; one less for each of them that
/// holds a value.
const ENOUGH: usize = 4;
/// Two statements may both be said of two kinds of things: `Remote <*>: hit`, `TCP Remote <*>: miss`.
const LEAST_SHARED: usize = 3;
/// With more words of its own it is no name.
const MOST_SAID: usize = 3;
/// With more contexts than this a statement is no evidence for any two of them.
const MOST_CONTEXTS: usize = 8;
/// So many pieces at the beginning of a statement may be contexts.
const MOST_PIECES: usize = 3;
/// The hash of no context at all.
const NONE: u64 = 0;

/// A class with one piece of it taken out.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Framed {
    /// Hash of what is left.
    frame: u64,
    /// Hash of what was taken out.
    piece: u64,
    class: usize,
    /// Words of the class that were taken out.
    start: usize,
    end: usize,
}

impl Framed {
    fn new(all: &Classes, class: usize, span: &Range<usize>) -> Option<Self> {
        let form = all.forms.get(class)?;
        let hash = |parts: &[&[u32]]| {
            let mut hasher = all.by_form.hasher().build_hasher();
            for part in parts {
                part.iter().for_each(|word| hasher.write_u32(*word));
                hasher.write_u32(u32::MAX);
            }
            hasher.finish()
        };
        let (before, after) = around(form, span);
        // A value beside the piece is of one run with what is filled in there.
        let before = before.strip_suffix(&[SLOT]).unwrap_or(before);
        let after = after.strip_prefix(&[SLOT]).unwrap_or(after);
        let piece = form.get(span.clone())?;
        Some(Self { frame: hash(&[before, after]), piece: hash(&[piece]), class, start: span.start, end: span.end })
    }

    fn span(&self) -> Range<usize> {
        self.start..self.end
    }

    fn form<'a>(&self, all: &'a Classes) -> &'a [u32] {
        all.forms.get(self.class).map(Vec::as_slice).unwrap_or_default()
    }
}

fn around<'a>(form: &'a [u32], span: &Range<usize>) -> (&'a [u32], &'a [u32]) {
    (form.get(..span.start).unwrap_or_default(), form.get(span.end..).unwrap_or_default())
}

/// The words of phrases in parentheses that are values, as classes and places: the same long sentence stands around
/// other phrases too.
pub(super) fn phrases(all: &Classes, words: &Words<'_>, commons: &Commons) -> Vec<(usize, usize)> {
    // One that names its values is a list of the statement: `(<*> -> <*>, user: <*>)`.
    let names = |class: usize, span: &Range<usize>| {
        let marks = all.marks.get(class).and_then(|marks| marks.get(span.clone())).unwrap_or_default();
        marks.iter().any(|mark| mark.keyed)
    };
    let is_free = |class, span: &Range<usize>| span.start > 0 && !names(class, span);
    let spans = |class: usize| phrases_of(all, class).into_iter().filter(move |span| is_free(class, span));
    let enough = |alike: &[Framed], different, telling| {
        tells_enough(different, telling) && !are_begin_and_end(alike, different, all, words)
    };
    filled(all, words, commons, spans, |_| true, enough)
}

/// Last words behind a colon that are values, as classes and places: `state changed: ok`. Where several words stand
/// behind it, they are a message of their own or a reason, which a person wants to see.
pub(super) fn last_words(all: &Classes, words: &Words<'_>, commons: &Commons) -> Vec<(usize, usize)> {
    let last = |class: usize| {
        let marks = all.marks.get(class).map(Vec::as_slice).unwrap_or_default();
        marks.iter().rposition(|mark| mark.piece).filter(|at| *at > 0).map(|start| start..marks.len())
    };
    let enough = |alike: &[Framed], different, telling| {
        let kind = |one: &Framed| one.form(all).get(one.start).map(|word| words.kind(*word));
        let is_switch = |one: &Framed| one.form(all).get(one.start).is_some_and(|word| words.is_switch(*word));
        // `state: LOOKING`, `status: off`
        let of_few = match different {
            0 | 1 => false,
            2 => alike.iter().all(is_switch),
            _ => alike.iter().all(is_switch) || alike.iter().all(|one| kind(one) == Some(Kind::Capitals)),
        };
        (tells_enough(different, telling) || (of_few && telling > 0))
            && !are_begin_and_end(alike, different, all, words)
    };
    filled(all, words, commons, last, |one| one.span().len() == 1, enough)
}

/// The words behind a colon that are values, as classes and places: `peer state changed: following - discovery`. What
/// stands before it says that something happened, so it is no name of a part of the program; and it tells of no
/// failure, whose reasons a person wants apart.
pub(super) fn tails(all: &Classes, words: &Words<'_>, commons: &Commons) -> Vec<(usize, usize)> {
    let spans = |class: usize| {
        let marks = all.marks.get(class).map(Vec::as_slice).unwrap_or_default();
        let form = all.forms.get(class).map(Vec::as_slice).unwrap_or_default();
        let begins = |(at, mark): (usize, &Marks)| (at > 0 && mark.piece).then_some(at);
        let starts = marks.iter().enumerate().filter_map(begins).take(MOST_PIECES);
        let acts = |at: &usize| words.acts(form.get(..*at).unwrap_or_default());
        starts.filter(acts).map(|start| start..form.len())
    };
    // Three of them may be three reasons, so the sentence must tell still more.
    let enough = |_: &[Framed], different, telling| different > 2 && telling > 2 && telling + different > 6;
    filled(all, words, commons, spans, |_| true, enough)
}

/// The words of pieces that are values, where all pieces in their place are of the kind that may be.
fn filled<I: IntoIterator<Item = Range<usize>>>(
    all: &Classes,
    words: &Words<'_>,
    commons: &Commons,
    pieces_of: impl Fn(usize) -> I,
    may_be: impl Fn(&Framed) -> bool,
    enough: impl Fn(&[Framed], usize, usize) -> bool,
) -> Vec<(usize, usize)> {
    let mut pieces: Vec<Framed> = Vec::new();
    for class in 0..all.len() {
        pieces.extend(pieces_of(class).into_iter().filter_map(|span| Framed::new(all, class, &span)));
    }
    pieces.sort_unstable();
    let mut found = Vec::new();
    for alike in pieces.chunk_by(|left, right| left.frame == right.frame) {
        let Some(first) = alike.first().filter(|_| alike.iter().all(&may_be)) else { continue };
        let beside = commons.families(alike.iter().map(|one| one.class));
        let different = alike.chunk_by(|left, right| left.piece == right.piece).count();
        if enough(alike, different, commons.telling(first.form(all), &first.span(), beside, words)) {
            found.extend(alike.iter().flat_map(|one| one.span().map(|place| (one.class, place))));
        }
    }
    found
}

/// `(start)` and `(end)`: two statements say how far it is. A value would have more of them.
fn are_begin_and_end(alike: &[Framed], different: usize, all: &Classes, words: &Words<'_>) -> bool {
    let is_phase = |one: &Framed| {
        one.form(all).get(one.span()).is_some_and(|piece| matches!(piece, [word] if words.is_phase(*word)))
    };
    different == 2 && alike.iter().all(is_phase)
}

/// Whether so many different pieces in a sentence with so many telling words are values.
fn tells_enough(different: usize, telling: usize) -> bool {
    // The fewer were seen, the more must the sentence tell.
    (different > 1 && telling > 1 && telling + different > 4) || (different > 5 && telling > 0)
}

/// The phrases in parentheses of a class.
fn phrases_of(all: &Classes, class: usize) -> Vec<Range<usize>> {
    let marks = all.marks.get(class).map(Vec::as_slice).unwrap_or_default();
    let mut spans: Vec<Range<usize>> = Vec::new();
    let mut open = None;
    for (at, mark) in marks.iter().enumerate() {
        if mark.closed || mark.opened {
            spans.extend(open.take().map(|start| start..at));
        }
        if mark.opened {
            open = Some(at);
        }
    }
    spans.extend(open.map(|start| start..marks.len()));
    spans
}

/// Joins statements that differ in their context alone, `zone <*>: loaded` and `managed-keys-zone: loaded`, where
/// several statements were seen with either. `false` when there was nothing to join.
pub(super) fn contexts(all: &mut Classes, words: &Words<'_>) -> bool {
    let mut pieces: Vec<Framed> = Vec::new();
    let mut filled: HashSet<u64> = HashSet::new();
    let free = |class: &usize| all.joined.get(*class).is_some_and(Option::is_none);
    for class in (0..all.len()).filter(free) {
        for one in contexts_of(all, class, words).iter().filter_map(|span| Framed::new(all, class, span)) {
            if one.form(all).get(one.span()).is_some_and(|context| context.contains(&SLOT)) {
                filled.insert(one.piece);
            }
            pieces.push(one);
        }
    }
    pieces.sort_unstable();
    let frames: Vec<Vec<(u64, usize)>> = pieces
        .chunk_by(|left, right| left.frame == right.frame)
        .map(|alike| seen(all, alike))
        .filter(|seen| (2..=MOST_CONTEXTS).contains(&seen.len()))
        .collect();
    let evidence = Evidence::of(&frames, filled);
    let mut joins = Vec::new();
    for frame in &frames {
        for (at, (left, class)) in frame.iter().enumerate() {
            let same = frame.iter().skip(at + 1).filter(|(right, _)| evidence.is_enough(*left, *right));
            joins.extend(same.map(|(_, other)| (*class, *other)));
        }
    }
    join_all(all, joins)
}

/// Joins both of each pair. `false` when all were joined before.
pub(super) fn join_all(all: &mut Classes, joins: Vec<(usize, usize)>) -> bool {
    let mut changed = false;
    for same in connected(joins.into_iter().map(|(left, right)| (all.root(left), all.root(right)))) {
        let rank = |at: &usize| (all.known.get(*at), all.count(*at), all.forms.get(*at));
        let Some(best) = same.iter().copied().max_by(|left, right| rank(left).cmp(&rank(right))) else { continue };
        for class in same {
            changed |= all.join(class, best);
        }
    }
    changed
}

/// What stands before a colon in a class, where enough of a sentence is left without it. What went wrong, or became of
/// something, is no context of what follows.
fn contexts_of(all: &Classes, class: usize, words: &Words<'_>) -> Vec<Range<usize>> {
    let marks = all.marks.get(class).map(Vec::as_slice).unwrap_or_default();
    let form = all.forms.get(class).map(Vec::as_slice).unwrap_or_default();
    let ends = marks.iter().enumerate().filter(|(at, mark)| *at > 0 && mark.piece).map(|(at, _)| at);
    let mut start = 0;
    let mut spans = Vec::new();
    for end in ends.take(MOST_PIECES) {
        let (before, after) = around(form, &(start..end));
        let piece = form.get(start..end).unwrap_or_default();
        let said = piece.iter().filter(|word| **word != SLOT && words.kind(**word) != Kind::Function).count();
        let fails = words.fails(piece) || said > MOST_SAID || piece.iter().any(|word| words.is_state(*word));
        if before.iter().chain(after).filter(|word| **word != SLOT).count() > 1 && !fails {
            spans.push(start..end);
        }
        start = end;
    }
    spans
}

/// The contexts of one frame, each with its class; also none, where the rest was seen by itself.
fn seen(all: &Classes, alike: &[Framed]) -> Vec<(u64, usize)> {
    let bare = alike.first().and_then(|first| {
        let (before, after) = around(first.form(all), &first.span());
        all.by_form.get(&[before, after].concat())
    });
    let mut seen: Vec<(u64, usize)> = bare.map(|class| (NONE, *class)).into_iter().collect();
    seen.extend(alike.iter().map(|one| (one.piece, one.class)));
    seen.dedup_by_key(|(context, _)| *context);
    seen
}

/// Which contexts were seen with the same statements.
struct Evidence {
    /// In how many statements each two.
    pairs: HashMap<(u64, u64), usize>,
    /// In how many statements each that was seen beside others.
    times: HashMap<u64, usize>,
    /// The contexts that hold a value.
    filled: HashSet<u64>,
}

impl Evidence {
    fn of(frames: &[Vec<(u64, usize)>], filled: HashSet<u64>) -> Self {
        let (mut pairs, mut times) = (HashMap::new(), HashMap::new());
        for frame in frames {
            for (at, (left, _)) in frame.iter().enumerate() {
                *times.entry(*left).or_default() += 1;
                for (right, _) in frame.iter().skip(at + 1) {
                    *pairs.entry((*left, *right)).or_default() += 1;
                }
            }
        }
        Self { pairs, times, filled }
    }

    /// Whether two contexts, the lesser hash first, are values of one place.
    fn is_enough(&self, left: u64, right: u64) -> bool {
        let shared = self.pairs.get(&(left, right)).copied().unwrap_or_default();
        let times = |context: u64| self.times.get(&context).copied().unwrap_or_default();
        let filled = [left, right].iter().filter(|context| self.filled.contains(context)).count();
        // What stands alone may have any context, so one without a value proves nothing.
        let often = if left == NONE { filled > 0 } else { shared * 2 >= times(left).min(times(right)) };
        often && shared >= LEAST_SHARED && shared + filled >= ENOUGH
    }
}

#[cfg(test)]
mod tests {
    use super::super::statements::tests::settled;

    #[test]
    fn a_phrase_in_parentheses_is_filled_in_where_the_sentence_around_it_tells_enough() {
        let found = settled(&[
            "query for host a1 failed (zone not loaded) at query.c:5713",
            "query for host b2 failed (REFUSED) at query.c:5708",
            "query for host c3 failed (no servers could be reached) at query.c:5708",
            "server listening (auto-negotiate)",
            "server listening (udp)",
        ]);
        assert_eq!(found[0], "query for host <*> failed (<*>) at query.c:<*>");
        assert_eq!((&found[0], &found[0]), (&found[1], &found[2]));
        assert_ne!(found[3], found[4]);
    }

    #[test]
    fn what_stands_behind_a_phrase_is_not_filled_in_with_it() {
        let said = ["writing failed", "reading failed", "journal aborted", "was mounted", "is gone", "was remounted"];
        let lines: Vec<String> = said
            .iter()
            .flat_map(|said| ["device sda", "device sdb", "unit dm"].map(|of| format!("disk error ({of}) in {said}")))
            .collect();
        let found = settled(&lines.iter().map(String::as_str).collect::<Vec<_>>());
        assert_ne!(found[0], found[3], "{found:?}");
    }

    #[test]
    fn a_last_word_behind_a_colon_is_filled_in_but_no_reason() {
        let found = settled(&[
            "state of the cluster changed: ok",
            "state of the cluster changed: fail",
            "opening the large file failed: EOF",
            "opening the large file failed: permission denied",
        ]);
        assert_eq!((found[0].as_str(), &found[0]), ("state of the cluster changed: <*>", &found[1]));
        assert_ne!(found[2], found[3]);
    }

    #[test]
    fn several_last_words_are_filled_in_where_something_happened_but_no_reasons_nor_messages_of_a_part() {
        let states = ["following - discovery", "following - broadcast", "leading after vote", "looking for others"];
        for (head, same) in [
            ("state of the peer changed", true),
            ("opening the large file failed", false),
            ("connection of the peer closed", false),
            ("manager of large connections", false),
        ] {
            let lines: Vec<String> = states.iter().map(|state| format!("{head}: {state}")).collect();
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            let found = settled(&lines);
            assert_eq!(found[0] == found[1] && found[1] == found[2] && found[2] == found[3], same, "{found:?}");
            assert!(same || found[0] != found[2], "{found:?}");
        }
    }

    #[test]
    fn one_of_few_names_or_states_behind_a_colon_is_filled_in() {
        let found = settled(&["getState: IDLE", "getState: RINGING", "getState: OFFHOOK", "link: on", "link: off"]);
        assert_eq!(found[..3], ["getState: <*>"; 3]);
        assert_eq!(found[3..], ["link: <*>"; 2]);
        let found = settled(&["main: IDLE", "main: RINGING", "main: started", "main: stopped"]);
        assert_eq!(found, ["main: IDLE", "main: RINGING", "main: started", "main: stopped"]);
    }

    #[test]
    fn a_phrase_that_is_often_another_one_needs_no_sentence() {
        let jobs = ["run-parts daily", "sync mail", "rotate", "clean up", "report all", "mirror"];
        let lines: Vec<String> = jobs.iter().map(|job| format!("(root) DONE ({job})")).collect();
        let found = settled(&lines.iter().map(String::as_str).collect::<Vec<_>>());
        assert!(found.iter().all(|one| one == &found[0]), "{found:?}");
        assert_ne!(settled(&["(root) DONE (sync mail)", "(root) DONE (rotate)"])[0], found[0]);
    }

    #[test]
    fn failures_with_the_same_reasons_stay_apart() {
        let reasons =
            ["Permission denied", "No such file", "Input/output error", "Text file busy", "Exec format error"];
        let said = |reason: &&str| [format!("exec of /a/b1 failed: {reason}"), format!("cannot mount /c/d2: {reason}")];
        let lines: Vec<String> = reasons.iter().flat_map(said).collect();
        let found = settled(&lines.iter().map(String::as_str).collect::<Vec<_>>());
        assert!(found.chunks(2).all(|pair| pair[0] != pair[1]), "{found:?}");
    }

    #[test]
    fn what_many_statements_are_said_of_is_no_part_of_them() {
        let said = ["starting the load", "loaded all records", "final reference detached", "journal is out of sync"];
        let lines: Vec<String> = said
            .iter()
            .flat_map(|said| [format!("zone a{}.example: {said}", said.len()), format!("key store: {said}")])
            .chain(["key store: opened for writing".to_owned()])
            .collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let found = settled(&lines);
        for pair in found[..8].chunks(2) {
            assert_eq!(pair[0], pair[1]);
            assert!(pair[0].starts_with("zone <*>: ") || pair[0].starts_with("key store: "), "{pair:?}");
        }
        assert_eq!(found[8], "key store: opened for writing");
        let few = settled(&lines[..4]);
        assert_ne!(few[0], few[1]);
    }
}
