//! Words as numbers, and how likely each is to have been filled in.

use std::collections::HashMap;

use super::outcomes::{FAILURES, SWITCHES, says_state};
use super::shape;
use super::signature::{ALONE, CLOSED, COUNTED, END, KEYED, LED, Marks, OPENED, PIECE, TAG, VALUE};

/// Stands for a value among words.
pub(super) const SLOT: u32 = 0;

/// The words and values of an entry's key.
#[derive(Default)]
pub(super) struct Form {
    pub words: Vec<u32>,
    /// The place of each in the key.
    pub places: Vec<u16>,
    pub marks: Vec<Marks>,
}

/// The words of all signatures, as numbers.
#[derive(Default)]
pub(super) struct Words<'a> {
    ids: HashMap<&'a [u8], u32>,
    pub kinds: Vec<Kind>,
    /// The words themselves, as in a key but for a plain end.
    texts: Vec<&'a [u8]>,
    /// What each tells of a sentence that it stands in.
    tells: Vec<Tells>,
}

/// What a word tells of the sentence that it stands in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tells {
    Nothing,
    /// Something happens: `changed`, `starting`, `complete`.
    Action,
    /// Something went wrong or ended, and the reason may follow.
    Failure,
}

/// How likely a word is to have been filled in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Holds a sentence together: never.
    Function,
    /// Says whose name follows.
    Namer,
    Plain,
    /// `os.path`, `some_name`, `SomeName`: a name of something.
    Name,
    /// `AH00944`: the number of a statement. What begins with one is of that statement, whatever its other words are.
    Code,
    /// `REFUSED`, `GET`: one of a few names.
    Capitals,
    /// `eth0`; what all of its numbers have in common.
    Numbered(u32),
}

impl Form {
    fn push(&mut self, word: u32, marks: Marks) {
        self.places.push(u16::try_from(self.words.len()).unwrap_or(u16::MAX));
        self.words.push(word);
        self.marks.push(marks);
    }
}

impl<'a> Words<'a> {
    /// The key as numbers, each with its place.
    pub fn form(&mut self, key: &'a [u8]) -> Form {
        let mut form = Form::default();
        let mut marks = Marks::default();
        let mut rest = key;
        while let Some((first, behind)) = rest.split_first() {
            match *first {
                PIECE => marks.piece = true,
                OPENED => marks.opened = true,
                CLOSED => marks.closed = true,
                KEYED => marks.keyed = true,
                COUNTED => marks.counted = true,
                LED => marks.led = true,
                VALUE => form.push(SLOT, Marks::default()),
                _ => {}
            }
            if matches!(*first, PIECE | OPENED | CLOSED | KEYED | COUNTED | LED | VALUE) {
                rest = behind;
                continue;
            }
            // A tag is another word than the same without its colon.
            let length = memchr::memchr3(END, TAG, ALONE, rest).map_or(rest.len(), |end| end + 1);
            let (word, tail) = rest.split_at_checked(length).unwrap_or((rest, &[]));
            form.push(self.id(word), std::mem::take(&mut marks));
            rest = tail;
        }
        form
    }

    fn id(&mut self, word: &'a [u8]) -> u32 {
        let next = u32::try_from(self.kinds.len() + 1).unwrap_or(u32::MAX);
        let id = *self.ids.entry(word).or_insert(next);
        if id == next {
            self.kinds.push(kind(word));
            self.texts.push(word.strip_suffix(&[END]).unwrap_or(word));
            self.tells.push(tells(word));
            if self.kind(id) == Kind::Numbered(0) {
                // Without its end, so that it is no word.
                let letters = word.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
                let stem = word.get(..letters).unwrap_or_default();
                let stem = self.id(if INTERFACES.contains(&stem) { INTERFACES[0] } else { stem });
                if let Some(kind) = self.kinds.get_mut(id as usize - 1) {
                    *kind = Kind::Numbered(stem);
                }
            }
        }
        id
    }

    /// Whether the number of a statement stands first.
    pub fn is_coded(&self, form: &[u32]) -> bool {
        form.first().is_some_and(|word| *word != SLOT && self.kind(*word) == Kind::Code)
    }

    /// Whether it says which of two states something is in.
    pub fn is_switch(&self, word: u32) -> bool {
        SWITCHES.iter().any(|switch| self.text(word).eq_ignore_ascii_case(switch))
    }

