//! The part of a header's walk that meets a JSON object, or `key=value` pairs.

use std::ops::Range;

use super::{Step, Walk};
use crate::sources::level;
use crate::sources::structured::{self, Fields};

impl Walk<'_> {
    /// `level=error msg="..."`: all pairs at once.
    pub(super) fn pairs(&mut self, key: Range<usize>, value: Range<usize>, end: usize) -> Step {
        let mut fields = Fields { time: self.time, level: self.level, ..Fields::default() };
        let mut start = self.at;
        let mut others = 0;
        let mut next = Some((key, value, end));
        for _ in 0..64 {
            let Some((key, value, end)) = next else { break };
            let key = self.line.get(key).unwrap_or_default();
            let before = (fields.time, fields.level);
            // A lone `s` is a level in MongoDB's objects only.
            if key != b"s" {
                fields.take(self.line, key, value, self.clock);
            }
            self.at = end;
            while self.rest().first() == Some(&b' ') {
                self.at += 1;
            }
            if before != (fields.time, fields.level) && fields.message.is_none() && others == 0 {
                start = self.at;
            } else {
                others += 1;
            }
            next = structured::pair(self.line, self.at);
        }
        let told = (self.time, self.level) != (fields.time, fields.level);
        (self.time, self.level) = (fields.time, fields.level);
        // Pairs behind words that were passed over are of the message: `START: pop3 pid=12`.
        if told || self.doubtful == 0 {
            self.message = start;
        }
        let said = if told { fields.said() } else { fields.message };
        if let Some(range) = said {
            (self.message, self.end) = (range.start, range.end);
        } else if self.level.is_none() {
            // `p=17 u=root n=ansible | fatal: [web1]: FAILED!`
            if self.time.is_some() && self.doubtful == 0 && self.rest().starts_with(b"| ") {
                self.named = true;
                return Step::Header;
            }
            self.level_behind_pairs();
        }
        Step::Message
    }

    /// `pid=17 tid=abc WARN: boom` of sidekiq.
    fn level_behind_pairs(&mut self) {
        let rest = self.rest();
        let letters = rest.iter().take(12).take_while(|byte| byte.is_ascii_uppercase()).count();
        let found = level::word(rest.get(..letters).unwrap_or_default());
        if let (Some(found), Some(b':')) = (found, rest.get(letters)) {
            self.level = Some(found);
            self.message = self.at + letters + 1;
        }
    }

    pub(super) fn object(&mut self) {
        let text = self.rest();
        let mut fields = Fields { time: self.time, level: self.level, ..Fields::default() };
        structured::json(text, |key, value| fields.take(text, key, value, self.clock));
        let told = (self.time, self.level) != (fields.time, fields.level);
        // What tells nothing of the line belongs to the words before it: `parsed {"a": 1}`.
        if told || self.doubtful == 0 || !self.previous().last().is_some_and(u8::is_ascii_alphanumeric) {
            self.message = self.at;
        }
        if let Some(range) = fields.message.take() {
            (self.message, self.end) = (self.at + range.start, self.at + range.end);
        } else if let Some(range) = fields.wrapped.take() {
            self.wrapped(range, &mut fields);
        } else if let Some(range) = fields.said().filter(|_| told) {
            (self.message, self.end) = (self.at + range.start, self.at + range.end);
        }
        (self.time, self.level) = (fields.time, fields.level);
    }

    /// Docker's object: the level is the inner line's, the time Docker's.
    fn wrapped(&mut self, range: Range<usize>, fields: &mut Fields) {
        let inner = self.rest().get(range.clone()).unwrap_or_default();
        let inner = inner.strip_suffix(b"\\n").unwrap_or(inner);
        let start = self.at + range.start;
        (self.message, self.end) = (start, start + inner.len());
        // An object within an object within an object is nobody's log format.
        if self.at > 0 {
            return;
        }
        let plain = structured::unescape(inner);
        let mut walk = Walk::new(&plain, self.clock);
        if plain.first() == Some(&b'{') {
            let mut nested = Fields::default();
            structured::json(&plain, |key, value| nested.take(&plain, key, value, self.clock));
            (walk.time, walk.level) = (nested.time, nested.level);
        } else {
            walk.run();
            if !inner.get(..walk.message).unwrap_or_default().contains(&b'\\') {
                self.message = start + walk.message.min(inner.len());
            }
        }
        fields.level = fields.level.or(walk.level);
        fields.time = fields.time.or(walk.time);
    }
}
