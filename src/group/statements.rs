//! The statements behind the messages of a run: signatures are counted, and settled once many are known.

use std::collections::HashMap;

use super::signature::{MAX_BYTES, Part, SLOT, Signature};
use super::slots::{self, Entry};
use crate::sanitize::Sanitizer;

/// What is remembered of messages takes at most so many bytes.
const MOST_BYTES: usize = 20 << 20;

/// Takes messages, and tells at the end which are of one statement.
#[derive(Debug)]
pub(super) struct Statements {
    rows: Vec<Row>,
    /// Keys of messages as they were written; they may hold secrets, and are never shown.
    by_message: HashMap<Box<[u8]>, usize>,
    by_key: HashMap<Box<[u8]>, usize>,
    signature: Signature,
    most: usize,
    bytes: usize,
}

/// The messages with one signature.
#[derive(Debug)]
struct Row {
    key: Box<[u8]>,
    /// The first message, redacted and escaped.
    text: String,
    parts: Vec<Part>,
    count: u64,
    /// What it was called before, when it must keep its name.
    name: Option<String>,
}

/// The constant text of a statement.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Template {
    /// For a person: one message, with its marks.
    pub text: String,
    /// For comparing: the words alone, the same whichever message came first.
    pub words: String,
}

/// What the rows have become.
#[derive(Debug)]
pub(super) struct Settled {
    /// The statement of each row.
    pub class: Vec<usize>,
    /// The template of each statement.
    pub templates: Vec<Template>,
}

impl Statements {
    /// Remembers at most so many signatures.
    pub fn new(most: usize) -> Self {
        Self {
            rows: Vec::new(),
            by_message: HashMap::new(),
            by_key: HashMap::new(),
            signature: Signature::default(),
            most,
            bytes: 0,
        }
    }

    /// The template of an earlier run. It keeps its name, and earlier ones go before later ones.
    pub fn know(&mut self, template: &str) -> Option<usize> {
        let mut signature = std::mem::take(&mut self.signature);
        signature.of(template.as_bytes());
        let at = self.row(&signature, template);
        self.signature = signature;
        let at = at?;
        if let Some(row) = self.rows.get_mut(at) {
            row.name.get_or_insert_with(|| template.to_owned());
        }
        Some(at)
    }

    /// The row of a message, counted. `None` when it is of a new kind, and there are too many.
    pub fn add(&mut self, message: &[u8], sanitizer: &Sanitizer) -> Option<usize> {
        let mut signature = std::mem::take(&mut self.signature);
        signature.of(message);
        let at = self.by_message.get(signature.key.as_slice()).copied().or_else(|| {
            let alias = signature.key.clone().into_boxed_slice();
            // Redacted first: a secret must not become part of a template, nor of an id.
            let text = sanitizer.clean(message, MAX_BYTES);
            if text.as_bytes() != message {
                signature.of(text.as_bytes());
            }
            let at = self.row(&signature, &text)?;
            if self.bytes < MOST_BYTES {
                self.bytes += alias.len() + 64;
                self.by_message.insert(alias, at);
            }
            Some(at)
        });
        self.signature = signature;
        self.rows.get_mut(at?)?.count += 1;
        at
    }

    /// The row of a message that was redacted, and whose signature this is, counted.
    pub fn add_clean(&mut self, message: &str, signature: &Signature) -> Option<usize> {
        let at = self.row(signature, message)?;
        self.rows.get_mut(at)?.count += 1;
        Some(at)
    }

    fn row(&mut self, signature: &Signature, text: &str) -> Option<usize> {
        if let Some(at) = self.by_key.get(signature.key.as_slice()) {
            return Some(*at);
        }
        let at = self.rows.len();
        if at >= self.most || self.bytes >= MOST_BYTES {
            return None;
        }
        let key = signature.key.clone().into_boxed_slice();
        self.bytes += 2 * key.len() + text.len() + signature.parts.len() * size_of::<Part>() + 256;
        self.by_key.insert(key.clone(), at);
        self.rows.push(Row { key, text: text.to_owned(), parts: signature.parts.clone(), count: 0, name: None });
        Some(at)
    }

