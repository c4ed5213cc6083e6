//! A journal's entries: each is one record, whatever its lines look like.

use std::ops::ControlFlow;

use super::event::Event;
use super::judge::{self, Known};
use super::lines::without_end;
use super::scanner::Scanner;
use crate::sources::{Clock, Journal, Zone};

impl Scanner {
    /// Reads what is new in `journal`, and hands each event to `sink`, in order. `progress` hears how many bytes
    /// journalctl wrote. Either may end the scan early; then the journal keeps no position. Trouble with the journal is
    /// in its coverage.
    pub fn scan_journal(
        &self,
        journal: &mut Journal,
        sink: &mut dyn FnMut(&Event<'_>) -> ControlFlow<()>,
        progress: &mut dyn FnMut(u64) -> ControlFlow<()>,
    ) {
        let vouches = journal.vouches();
        let mut set = self.pattern_set();
        let mut cut = 0_u64;
        journal.read(&mut |entry, bytes| {
            progress(bytes)?;
            let record = without_end(&entry.message);
            let clock = Clock { zone: Zone::Host, last_write: entry.time, day_first: None, epoch_field: None };
            let judgement = judge::judge(self, record, &clock, entry.level, Known::default(), &mut set);
            if !judgement.is_event() {
                return ControlFlow::Continue(());
            }
            cut += u64::from(entry.cut);
            let message = judgement.message.start.min(record.len())..judgement.message.end.min(record.len());
            sink(&Event {
                source: &entry.source,
                line: 0,
                offset: 0,
                time: Some(entry.time),
                stamped: true,
                level: judgement.level,
                pattern: judgement.patterns.first().copied(),
                also: judgement.patterns.get(1..).unwrap_or_default(),
                origin: vouches.then_some(&entry.origin),
                record,
                message: record.get(message).unwrap_or_default(),
            })
        });
        if cut > 0 {
            journal.remark(&format!("{cut} of its records were longer than 64 KiB and were read in part"));
        }
    }
}
