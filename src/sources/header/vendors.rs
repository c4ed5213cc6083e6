//! The part of a header's walk that meets what single vendors write.

use super::{Step, Walk};
use crate::sources::{level, stamp};

impl Walk<'_> {
    /// `%LINEPROTO-5-UPDOWN:`: facility, severity of syslog, and the name of the message, which begins there.
    pub(super) fn mnemonic(&mut self) -> Option<Step> {
        let name = self.rest().strip_prefix(b"%")?;
        let is_name = |byte: &&u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_');
        let length = name.iter().take(64).take_while(is_name).count();
        let (name, [b':', ..]) = name.split_at_checked(length)? else { return None };
        let mut parts = name.split(|byte| *byte == b'-').skip(1);
        let severity = parts.find_map(|part| match part {
            [digit @ b'0'..=b'7'] => Some(u32::from(digit - b'0')),
            _ => None,
        })?;
        parts.next()?;
        self.level = self.level.or(level::syslog(severity));
        self.message = self.at;
        Some(Step::Message)
    }

    /// `*Nov 28 03:00:00.123`: a clock that nothing sets.
    pub(super) fn unset_clock(&mut self) -> Option<Step> {
        let rest = self.rest().strip_prefix(b"*").or_else(|| self.rest().strip_prefix(b"."))?;
        let (time, length) = stamp::parse(rest, self.clock)?;
        self.at += 1;
        let step = self.stamp(time, length);
        if let [b':', ..] = self.rest() {
            self.at += 1;
        }
        Some(step)
    }
}