    /// The template of a row by itself.
    pub fn template(&self, row: usize) -> Template {
        self.rows.get(row).map(|row| row.template(&[])).unwrap_or_default()
    }

    /// Its messages so far.
    pub fn count(&self, row: usize) -> u64 {
        self.rows.get(row).map_or(0, |row| row.count)
    }

    /// From now on it is called so.
    pub fn name(&mut self, row: usize, template: &str) {
        if let Some(row) = self.rows.get_mut(row) {
            row.name.get_or_insert_with(|| template.to_owned());
        }
    }

    /// Finds the statements.
    pub fn settle(&self) -> Settled {
        let entries: Vec<_> =
            self.rows.iter().map(|row| Entry { key: &row.key, count: row.count, known: row.name.is_some() }).collect();
        let settled = slots::settle(&entries);
        let shown = settled.shown.iter().map(|at| {
            let slots = settled.slots.get(*at).map(Vec::as_slice).unwrap_or_default();
            self.rows.get(*at).map(|row| row.template(slots)).unwrap_or_default()
        });
        let templates = shown.collect();
        Settled { class: settled.class, templates }
    }
}

/// The template of a message by itself, without any other to compare it with.
pub(super) fn template(message: &[u8], sanitizer: &Sanitizer) -> Template {
    let text = sanitizer.clean(message, MAX_BYTES);
    let mut signature = Signature::default();
    signature.of(text.as_bytes());
    Template::of(&text, &signature.parts, &[])
}

impl Row {
    fn template(&self, slots: &[u16]) -> Template {
        Template::of(&self.text, &self.parts, slots)
    }
}

/// Longest template, in bytes.
const LONGEST: usize = 512;

impl Template {
    /// The text with a slot for each value, and for the words in `slots`, which are counted from the first word or
    /// value that counts; the marks between two values go with them.
    fn of(text: &str, parts: &[Part], slots: &[u16]) -> Self {
        let mut shown = String::with_capacity(text.len().min(LONGEST) + 8);
        let mut words = String::new();
        // A value before the first word does not count.
        let leading = usize::from(parts.len() > 1 && parts.first().is_some_and(|part| part.value));
        let mut at = 0;
        let mut after_value = false;
        // Brackets that were opened within a run of values.
        let mut open = 0;
        for (index, part) in parts.iter().enumerate() {
            let widened = slots.iter().any(|slot| usize::from(*slot) + leading == index);
            let value = part.value || widened;
            let between = text.get(at..part.range.start).unwrap_or_default();
            at = part.range.end;
            let inside = text.get(part.range.clone()).unwrap_or_default();
            if value && after_value {
                open = opened(inside, opened(between, open));
                continue;
            }
            push_blanks_once(&mut shown, without_closing(between, open));
            open = if value { opened(inside, 0) } else { 0 };
            let word = if value { SLOT } else { inside };
            shown.push_str(word);
            if !value || !words.is_empty() || parts.len() == 1 {
                words.push_str(if words.is_empty() { "" } else { " " });
                words.push_str(word);
            }
            after_value = value;
            if shown.len() > LONGEST {
                shown.push_str(" ...");
                return Self { text: shown, words };
            }
        }
        let rest = without_closing(text.get(at..).unwrap_or_default(), open);
        let rest = if rest.chars().any(char::is_alphanumeric) { " ..." } else { rest };
        push_blanks_once(&mut shown, rest);
        shown.truncate(shown.trim_end().len());
        Self { text: shown, words }
    }
}

/// How many brackets are open after `text`, of which so many were before.
fn opened(text: &str, before: usize) -> usize {
    text.chars().fold(before, |open, c| match c {
        '(' | '[' | '{' | '<' => open + 1,
        ')' | ']' | '}' | '>' => open.saturating_sub(1),
        _ => open,
    })
}

/// Without the ends of so many brackets at its beginning.
fn without_closing(text: &str, open: usize) -> &str {
    let closing = text.chars().take(open).take_while(|c| matches!(c, ')' | ']' | '}' | '>')).count();
    text.get(closing..).unwrap_or_default()
}

