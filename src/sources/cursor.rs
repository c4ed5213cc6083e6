//! Walks over bytes without ever going out of bounds.

/// A place in a line.
#[derive(Clone, Copy, Debug)]
pub struct Cursor<'a> {
    bytes: &'a [u8],
    /// The next byte to look at.
    pub at: usize,
}

impl<'a> Cursor<'a> {
    /// At `at` of `bytes`.
    pub const fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at }
    }

    /// The next byte.
    pub fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// What is left.
    pub fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// From `start` to here.
    pub fn since(&self, start: usize) -> &'a [u8] {
        self.bytes.get(start..self.at).unwrap_or_default()
    }

    /// Takes this byte if it is next.
    pub fn eat(&mut self, byte: u8) -> bool {
        self.eat_any(&[byte]).is_some()
    }

    /// Takes the next byte if it is one of these.
    pub fn eat_any(&mut self, bytes: &[u8]) -> Option<u8> {
        let next = self.peek().filter(|next| bytes.contains(next))?;
        self.at += 1;
        Some(next)
    }

    /// Takes blanks; gives how many.
    pub fn blanks(&mut self) -> usize {
        self.take_while(|byte| byte == b' ' || byte == b'\t').len()
    }

    /// Takes bytes as long as they please.
    pub fn take_while(&mut self, pleases: impl Fn(u8) -> bool) -> &'a [u8] {
        let rest = self.rest();
        let length = rest.iter().position(|byte| !pleases(*byte)).unwrap_or(rest.len());
        self.at += length;
        rest.get(..length).unwrap_or_default()
    }

    /// Takes a whole run of `min` to `max` digits.
    pub fn number(&mut self, min: usize, max: usize) -> Option<u32> {
        let mut ahead = *self;
        let digits = ahead.take_while(|byte| byte.is_ascii_digit());
        if !(min..=max).contains(&digits.len()) {
            return None;
        }
        let value = decimal(digits)?;
        self.at = ahead.at;
        u32::try_from(value).ok()
    }

    /// Takes exactly `count` digits, more may follow.
    pub fn digits(&mut self, count: usize) -> Option<u32> {
        let digits = self.rest().get(..count).filter(|digits| digits.iter().all(u8::is_ascii_digit))?;
        self.at += count;
        u32::try_from(decimal(digits)?).ok()
    }

    /// Takes an ANSI colour sequence.
    pub fn ansi(&mut self) -> bool {
        if !self.rest().starts_with(b"\x1b[") {
            return false;
        }
        self.at += 2;
        self.take_while(|byte| byte.is_ascii_digit() || byte == b';');
        self.at = self.at.saturating_add(1).min(self.bytes.len());
        true
    }
}

/// The value of at most 19 digits.
pub fn decimal(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() || digits.len() > 19 {
        return None;
    }
    digits.iter().try_fold(0_u64, |value, digit| {
        value.checked_mul(10)?.checked_add(u64::from(digit.checked_sub(b'0').filter(|digit| *digit < 10)?))
    })
}
