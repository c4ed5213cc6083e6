//! The constant words of a message: what the statement that wrote it said, without what was filled in.

use std::ops::Range;

use super::reader::{Reader, without_context};
use super::shape;

/// So many bytes of a message are looked at.
pub(super) const MAX_BYTES: usize = 2048;
/// So many words and values of it.
const MAX_PARTS: usize = 128;
/// So many bytes of a line of marks tell what it is.
const MOST_MARKS: usize = 64;
/// Stands for a value where a person reads it.
pub(super) const SLOT: &str = "<*>";
/// Stands for a value in a key.
pub(super) const VALUE: u8 = 1;
/// Ends a word in a key.
pub(super) const END: u8 = 2;
/// Ends a word that names a function, before a colon.
pub(super) const TAG: u8 = 3;
/// Ends a word that stands alone in parentheses.
pub(super) const ALONE: u8 = 4;
/// Stands before the first word of a piece of the sentence, behind a colon and a blank.
pub(super) const PIECE: u8 = 5;
/// Stands before the first word of a phrase in parentheses.
pub(super) const OPENED: u8 = 6;
/// Stands before the first word behind a phrase in parentheses.
pub(super) const CLOSED: u8 = 7;
/// Stands before a word that says what the value behind it is: `key=value`, `, key: value`.
pub(super) const KEYED: u8 = 8;

/// A word or a value of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// Bytes of the message.
    pub range: Range<usize>,
    pub value: bool,
}

/// The signature of one message. One is used for many messages, so that none costs an allocation.
#[derive(Debug, Default)]
pub(super) struct Signature {
    /// Words, each followed by [`END`]; values, runs of which are one [`VALUE`]. Punctuation does not count.
    pub key: Vec<u8>,
    pub parts: Vec<Part>,
    /// Each value by itself.
    pub values: Vec<Range<usize>>,
    /// The marks before the next word.
    pending: Pending,
}

/// What stands before a word.
#[expect(clippy::struct_excessive_bools, reason = "any of them may hold together")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Marks {
    /// It begins a piece of the sentence.
    pub piece: bool,
    /// It begins a phrase in parentheses.
    pub opened: bool,
    /// A phrase in parentheses ended before it.
    pub closed: bool,
    /// It says what the value behind it is.
    pub keyed: bool,
}

impl std::ops::BitOrAssign for Marks {
    fn bitor_assign(&mut self, other: Self) {
        self.piece |= other.piece;
        self.opened |= other.opened;
        self.closed |= other.closed;
        self.keyed |= other.keyed;
    }
}

/// The marks between the last word and the next one.
#[derive(Debug, Default)]
struct Pending {
    marks: Marks,
    /// So many parentheses are open, when the first of them opened a phrase.
    depth: u16,
    /// The phrase has a word.
    worded: bool,
}

impl Signature {
    /// Reads `message`.
    pub fn of(&mut self, message: &[u8]) {
        self.key.clear();
        self.parts.clear();
        self.values.clear();
        self.pending = Pending::default();
        let message = without_context(message.get(..message.len().min(MAX_BYTES)).unwrap_or_default());
        self.read(message, false);
        // A line of marks is told by its marks.
        if self.parts.is_empty() {
            self.marks(message);
        }
        // Where all is filled in, at least the names tell the statement.
        if self.parts.len() == 1 && self.key == [VALUE] && message.iter().any(u8::is_ascii_alphabetic) {
            self.key.clear();
            self.parts.clear();
            self.values.clear();
            self.pending = Pending::default();
            self.read(message, true);
        }
        self.numbered(message);
    }

    /// `gpr17: 0b5a 9285`: where all else is filled in, a numbered name tells the statement without its number.
    fn numbered(&mut self, message: &[u8]) {
        let [Part { range: name, value: false }, Part { range: filled, value: true }] = &mut *self.parts else {
            return;
        };
        let word = message.get(name.clone()).unwrap_or_default();
        let digits = word.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
        let stem = word.get(..word.len() - digits).unwrap_or_default();
        if digits > 0 && stem.len() > 1 && stem.iter().all(u8::is_ascii_alphabetic) && !shape::is_code(word) {
            self.key.clear();
            self.key.extend_from_slice(stem);
            self.key.extend([END, VALUE]);
            name.end -= digits;
            filled.start = name.end;
            self.values.insert(0, name.end..name.end + digits);
        }
    }

    fn marks(&mut self, message: &[u8]) {
        let start = message.len() - message.trim_ascii_start().len();
        let end = message.trim_ascii_end().len().min(start + MOST_MARKS);
        if let Some(marks) = message.get(start..end).filter(|marks| !marks.is_empty()) {
            self.key.extend(marks.iter().filter(|byte| !byte.is_ascii_whitespace() && **byte > KEYED));
            self.key.push(END);
            self.parts.push(Part { range: start..end, value: false });
        }
    }