fn push_blanks_once(out: &mut String, text: &str) {
    for c in text.chars() {
        if !c.is_whitespace() {
            out.push(c);
        } else if !out.is_empty() && !out.ends_with(' ') {
            out.push(' ');
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// The template of each message.
    pub fn settled(messages: &[&str]) -> Vec<String> {
        let sanitizer = Sanitizer::new(&[]).unwrap();
        let mut statements = Statements::new(1000);
        let rows: Vec<_> = messages.iter().map(|text| statements.add(text.as_bytes(), &sanitizer).unwrap()).collect();
        let settled = statements.settle();
        rows.iter().map(|row| settled.templates[settled.class[*row]].text.clone()).collect()
    }

    #[test]
    fn words_that_five_signatures_differ_in_are_values() {
        let users = ["root", "alice", "bob", "mallory", "eve", "oscar"];
        let lines: Vec<_> =
            users.iter().map(|user| format!("Failed password for {user} from 10.0.0.1 port 22")).collect();
        let lines: Vec<_> = lines.iter().map(String::as_str).collect();
        assert!(settled(&lines).iter().all(|one| one == "Failed password for <*> from <*> port <*>"));
        let few = settled(&["session opened for user root", "session closed for user root"]);
        assert_ne!(few[0], few[1]);
        let few = settled(&["Continuous query execution (start)", "Continuous query execution (end)"]);
        assert_ne!(few[0], few[1]);
        let few = settled(&["Login OK: [a1] (from x1 port 2)", "Login incorrect: [a1] (from x1 port 2)"]);
        assert_ne!(few[0], few[1]);
    }

    #[test]
    fn several_names_where_another_has_values_are_values() {
        let states = ["NEW", "INITED", "SETUP", "RUNNING", "COMMITTING", "SUCCEEDED"];
        let lines: Vec<String> = (1..states.len())
            .flat_map(|to| (0..to).map(move |from| format!("task {to} moved from {} to {}", states[from], states[to])))
            .collect();
        let found = settled(&lines.iter().map(String::as_str).collect::<Vec<_>>());
        assert!(found.iter().all(|one| one == "task <*> moved from <*> to <*>"), "{found:?}");
        let found = settled(&["Resolved node12 to /rack1/a", "Resolved 10.0.0.1 to /rack1/b", "Resolved nothing to 1"]);
        assert_eq!((found[0].as_str(), &found[0]), ("Resolved <*> to <*>", &found[1]));
        assert_ne!(found[0], found[2]);
    }

    /// However many kinds a value made before it was known as one, the words beside it tell what they told before.
    #[test]
    fn a_family_of_signatures_makes_no_word_common() {
        let users = ["pi", "git", "bob", "backup", "deploy", "oracle", "guest", "nagios", "jenkins", "ubuntu"];
        let acls = ["view", "modify"].iter().flat_map(|of| users.iter().map(move |user| (of, user)));
        let lines: Vec<String> = acls
            .map(|(of, user)| format!("Changing {of} acls to: {user}"))
            .chain(["view", "modify"].map(|of| format!("Changing {of} acls to: a1,b2")))
            .collect();
        let found = settled(&lines.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(found.iter().collect::<std::collections::BTreeSet<_>>().len(), 2, "{found:?}");
        assert_eq!(found[0], "Changing view acls to: <*>");
    }

    #[test]
    fn how_something_was_requested_stays_where_words_follow() {
        let found = settled(&["10.0.0.1 \"GET /a HTTP/1.1\" status: 200 len: 9"]);
        assert_eq!(found, ["<*> \"GET <*> status: <*> len: <*>"]);
    }

    #[test]
    fn names_of_values_tell_statements_apart() {
        let names = ["build_context", "host_details", "fd_limits", "vm_limits", "mount_options"];
        let lines: Vec<String> = names.iter().map(|name| format!("caller=m1.go level=i2 {name}=x3")).collect();
        let found = settled(&lines.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(found.iter().collect::<std::collections::BTreeSet<_>>().len(), names.len(), "{found:?}");
    }

    #[test]
    fn the_first_word_says_what_happened() {
        let verbs = ["established", "lost", "stopped", "closed", "opened"];
        let lines: Vec<String> = verbs.iter().map(|verb| format!("{verb} TCP connection with remote peer 1")).collect();
        let found = settled(&lines.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(found.iter().collect::<std::collections::BTreeSet<_>>().len(), verbs.len());
    }

    #[test]
    fn names_that_differ_in_two_sentences_are_values() {
        let jobs = ["MailSender", "PostReceive", "PipelineProcess", "ArchiveTrace"];
        let lines: Vec<String> =
            ["start", "done"].iter().flat_map(|what| jobs.map(|job| format!("{job} 12: {what}"))).collect();
        let found = settled(&lines.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(found.iter().collect::<std::collections::BTreeSet<_>>().len(), 2, "{found:?}");
    }

    #[test]
    fn a_word_where_another_has_a_value_is_one() {
        let found = settled(&["disk 12 is gone", "disk 13 is gone", "disk spare is gone", "disk is full"]);
        assert_eq!(found[2], "disk <*> is gone");
        assert_eq!(found[3], "disk is full");
        let found = settled(&["Enqueuing flush of t1: 5 KB on-heap", "Enqueuing flush of size_now: 6 KB on-heap"]);
        assert_eq!(found[0], found[1]);
        let found = settled(&["load_config: success", "load_views: success"]);
        assert_ne!(found[0], found[1]);
    }

    #[test]
    fn what_was_known_keeps_its_name_and_takes_in_what_fits() {
        let sanitizer = Sanitizer::new(&[]).unwrap();
        let mut statements = Statements::new(1000);
        let known = statements.know("user <*> lost the lock on <*>").unwrap();
        let row = statements.add(b"user alice lost the lock on database", &sanitizer).unwrap();
        let settled = statements.settle();
        assert_eq!(settled.class[known], settled.class[row]);
        assert_eq!(settled.templates[settled.class[row]].text, "user <*> lost the lock on <*>");
    }

    #[test]
    fn secrets_make_no_kinds() {
        let found = settled(&["login with password=swordfish failed", "login with password=hunter failed"]);
        assert_eq!(found[0], found[1]);
        assert!(!found[0].contains("swordfish"));
    }

    proptest::proptest! {
        #[test]
        fn the_order_of_lines_does_not_matter(
            words in proptest::collection::vec(0_usize..6, 1..60),
            shuffled in proptest::collection::vec(proptest::num::u32::ANY, 60),
        ) {
            let pieces = ["alpha", "beta", "NEW", "12", "eth0", "RUNNING"];
            let text = |at: usize| {
                let piece = |step: usize| pieces[words[(at * step + step) % words.len()]];
                match words[at] % 6 {
                    5 if at.is_multiple_of(2) => format!("volume {} {} of the large disk is gone", piece(1), piece(7)),
                    5 => format!("volume {} of the large disk is gone", piece(1)),
                    0 => format!("{} went {} because {} said {}", piece(1), piece(7), piece(3), pieces[at % 6]),
                    3 => format!("state of {} changed: {}", piece(1), piece(7)),
                    4 => format!("{} was moved from {} to {}, user={}", piece(1), piece(7), piece(3), at),
                    1 => format!("zone {}: {} went ({} {}) away", piece(1), piece(7), piece(3), pieces[at % 6]),
                    _ => format!("{} zone: {} went ({}) away", piece(1), piece(7), piece(3)),
                }
            };
            let lines: Vec<String> = (0..words.len()).map(text).collect();
            let mut order: Vec<usize> = (0..lines.len()).collect();
            order.sort_by_key(|at| shuffled[*at]);
            let first: Vec<&str> = lines.iter().map(String::as_str).collect();
            let second: Vec<&str> = order.iter().map(|at| lines[*at].as_str()).collect();
            let words = |lines: &[&str]| {
                let sanitizer = Sanitizer::new(&[]).unwrap();
                let mut statements = Statements::new(1000);
                let rows: Vec<_> =
                    lines.iter().map(|text| statements.add(text.as_bytes(), &sanitizer).unwrap()).collect();
                let settled = statements.settle();
                rows.iter().map(|row| settled.templates[settled.class[*row]].words.clone()).collect::<Vec<_>>()
            };
            let (first, second) = (words(&first), words(&second));
            for (place, at) in order.iter().enumerate() {
                proptest::prop_assert_eq!(&first[*at], &second[place]);
            }
        }
    }
}
