//! The part of a message's reading that meets objects by their class, and places in the source that called.

use super::brackets::REACH;
use super::outcomes;
use super::reader::{IN_WORD, Reader};

/// An object ends within so many bytes.
const FAR: usize = 2048;
/// The name of a file with its line is not longer.
const LONGEST_PLACE: usize = 128;

impl Reader<'_> {
    /// `Set(orders-1, orders-2)`, `Some(17)`, `HashSet()`: a collection, whichever kind it is of.
    pub(super) fn collection(&mut self, start: usize, end: usize) -> bool {
        const COLLECTIONS: [&[u8]; 14] = [
            b"Array",
            b"ArrayBuffer",
            b"HashMap",
            b"HashSet",
            b"List",
            b"ListBuffer",
            b"Map",
            b"Queue",
            b"Seq",
            b"Set",
            b"Some",
            b"TreeMap",
            b"Vector",
            b"WrappedArray",
        ];
        let is = self.byte(end) == b'(' && self.text.get(start..end).is_some_and(|word| COLLECTIONS.contains(&word));
        let close = if is && !self.out.begins() { self.closing(end, FAR) } else { end };
        let inside = self.text.get(end + 1..close).unwrap_or_default();
        // `Some(Out of memory)`
        let phrase = inside.contains(&b' ')
            && !inside.iter().any(|byte| byte.is_ascii_digit() || matches!(byte, b'=' | b',' | b'/'));
        if close > end && !phrase && !outcomes::tells_reason(inside) {
            self.out.value(start..close + 1);
            self.at = close + 1;
            return true;
        }
        false
    }

    /// `BlockManagerId(driver, 10.0.0.1, 41557, None)`, `LogSegment(size=1),LogSegment(size=2)`: objects by their class,
    /// and what they hold.
    pub(super) fn constructed(&mut self) -> bool {
        let before = self.text.get(..self.at).unwrap_or_default();
        let start = before.iter().rposition(|byte| !byte.is_ascii_alphanumeric()).map_or(0, |at| at + 1);
        let class = before.get(start..).unwrap_or_default();
        if !class.first().is_some_and(u8::is_ascii_uppercase) || is_outcome_class(class) {
            return false;
        }
        let mut end = self.closing(self.at, FAR);
        let inside = self.text.get(self.at + 1..end).unwrap_or_default();
        let camel = class.iter().any(u8::is_ascii_lowercase) && class.iter().skip(1).any(u8::is_ascii_uppercase);
        let name = inside.iter().take_while(|byte| IN_WORD[usize::from(**byte)]).count();
        let named = name > 0 && inside.get(name) == Some(&b'=');
        let listed = memchr::memchr2(b',', b'=', inside).is_some();
        let again = self.text.get(end + 1..).and_then(|rest| rest.strip_prefix(b", ")?.strip_prefix(class));
        let repeated = again.is_some_and(|rest| rest.first() == Some(&b'('));
        if end == self.at || !(named || repeated || (camel && listed)) || outcomes::tells_reason(inside) {
            return false;
        }
        // More of the same.
        while let Some(behind) = self.text.get(end + 1..).and_then(|rest| rest.strip_prefix(b","))
            && let Some(arguments) = behind.trim_ascii_start().strip_prefix(class)
            && arguments.first() == Some(&b'(')
        {
            let open = self.text.len() - arguments.len();
            let close = self.closing(open, FAR);
            if close == open || self.text.get(open..close).is_some_and(outcomes::tells_reason) {
                break;
            }
            end = close;
        }
        self.out.value(self.at..end + 1);
        self.at = end + 1;
        true
    }

    /// `[Full(a,b), Full(c,d)]`: a list of objects, however many they are.
    pub(super) fn objects(&mut self) -> bool {
        let rest = self.text.get(self.at + 1..).unwrap_or_default();
        let class = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
        let is = class > 1
            && rest.first().is_some_and(u8::is_ascii_uppercase)
            && matches!(rest.get(class), Some(b'(' | b'{'))
            && !self.out.begins()
            && !rest.get(..class).is_some_and(|class| is_outcome_class(class) || outcomes::says_state(class));
        let end = if is { self.closing(self.at, FAR) } else { self.at };
        // Nothing stands behind the last object.
        let whole = end > self.at && matches!(self.byte(end - 1), b')' | b'}');
        if whole && !self.text.get(self.at..end).is_some_and(outcomes::tells_reason) {
            self.out.value(self.at..end + 1);
            self.at = end + 1;
            return true;
        }
        false
    }

    /// `SchemaTransformationResult{before=1, after=2}`, `/containers/{id}`
    pub(super) fn braced(&mut self) -> bool {
        let before = if self.at == 0 { b' ' } else { self.byte(self.at - 1) };
        if !before.is_ascii_alphanumeric() && before != b'/' {
            return false;
        }
        let end = self.closing(self.at, FAR);
        let is = end > self.at;
        if is {
            self.out.value(self.at..end + 1);
            self.at = end + 1;
        }
        is
    }

    /// `Reason: {NOT_ENOUGH_SPACE=1, NO_STORAGE=2}`: a map, as Java prints it.
    pub(super) fn map(&mut self) -> bool {
        let end = self.closing(self.at, REACH);
        let inside = self.text.get(self.at + 1..end).unwrap_or_default();
        let name = inside.iter().take_while(|byte| IN_WORD[usize::from(**byte)]).count();
        let counted =
            inside.get(..name).is_some_and(|name| name.iter().all(|byte| byte.is_ascii_uppercase() || *byte == b'_'));
        let listed = memchr::memchr(b',', inside).is_some();
        let named = name > 0 && inside.get(name) == Some(&b'=') && (counted || listed) && !self.out.begins();
        // `{<0.98.0>,ranch_sup}` of Erlang.
        let erlang = inside.starts_with(b"<0.") || memchr::memmem::find(inside, b"<<").is_some();
        let tuple = erlang && listed && !inside.contains(&b' ');
        let is = (named || tuple) && !outcomes::tells_reason(inside);
        if is {
            self.out.value(self.at..end + 1);
            self.at = end + 1;
        }
        is
    }

    /// `mod_roster:register_user/2`
    pub(super) fn function_of_erlang(&mut self, start: usize, end: usize) -> bool {
        if self.byte(end) != b':' {
            return false;
        }
        let named = |name: &[u8]| {
            name.first().is_some_and(u8::is_ascii_lowercase)
                && name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
        };
        let Some(function) = self.text.get(end..self.word_end(end + 1)).and_then(|rest| rest.strip_prefix(b":")) else {
            return false;
        };
        let is = match function {
            [name @ .., b'/', arity] | [name @ .., b'/', b'1', arity] => {
                let module = self.text.get(start..end).unwrap_or_default();
                arity.is_ascii_digit() && [name, module].iter().all(|part| named(part) && !outcomes::says_state(part))
            }
            _ => false,
        };
        if is {
            self.at = end + 1 + function.len();
            self.out.value(start..self.at);
        }
        is
    }

    /// `(collect at jobs.py:44)`, `from broadcast at DAGScheduler.scala:1585`: what was called, and from where.
    pub(super) fn call_site(&mut self) -> bool {
        let opened = self.byte(self.at) == b'(';
        let start = self.at + usize::from(opened);
        let before = self.text.get(..start).unwrap_or_default();
        if !opened && !before.ends_with(b"from ") {
            return false;
        }
        let Some(end) = self.call_site_end(start) else { return false };
        if opened && self.byte(end) != b')' {
            return false;
        }
        self.out.value(start..end);
        self.at = end + usize::from(opened);
        true
    }

    /// Where `collect at jobs.py:44` ends.
    fn call_site_end(&self, start: usize) -> Option<usize> {
        let call = self.text.get(start..self.word_end(start)).filter(|call| !call.is_empty())?;
        let file = start + call.len() + b" at ".len();
        let behind = self.text.get(start + call.len()..)?.strip_prefix(b" at ")?;
        let name = behind.iter().take(LONGEST_PLACE).take_while(|byte| IN_WORD[usize::from(**byte)]).count();
        let has_ending = behind.get(..name)?.iter().rev().take_while(|byte| byte.is_ascii_lowercase()).count();
        // Elsewhere it is what happened: `(assertion at main.c:12)`.
        let ending = behind.get(name - has_ending..name)?;
        let known = [&b"scala"[..], b"java", b"py", b"kt"].contains(&ending) && !outcomes::says_state(call);
        let dotted = known && behind.get(name.checked_sub(has_ending + 1)?) == Some(&b'.');
        let digits = behind.get(name + 1..)?.iter().take_while(|byte| byte.is_ascii_digit()).count();
        (dotted && behind.get(name) == Some(&b':') && digits > 0).then_some(file + name + 1 + digits)
    }
}

/// `ApiError`, `HttpResponse`: what one holds says how something ended.
fn is_outcome_class(class: &[u8]) -> bool {
    [&b"Error"[..], b"Exception", b"Failed", b"Failure", b"Fault", b"Response", b"Result"]
        .iter()
        .any(|end| class.ends_with(end))
}