    fn read(&mut self, message: &[u8], names: bool) {
        let mut reader = Reader { text: message, at: 0, names, pairs: 0, quote: None, out: self };
        while reader.out.parts.len() + reader.out.values.len() < MAX_PARTS && reader.step() {}
    }

    pub(super) fn word(&mut self, text: &[u8], range: Range<usize>) {
        let word = text.get(range.clone()).unwrap_or_default();
        // A function's name before what it says; within a sentence it is a name, `flush of user_events: 5 KB`.
        let tag = memchr::memchr(b'_', word).is_some()
            && text.get(range.end..).is_some_and(|rest| rest.starts_with(b": "))
            && memchr::memchr(END, &self.key).is_none();
        // Who wrote it is no part of what was said.
        if self.begins() {
            self.key.clear();
        } else {
            self.pending.marks.keyed = is_keyed(text, &range);
            self.mark();
        }
        self.key.extend_from_slice(word);
        let before = range.start.checked_sub(1).and_then(|at| text.get(at));
        let alone = before == Some(&b'(') && text.get(range.end) == Some(&b')');
        self.key.push(match (tag, alone) {
            (true, _) => TAG,
            (_, true) => ALONE,
            _ => END,
        });
        self.parts.push(Part { range, value: false });
    }

    pub(super) fn value(&mut self, range: Range<usize>) {
        self.values.push(range.clone());
        if self.key.last() == Some(&VALUE) {
            if let Some(last) = self.parts.last_mut() {
                last.range.end = range.end;
            }
            return;
        }
        self.key.push(VALUE);
        self.parts.push(Part { range, value: true });
    }

    /// A colon and a blank: the next word begins a piece.
    pub(super) fn colon(&mut self) {
        self.pending.marks.piece = self.pending.depth == 0;
    }

    /// A parenthesis, which opens a phrase where a blank stands before it.
    pub(super) fn open(&mut self, apart: bool) {
        if self.pending.depth > 0 {
            self.pending.depth = self.pending.depth.saturating_add(1);
        } else if apart {
            (self.pending.depth, self.pending.marks.opened, self.pending.worded) = (1, true, false);
        }
    }

    /// The end of one.
    pub(super) fn close(&mut self) {
        if self.pending.depth == 1 {
            self.pending.marks.opened = false;
            self.pending.marks.closed |= self.pending.worded;
        }
        self.pending.depth = self.pending.depth.saturating_sub(1);
    }

    /// Writes the marks that were met since the last word.
    fn mark(&mut self) {
        let met = std::mem::take(&mut self.pending.marks);
        let marks = [(met.closed, CLOSED), (met.piece, PIECE), (met.opened, OPENED), (met.keyed, KEYED)];
        self.key.extend(marks.iter().filter(|(is, _)| *is).map(|(_, mark)| mark));
        self.pending.worded |= self.pending.depth > 0;
    }

    /// No word was read yet.
    pub(super) fn begins(&self) -> bool {
        self.key.is_empty() || self.key == [VALUE]
    }

    pub(super) fn last_is_value(&self) -> bool {
        self.key.last() == Some(&VALUE)
    }
}