    /// Whether it says that something of a kind is not what it should be: `unknown directive`.
    pub fn doubts(&self, word: u32) -> bool {
        DOUBTS.iter().any(|doubt| self.text(word).eq_ignore_ascii_case(doubt))
    }

    /// Whether it says what of something is meant: `invalid header name`.
    pub fn is_attribute(&self, word: u32) -> bool {
        ATTRIBUTES.contains(&self.text(word))
    }

    /// Whether it says how far something is.
    pub fn is_phase(&self, word: u32) -> bool {
        let word = self.text(word);
        PHASES.contains(&word.strip_suffix(&[ALONE]).unwrap_or(word))
    }

    /// Whether it is of several words, as names often are.
    pub fn is_hyphened(&self, word: u32) -> bool {
        self.text(word).contains(&b'-')
    }

    /// Whether it says what somebody did: `opened`.
    pub fn is_done(&self, word: u32) -> bool {
        let text = self.text(word);
        text.len() > 4 && text.ends_with(b"ed") && text.iter().all(u8::is_ascii_lowercase)
    }

    /// Whether a person or a thing may be called so.
    pub fn may_be_name(&self, word: u32) -> bool {
        const NO_NAMES: [&[u8]; 12] = [
            b"almost", b"finally", b"just", b"never", b"new", b"nobody", b"nothing", b"now", b"once", b"still",
            b"then", b"unknown",
        ];
        let text = self.text(word);
        let adverb = NO_NAMES.contains(&text) || text.ends_with(b"ly");
        word != SLOT
            && !adverb
            && matches!(self.kind(word), Kind::Plain | Kind::Name | Kind::Numbered(_))
            && self.text(word).first().is_some_and(u8::is_ascii_lowercase)
            && !self.is_state(word)
    }

    /// Whether it is of several words with marks between that stand in names alone: `system.IndexInfo`, `mod_adhoc`.
    pub fn is_compound(&self, word: u32) -> bool {
        self.kind(word) == Kind::Name && self.text(word).iter().any(|byte| matches!(byte, b'.' | b'_' | b'/'))
    }

    /// Whether it is of several words with dots between, as the names of hosts are.
    pub fn is_dotted(&self, word: u32) -> bool {
        let text = self.text(word);
        memchr::memchr_iter(b'.', text).count() > 1
            && text.iter().all(|byte| *byte == b'.' || byte.is_ascii_lowercase())
    }

    /// Whether the words say that something happens, and nothing of a failure.
    pub fn acts(&self, form: &[u32]) -> bool {
        self.any_tells(form, Tells::Action) && !self.fails(form)
    }

    /// Whether what it is about stands behind it: `by client`.
    pub fn introduces(&self, word: u32) -> bool {
        const PREPOSITIONS: [&[u8]; 9] = [b"at", b"by", b"for", b"from", b"in", b"of", b"on", b"to", b"with"];
        PREPOSITIONS.contains(&self.text(word))
    }

    /// Whether something of this kind has a name of its own: `by client SPP`.
    pub fn is_actor(&self, word: u32) -> bool {
        const ACTORS: [&[u8]; 6] = [b"client", b"context", b"node", b"queue", b"topic", b"worker"];
        ACTORS.contains(&self.text(word))
    }

    /// Whether one of a few words follows that a person wants apart: `for reason TIMEOUT`.
    pub fn is_circumstance(&self, word: u32) -> bool {
        const CIRCUMSTANCES: [&[u8]; 10] =
            [b"code", b"error", b"event", b"level", b"mode", b"phase", b"reason", b"result", b"state", b"status"];
        CIRCUMSTANCES.contains(&self.text(word))
    }

    /// Whether it says what became of what stands before it: `user created`, `host unreachable`.
    pub fn is_state(&self, word: u32) -> bool {
        says_state(self.text(word))
    }

    /// Whether the words tell of a failure.
    pub fn fails(&self, form: &[u32]) -> bool {
        self.any_tells(form, Tells::Failure)
    }

    fn any_tells(&self, form: &[u32], what: Tells) -> bool {
        form.iter().any(|word| word.checked_sub(1).and_then(|at| self.tells.get(at as usize)) == Some(&what))
    }

    fn text(&self, word: u32) -> &'a [u8] {
        word.checked_sub(1).and_then(|at| self.texts.get(at as usize)).copied().unwrap_or_default()
    }

    /// How likely the word was filled in.
    pub fn kind(&self, word: u32) -> Kind {
        word.checked_sub(1).and_then(|at| self.kinds.get(at as usize)).copied().unwrap_or(Kind::Plain)
    }
}

