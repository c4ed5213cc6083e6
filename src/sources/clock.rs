//! What a stamp leaves out: the zone, the year, the day.

use std::cell::Cell;

use chrono::{
    DateTime, Datelike, FixedOffset, Local, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeDelta, TimeZone,
};

/// Which offset a stamp without a zone has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zone {
    /// The local time of the host, daylight saving included.
    Host,
    /// Always this one.
    Fixed(FixedOffset),
}

impl Zone {
    /// The instant that a clock on the wall shows as `naive`. In the hour that occurs twice the later one; in the
    /// hour that is left out, as if the clock had not been changed yet.
    #[must_use]
    pub fn at(self, naive: NaiveDateTime) -> Option<DateTime<FixedOffset>> {
        let offset = match self {
            Self::Fixed(offset) => offset,
            Self::Host => local_offset(naive)?,
        };
        offset.from_local_datetime(&naive).single()
    }

    /// The wall clock's reading at an instant.
    #[must_use]
    pub fn reading(self, instant: DateTime<FixedOffset>) -> NaiveDateTime {
        match self {
            Self::Fixed(offset) => instant.with_timezone(&offset).naive_local(),
            Self::Host => instant.with_timezone(&Local).naive_local(),
        }
    }
}

/// The host's offset at a reading of its clock. Neighbouring lines ask for the same minute, and no rule of any zone
/// changes within one.
fn local_offset(naive: NaiveDateTime) -> Option<FixedOffset> {
    thread_local! {
        static LAST: Cell<Option<(i64, FixedOffset)>> = const { Cell::new(None) };
    }
    let minute = naive.and_utc().timestamp().div_euclid(60);
    if let Some((_, offset)) = LAST.get().filter(|last| last.0 == minute) {
        return Some(offset);
    }
    let offset = Local
        .offset_from_local_datetime(&naive)
        .latest()
        .or_else(|| Local.offset_from_local_datetime(&naive.checked_sub_signed(TimeDelta::hours(2))?).latest())
        .map_or_else(|| FixedOffset::east_opt(0), |offset| Some(offset.fix()))?;
    LAST.set(Some((minute, offset)));
    Some(offset)
}

/// What it takes to read the stamps of one file.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    /// Of stamps that name none.
    pub zone: Zone,
    /// When the file was last written: what it holds is hardly younger.
    pub last_write: DateTime<FixedOffset>,
    /// `12/04/2025` is the twelfth of April; `None` where nothing tells.
    pub day_first: Option<bool>,
    /// Which word of its lines, from 0, is their time in seconds since the epoch, where it is not the first.
    pub epoch_field: Option<usize>,
}

impl Clock {
    /// The date in the latest year in which it is not more than a day after the last write.
    pub(super) fn without_year(&self, month: u32, day: u32) -> Option<NaiveDate> {
        let limit = self.zone.reading(self.last_write).date().succ_opt()?;
        // Eight years, for a 29 February across a century.
        (0..=8).find_map(|back| NaiveDate::from_ymd_opt(limit.year() - back, month, day).filter(|date| *date <= limit))
    }

    /// The latest day on which this time of day is not more than a minute after the last write.
    pub(super) fn without_date(&self, time: NaiveTime) -> Option<NaiveDate> {
        let limit = self.zone.reading(self.last_write).checked_add_signed(TimeDelta::minutes(1))?;
        if limit.date().and_time(time) <= limit { Some(limit.date()) } else { limit.date().pred_opt() }
    }

    /// A year written with two digits.
    pub(super) fn short_year(&self, year: u32) -> Option<i32> {
        let year = 2000 + i32::try_from(year).ok()?;
        (year <= self.last_write.year() + 1).then_some(year)
    }

    /// Whether seconds since the epoch are a time that a log of today may hold.
    pub(super) fn plausible(&self, seconds: i64) -> bool {
        const YEAR_2000: i64 = 946_684_800;
        (YEAR_2000..=self.last_write.timestamp().saturating_add(366 * 86_400)).contains(&seconds)
    }
}
