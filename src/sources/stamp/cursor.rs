//! Reads the parts of a stamp: numbers, names, the time of day, the zone.

use chrono::{FixedOffset, NaiveTime};

/// `.123`, `,123` or `:123` as nanoseconds, and its length.
pub(super) fn fraction(text: &[u8]) -> Option<(u32, usize)> {
    let separator = *text.first()?;
    let digits = text.get(1..)?.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let wanted = match separator {
        b'.' | b',' => (1..=12).contains(&digits),
        b':' => digits == 3,
        _ => false,
    };
    if !wanted {
        return None;
    }
    let mut nanos = 0_u32;
    for place in 0..9 {
        let digit = if place < digits { u32::from(text.get(1 + place)? - b'0') } else { 0 };
        nanos = nanos * 10 + digit;
    }
    Some((nanos, 1 + digits))
}

/// A place in a text.
pub(super) struct Cursor<'a> {
    pub(super) text: &'a [u8],
    pub(super) at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn rest(&self) -> &'a [u8] {
        self.text.get(self.at..).unwrap_or_default()
    }

    pub(super) fn peek(&self, ahead: usize) -> Option<u8> {
        self.text.get(self.at + ahead).copied()
    }

    pub(super) fn byte(&mut self, wanted: u8) -> Option<()> {
        (self.peek(0)? == wanted).then(|| self.at += 1)
    }

    pub(super) fn blanks(&mut self) {
        while self.peek(0) == Some(b' ') {
            self.at += 1;
        }
    }

    pub(super) fn digits_ahead(&self) -> usize {
        self.rest().iter().take_while(|byte| byte.is_ascii_digit()).count()
    }

    /// Exactly so many digits.
    pub(super) fn number(&mut self, digits: usize) -> Option<u32> {
        let mut value = 0;
        for _ in 0..digits {
            let byte = self.peek(0).filter(u8::is_ascii_digit)?;
            value = value * 10 + u32::from(byte - b'0');
            self.at += 1;
        }
        Some(value)
    }

    /// One digit at least, and no more than `most`.
    pub(super) fn upto(&mut self, most: usize) -> Option<u32> {
        match self.digits_ahead() {
            0 => None,
            digits if digits <= most => self.number(digits),
            _ => None,
        }
    }

    pub(super) fn month(&mut self, separator: u8) -> Option<u32> {
        if separator != b'.' && self.peek(0)?.is_ascii_alphabetic() { self.month_name() } else { self.upto(2) }
    }

    pub(super) fn month_name(&mut self) -> Option<u32> {
        const NAMES: [(&[u8], &[u8]); 12] = [
            (b"jan", b"uary"),
            (b"feb", b"ruary"),
            (b"mar", b"ch"),
            (b"apr", b"il"),
            (b"may", b""),
            (b"jun", b"e"),
            (b"jul", b"y"),
            (b"aug", b"ust"),
            (b"sep", b"tember"),
            (b"oct", b"ober"),
            (b"nov", b"ember"),
            (b"dec", b"ember"),
        ];
        let (index, length) = self.name(&NAMES)?;
        self.at += length;
        u32::try_from(index + 1).ok()
    }

    pub(super) fn weekday(&mut self) -> bool {
        const NAMES: [(&[u8], &[u8]); 7] = [
            (b"mon", b"day"),
            (b"tue", b"sday"),
            (b"wed", b"nesday"),
            (b"thu", b"rsday"),
            (b"fri", b"day"),
            (b"sat", b"urday"),
            (b"sun", b"day"),
        ];
        let found = self.name(&NAMES);
        self.at += found.map_or(0, |(_, length)| length);
        found.is_some()
    }

    /// A name, short or whole, that no further letter follows.
    fn name(&self, names: &[(&[u8], &[u8])]) -> Option<(usize, usize)> {
        let letters = self.rest().iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
        let word = self.rest().get(..letters)?;
        let (short, tail) = word.split_at_checked(3)?;
        let index = names.iter().position(|(start, rest)| {
            short.eq_ignore_ascii_case(start) && (tail.is_empty() || tail.eq_ignore_ascii_case(rest))
        })?;
        Some((index, letters))
    }

    /// `h:mm:ss` or `h.mm.ss` with fraction and half of the day; days to add (`24:00:00`) and the time.
    pub(super) fn time(&mut self) -> Option<(i64, NaiveTime)> {
        let mut hour;
        let (minute, mut second);
        if self.digits_ahead() == 6 {
            (hour, minute, second) = (self.number(2)?, self.number(2)?, self.number(2)?);
        } else {
            hour = self.upto(2)?;
            let separator = self.peek(0).filter(|byte| matches!(byte, b':' | b'.'))?;
            self.at += 1;
            minute = self.upto(2)?;
            self.byte(separator)?;
            second = self.upto(2)?;
        }
        let mut nanos = 0;
        if let Some((value, length)) = fraction(self.rest()) {
            nanos = value;
            self.at += length;
        }
        if let [b' ' | b'\xa0', half @ (b'A' | b'a' | b'P' | b'p'), b'M' | b'm', tail @ ..] = self.rest()
            && !tail.first().is_some_and(u8::is_ascii_alphanumeric)
        {
            let afternoon = half.eq_ignore_ascii_case(&b'p');
            hour = if (1..=12).contains(&hour) { hour % 12 + if afternoon { 12 } else { 0 } } else { return None };
            self.at += 3;
        }
        let days = i64::from((hour, minute, second) == (24, 0, 0));
        hour -= if days == 1 { 24 } else { 0 };
        if second == 60 {
            (second, nanos) = (59, 999_999_999);
        }
        Some((days, NaiveTime::from_hms_nano_opt(hour, minute, second, nanos)?))
    }

    /// `Z`, `+0100`, `-05:00`, ` UTC`, ` CET`. Names that stand for several zones are left alone.
    pub(super) fn zone(&mut self) -> Option<FixedOffset> {
        const NAMES: [(&[u8], i32); 18] = [
            (b"Z", 0),
            (b"z", 0),
            (b"UTC", 0),
            (b"GMT", 0),
            (b"WET", 0),
            (b"WEST", 60),
            (b"CET", 60),
            (b"CEST", 120),
            (b"EET", 120),
            (b"EEST", 180),
            (b"MSK", 180),
            (b"JST", 540),
            (b"EST", -300),
            (b"EDT", -240),
            (b"MDT", -360),
            (b"CDT", -300),
            (b"PST", -480),
            (b"PDT", -420),
        ];
        let blank = usize::from(self.peek(0) == Some(b' '));
        let text = self.rest().get(blank..)?;
        if let Some(sign @ (b'+' | b'-')) = text.first() {
            let (minutes, length) = offset(text.get(1..)?)?;
            self.at += blank + 1 + length;
            return FixedOffset::east_opt(60 * if *sign == b'-' { -minutes } else { minutes });
        }
        let letters = text.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
        let word = text.get(..letters)?;
        let (_, minutes) = NAMES.iter().find(|(name, _)| *name == word)?;
        self.at += blank + letters;
        FixedOffset::east_opt(minutes * 60)
    }
}

/// `0100`, `01:00` or `01` in minutes, and its length.
fn offset(text: &[u8]) -> Option<(i32, usize)> {
    let digit = |index: usize| text.get(index).filter(|byte| byte.is_ascii_digit()).map(|byte| i32::from(byte - b'0'));
    let hours = digit(0)? * 10 + digit(1)?;
    let colon = usize::from(text.get(2) == Some(&b':'));
    let (minutes, length) = match (digit(2 + colon), digit(3 + colon)) {
        (Some(tens), Some(ones)) => (tens * 10 + ones, 4 + colon),
        _ => (0, 2),
    };
    let ends = text.get(length).is_none_or(|byte| !byte.is_ascii_alphanumeric());
    (ends && hours <= 14 && minutes < 60).then_some((hours * 60 + minutes, length))
}