fn tells(word: &[u8]) -> Tells {
    let word = word.strip_suffix(&[END]).unwrap_or(word);
    let holds = |part: &&[u8]| word.windows(part.len()).any(|at| at.eq_ignore_ascii_case(part));
    let among = |words: &[&[u8]]| words.iter().any(|other| word.eq_ignore_ascii_case(other));
    if FAILURES.iter().any(holds) || among(&[b"no", b"not", b"bad"]) {
        return Tells::Failure;
    }
    let long = word.len() > 5 && word.iter().all(u8::is_ascii_alphabetic);
    let participle = long && (word.ends_with(b"ed") || word.ends_with(b"ing"));
    if participle || among(&[b"complete"]) { Tells::Action } else { Tells::Nothing }
}

fn kind(word: &[u8]) -> Kind {
    let (word, tag) = match word {
        [word @ .., TAG] => (word, true),
        [word @ .., ALONE] => {
            return if PHASES.contains(&word) { Kind::Plain } else { Kind::Name };
        }
        [word @ .., END] | word => (word, false),
    };
    if tag {
        return Kind::Function;
    }
    let among = |words: &[&[u8]]| words.iter().any(|other| word.eq_ignore_ascii_case(other));
    if shape::is_thrown(word) {
        return Kind::Plain;
    }
    let capitals = word.iter().all(u8::is_ascii_uppercase);
    if !capitals && among(&FUNCTION) {
        return Kind::Function;
    }
    if among(&NAMERS) {
        return Kind::Namer;
    }
    if shape::is_code(word) {
        return Kind::Code;
    }
    if word.last().is_some_and(u8::is_ascii_digit) {
        // `UDP/IPv4`
        let name = word.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
        let counts = !shape::NUMBERED.iter().any(|other| name.eq_ignore_ascii_case(other));
        return if counts { Kind::Numbered(0) } else { Kind::Plain };
    }
    let inner = word.get(1..).unwrap_or_default();
    let camel = word.iter().any(u8::is_ascii_lowercase) && inner.iter().any(u8::is_ascii_uppercase);
    if capitals && word.len() > 1 {
        return Kind::Capitals;
    }
    if camel || inner.iter().any(|byte| b"._/$@+~%\\:".contains(byte)) { Kind::Name } else { Kind::Plain }
}

/// Words that hold sentences together, and no value is.
const FUNCTION: [&[u8]; 57] = [
    b"a", b"after", b"already", b"an", b"and", b"are", b"as", b"at", b"be", b"been", b"before", b"but", b"by", b"can",
    b"cannot", b"could", b"did", b"do", b"does", b"during", b"for", b"from", b"has", b"have", b"if", b"in", b"into",
    b"is", b"it", b"no", b"not", b"of", b"off", b"on", b"or", b"out", b"over", b"that", b"the", b"then", b"this",
    b"through", b"to", b"under", b"until", b"up", b"via", b"was", b"were", b"when", b"while", b"will", b"with",
    b"without", b"would", b"you", b"your",
];
/// What something has.
const ATTRIBUTES: [&[u8]; 20] = [
    b"address",
    b"argument",
    b"character",
    b"code",
    b"count",
    b"data",
    b"date",
    b"encoding",
    b"field",
    b"format",
    b"id",
    b"key",
    b"length",
    b"name",
    b"number",
    b"signature",
    b"size",
    b"type",
    b"value",
    b"version",
];
/// Not what it should be.
const DOUBTS: [&[u8]; 7] =
    [b"illegal", b"invalid", b"undefined", b"unknown", b"unrecognised", b"unrecognized", b"unsupported"];
/// How far something is: `compaction (start)`, `containers: done`.
const PHASES: [&[u8]; 8] = [b"begin", b"done", b"end", b"ended", b"finished", b"start", b"started", b"stopped"];
/// Interfaces of the network, whichever kind.
const INTERFACES: [&[u8]; 14] = [
    b"eth", b"bond", b"br", b"docker", b"dummy", b"en", b"lo", b"ppp", b"tap", b"team", b"tun", b"veth", b"wg", b"wlan",
];
/// What stands behind these is somebody's or something's name.
const NAMERS: [&[u8]; 5] = [b"user", b"username", b"account", b"host", b"hostname"];