/// `key=value`; with a colon only behind a comma, for a sentence has colons too. The keys of a map are values, `{x=1}`.
fn is_keyed(text: &[u8], word: &Range<usize>) -> bool {
    match text.get(word.end..).unwrap_or_default() {
        [b'=', ..] => !text.get(..word.start).is_some_and(|before| before.ends_with(b"{")),
        // A key of JSON.
        [b'"', b':', ..] => true,
        [b':', b' ', ..] => text.get(..word.start).is_some_and(|before| before.ends_with(b", ")),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(message: &str) -> String {
        let mut signature = Signature::default();
        signature.of(message.as_bytes());
        let parts = signature.parts.iter().map(|part| if part.value { "<*>" } else { &message[part.range.clone()] });
        parts.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn what_stays_is_what_the_statement_said() {
        for (message, expected) in [
            (
                "Received block blk_-1608999687919862906 of size 91178 from /10.250.10.6",
                "Received block <*> of size <*> from <*>",
            ),
            ("connect to db:5432 failed: Connection refused", "connect to db <*> failed Connection refused"),
            (
                "proxy.example.org:5070 close, 403 bytes sent, 426 bytes (1.2 KB) received, lifetime <1 sec",
                "<*> close <*> sent <*> received lifetime <*>",
            ),
            (
                "proxy.example.org:5070 close, 403 bytes (403 B) sent, 426 bytes received, lifetime 00:01",
                "<*> close <*> sent <*> received lifetime <*>",
            ),
            (
                "authentication failure; logname= uid=0 euid=0 tty=NODEVssh ruser= rhost=218.188.2.4",
                "authentication failure logname <*> uid <*> euid <*> tty <*> ruser <*> rhost <*>",
            ),
            (
                "acquire lock=23, flags=0x1, tag=\"View Lock\", name=com.x, ws=WorkSource{10113}, uid=1",
                "acquire lock <*> flags <*> tag <*> name <*> ws <*> uid <*>",
            ),
            ("Fan speeds ( 3552 3534 **** 3515 )", "Fan speeds <*>"),
            ("relation \"users\" does not exist at character 15", "relation <*> does not exist at character <*>"),
            ("can't open 'a b.txt': it's locked", "can't open <*> it's locked"),
            ("GET https://x.org/a?b=c, then 3 retries", "GET <*> then <*> retries"),
            ("peer fe80::1%eth0 lost, 02:42:ac:11:00:02 seen at 12:30:01", "peer <*> lost <*> seen at <*>"),
            ("session opened on Mon Nov 23 10:15:30 2026 by root", "session opened on <*> by root"),
            ("took 5 seconds of 10 ms.", "took <*> of <*>"),
            ("loaded C:\\Windows\\x.dll", "loaded <*>"),
            ("IOThunderboltSwitch<0>(0x0)::listenerCallback - up", "IOThunderboltSwitch <*> listenerCallback up"),
            ("query: . IN A +E(0)K from x (10.0.0.1)", "query <*> IN A <*> from x <*>"),
            ("Added file (pos = 0, hash = )", "Added file pos <*> hash <*>"),
            ("bad syntax in RCPT command: <bad address>", "bad syntax in RCPT command <*>"),
            ("Server listening on :: port 22.", "Server listening on <*> port <*>"),
            ("(root) CMD (run-parts /etc/cron.daily)", "<*> CMD <*>"),
            ("Failed password for invalid user  from 10.0.0.1", "Failed password for invalid user <*> from <*>"),
            ("sshd[2341]: segfault at 00 rip", "<*> segfault at <*> rip"),
            ("process Safari[412] caught, acpi_id[0x01] slot[3]", "process <*> caught acpi_id <*> slot <*>"),
            ("focus from Window{a1b2c3 u0 Popup:d4} to Window{1 u0 x}", "focus from Window <*> to Window <*>"),
            ("uploaded 3 KB in 20.5 MB/s to x", "uploaded <*> in <*> to x"),
            ("no answer from any [Login Nodes] source", "no answer from any <*> source"),
            ("closed [too many errors]", "closed too many errors"),
            ("boot of node-[0-15], try 2", "boot of <*> try <*>"),
            ("GET /a?b=1&page=2 user=x", "GET <*> user <*>"),
            ("Setup *64 - 10.0.0.1:80 open now", "<*> open now"),
            ("Input split: file:/var/x:0+99", "Input split <*>"),
            ("rx Y- fifo, grade C-up", "rx <*> fifo grade C-up"),
            ("a.mum, current: Partially Installed, pending: Staged", "a.mum current <*> pending <*>"),
            ("%LINK-3-UPDOWN: Interface x1/0, changed state", "%LINK-3-UPDOWN Interface <*> changed state"),
            ("Order not found {\"id\":17,\"at\":{\"x\":1}} []", "Order not found <*>"),
            ("ORA-01555 caused by SQL", "ORA-01555 caused by SQL"),
            ("anna : TTY=pts/0 ; USER=root ; COMMAND=/bin/apt update x", "<*> TTY <*> USER <*> COMMAND <*>"),
            ("is DOWN, reason: Layer problem, code: 17", "is DOWN reason Layer problem code <*>"),
            ("Processing by Admin::Users#edit as HTML", "Processing by Admin::Users#edit as HTML"),
            ("Route GET:/items?page=2&size=3 not found", "Route GET <*> not found"),
            ("Starting apt-daily.service - Daily apt download activities...", "Starting <*>"),
            ("with arguments: #<GID:0x1 @uri=#<URI gid://x>>, 3", "with arguments <*>"),
            ("moving index [a-1] to [b-2] in policy [logs]", "moving index <*> to <*> in policy <*>"),
            ("Setting tags for user x1 to [administrator]", "Setting tags for user <*> to <*>"),
            ("Connection closed by root [preauth]", "Connection closed by root"),
            ("CMD (run-parts --report /etc/cron.daily)", "CMD <*>"),
            ("FOLLOWING - ELECTION TOOK - 21", "FOLLOWING ELECTION TOOK <*>"),
            ("\"Volume \\\"a b\\\" (id 1) is gone\" pod=\"x\" n=1", "Volume <*> id <*> is gone pod <*> n <*>"),
            ("\"starting all\"", "starting all"),
            ("FAILED! => {\"changed\": false, \"msg\": \"no such user\", \"rc\": 1}", "FAILED <*> no such user"),
            ("ws-1 (ipv4:10.0.0.1:445) closed, ipv6:fe80::1:41218 too", "<*> closed <*> too"),
            (
                "vote: 2 (n.leader), LOOKING (n.state), 1 (n.sid), LEADING (my state)",
                "vote <*> n.leader <*> n.state <*> n.sid <*> my state",
            ),
            ("[500] - \"database not found: x17\"", "<*> database not found <*>"),
            ("10.0.0.1 \"GET /a b HTTP/1.1\"", "<*>"),
            ("parsed IKE_AUTH request 1 [ IDi EF(1/2) N(AUTH) EAP/RES ]", "parsed IKE_AUTH request <*>"),
            ("Starting sshd: [ OK ]", "Starting sshd OK"),
            ("moved from 10.0.0.1[moon]...10.0.0.2[10.0.0.2] by x", "moved from <*> by x"),
            ("proposals: ESP:AES_GCM/NO_SEQ, ESP:AES_CBC/X and IKE:y", "proposals ESP <*> and IKE <*>"),
            ("   dpd_action = start", "dpd_action <*>"),
            (
                "Ignoring \"max_wait = 20.0\", forcing to \"max_wait = 5\"",
                "Ignoring max_wait <*> forcing to max_wait <*>",
            ),
            ("Stopped - used 0.1 user time", "Stopped used <*> user time"),
            ("net_addr_v4_add: 10.0.0.1 dev x", "net_addr_v4_add <*> dev x"),
            (
                "fd 7 closed <Out at 140664583177744 for <Sub at 0x7f with name x in state UP> (out)>",
                "fd <*> closed <*>",
            ),
            ("IKE_SA (unnamed)[1] state", "IKE_SA <*> state"),
            ("503 217 - - sH-- 11/11/0/0/3 0/0 \"x\" end", "<*> end"),
            ("none of the groups of none", "none of the groups of <*>"),
            ("example.com [IPv6:2001:DB8::1] did not answer", "<*> did not answer"),
            ("from 2a02:8109::1:41218 to x", "from <*> to x"),
            ("it failed {errno=2}, {error=No such file}", "it failed errno <*> error No such file"),
            ("it failed error=refused a=1", "it failed error <*> a <*>"),
            ("gpr17: 000f555d 75b592f6", "gpr <*>"),
            ("gpr17: 000f555d is bad", "gpr17 <*> is bad"),
            ("join of {n-a}{xYz}{10.0.0.1:9300}{m}, id [7]", "join of <*> id <*>"),
            ("shard [[orders][4]] of [[a][b]] is gone", "shard <*> of <*> is gone"),
            ("snapshot [nightly:snap-x/y] started", "snapshot <*> started"),
            ("update_mapping [_doc]", "update_mapping"),
            ("\"x\" is gone", "<*> is gone"),
            ("(no mail) was sent", "no mail was sent"),
            ("10.0.0.1 \"GET /a b HTTP/1.1\" status: 200 len: 9", "<*> GET <*> status <*> len <*>"),
            ("10.0.0.1 - - \"GET /a HTTP/1.1\" 200 9 \"-\"", "<*>"),
            ("failed, request: \"GET /a HTTP/1.1\" to x", "failed request <*> to x"),
            (
                "Appl: detect, Package: P_1, State = Staged, VersionComp: EQ, Exist: present",
                "Appl detect Package <*> State <*> VersionComp <*> Exist <*>",
            ),
            ("could not start: timeout, giving up", "could not start timeout giving up"),
            ("open failed: denied, path: /x", "open failed denied path <*>"),
            ("login of <class 'x'> (no mail) failed", "login of <*> no mail failed"),
            ("{\"event\":\"disk full\",\"free\":5}", "event <*> free <*>"),
            ("", ""),
            ("  ---- ", "----"),
        ] {
            assert_eq!(shown(message), expected, "{message}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_give_a_bounded_signature(message: Vec<u8>) {
            let mut signature = Signature::default();
            signature.of(&message);
            proptest::prop_assert!(signature.parts.len() <= MAX_PARTS + 1 && signature.key.len() <= MAX_BYTES * 2);
            let mut last = 0;
            for part in &signature.parts {
                proptest::prop_assert!(part.range.start >= last && part.range.end >= part.range.start);
                proptest::prop_assert!(part.range.end <= message.len());
                last = part.range.end;
            }
        }

        #[test]
        fn numbers_never_decide(a in 0_u32..1_000_000, b in 0_u32..1_000_000) {
            let text = |n: u32| shown(&format!("request {n} failed: code={n}, retry in {n} ms ({n}) at 10.0.0.{n}"));
            proptest::prop_assert_eq!(text(a), text(b));
        }
    }
}
