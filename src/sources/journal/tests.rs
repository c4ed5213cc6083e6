//! How a journal is asked for, and where one goes on.

use super::*;
use crate::config::Feed;
use crate::sys::service::Unit;

fn journal(query: &config::Journal, earlier: Option<&JournalPosition>, since: Option<&str>) -> Journal {
    let log = Log { name: "journal".to_owned(), feed: Feed::Journal(query.clone()), required: false, expect: None };
    Journal::new(&log, query, earlier, since.map(|text| text.parse().unwrap()))
}

fn asked(query: &config::Journal, earlier: Option<&JournalPosition>, since: Option<&str>) -> String {
    query::argv(query, &journal(query, earlier, since).earlier, true).join(" ")
}

/// The line of an entry of second `second` by this unit.
fn line(second: u32, unit: &str) -> String {
    format!(
        r#"{{"__CURSOR":"s=1;i={second};b=b;m={second};t=t;x=x","__REALTIME_TIMESTAMP":"17648586{second:02}000000",
        "_SYSTEMD_UNIT":"{unit}","MESSAGE":"text"}}"#
    )
}

/// Feeds lines as journalctl would; gives the seconds of what was new.
fn feed(journal: &mut Journal, lines: &[String]) -> Vec<u32> {
    let mut new = Vec::new();
    for text in lines {
        let flow = journal.line(Line { bytes: text.as_bytes(), cut: false, half: false }, 0, &mut |entry, _| {
            new.push(u32::try_from(entry.time.timestamp() % 100).unwrap());
            ControlFlow::Continue(())
        });
        assert!(flow.is_continue());
    }
    new
}

#[test]
fn journalctl_is_asked_with_whole_arguments() {
    let query = config::Journal {
        units: vec![Unit::parse("nginx.service").unwrap()],
        identifiers: vec!["kernel".to_owned()],
        priority: Some(4),
        boot: false,
        directory: Some("/var/j".into()),
    };
    let first = asked(&query, None, Some("2025-12-04T14:30:22.9Z"));
    let words = "--unit=nginx.service --identifier=kernel --priority=4 --directory=/var/j --since=@1764858622";
    assert!(first.starts_with("journalctl --output=json --no-pager --quiet --all --output-fields=MESSAGE,"), "{first}");
    assert!(first.ends_with(words), "{first}");
    let earlier = JournalPosition { cursor: Some("s=1;i=2".to_owned()), ..JournalPosition::default() };
    let later = asked(&config::Journal::default(), Some(&earlier), None);
    assert!(later.ends_with(" --cursor=s=1;i=2"), "{later}");
    let boot = config::Journal { boot: true, ..config::Journal::default() };
    let later = asked(&boot, Some(&earlier), None);
    assert!(later.ends_with(" --boot --cursor=s=1;i=2"), "{later}");
    assert!(!journal(&query, None, None).vouches(), "a folder may hold another host's journal");
    assert!(journal(&config::Journal::default(), None, None).vouches());
}

#[test]
fn only_process_1_tells_of_a_start() {
    let mut journal = journal(&config::Journal::default(), None, None);
    let entry = |second: u32, fields: &str| {
        line(second, "init.scope").replace("\"MESSAGE\"", &format!("{fields},\"UNIT\":\"web.service\",\"MESSAGE\""))
    };
    let started = r#""MESSAGE_ID":"39f53479d3a045ac8e11786248231fbf""#;
    feed(
        &mut journal,
        &[
            entry(1, &format!(r#"{started},"_PID":"1","_UID":"0""#)),
            entry(2, &format!(r#"{started},"_PID":"812","_UID":"0""#)),
            entry(3, &format!(r#"{started},"_PID":"1","_UID":"1000""#)),
            entry(4, r#""MESSAGE_ID":"de5b426a63be47a7b6ac3eaac82e2f6f","_PID":"1","_UID":"0""#),
            entry(5, r#""MESSAGE_ID":"7d4958e842da4a758f6c1cdc7b36dcc5","_PID":"1","_UID":"0""#),
        ],
    );
    let starts: Vec<_> = journal.starts().iter().map(|one| (one.unit.clone(), one.at.timestamp() % 100)).collect();
    assert_eq!(starts, [("web.service".to_owned(), 1), ("web.service".to_owned(), 5)]);
}

#[test]
fn the_first_run_keeps_to_the_window_and_a_later_one_goes_on() {
    let (a, b) = ("a.service", "b.service");
    let mut first = journal(&config::Journal::default(), None, Some("2025-12-04T14:30:10Z"));
    assert_eq!(feed(&mut first, &[line(9, a), line(10, a), line(12, b), line(11, a)]), [10, 12, 11]);
    let (coverage, position) = first.finish();
    let position = position.unwrap();
    assert_eq!((coverage.state, coverage.lines, coverage.bytes), (State::Ok, 3, 12));
    assert_eq!(position.cursor.as_deref(), Some("s=1;i=11;b=b;m=11;t=t;x=x"));
    assert_eq!(position.seen.keys().collect::<Vec<_>>(), ["journal:a.service", "journal:b.service"]);

    let mut second = journal(&config::Journal::default(), Some(&position), Some("2025-12-04T15:00:00Z"));
    // A clock that was set back hides nothing once the last entry was met.
    assert_eq!(feed(&mut second, &[line(11, a), line(5, a), line(13, b)]), [5, 13]);
    assert_eq!(second.coverage.detail, "");
    let position = second.finish().1.unwrap();
    assert_eq!(position.seen["journal:a.service"].timestamp() % 100, 11, "the newest stays");
    let third = journal(&config::Journal::default(), Some(&position), None);
    let (coverage, kept) = third.finish();
    assert_eq!((coverage.state, kept), (State::Empty, Some(position)));
}

#[test]
fn where_the_last_entry_is_gone_the_time_counts() {
    let mut first = journal(&config::Journal::default(), None, None);
    feed(&mut first, &[line(20, "a.service")]);
    let position = first.finish().1.unwrap();
    let mut second = journal(&config::Journal::default(), Some(&position), None);
    assert_eq!(feed(&mut second, &[line(18, "a.service"), line(21, "a.service"), line(19, "a.service")]), [21, 19]);
    assert!(second.coverage.detail.contains("is gone"), "{}", second.coverage.detail);
    // Moved from memory to disk it has another number, and is the same.
    let moved = line(20, "a.service").replace("s=1;i=20", "s=9;i=4711");
    let mut third = journal(&config::Journal::default(), Some(&position), None);
    assert_eq!(feed(&mut third, &[moved, line(21, "a.service")]), [21]);
    assert_eq!(third.coverage.detail, "");
}

#[test]
fn of_this_boot_all_is_new_when_the_last_run_was_in_another() {
    let query = config::Journal { boot: true, ..config::Journal::default() };
    let mut first = journal(&query, None, None);
    feed(&mut first, &[line(20, "a.service")]);
    let position = first.finish().1.unwrap();
    // The clock of the new boot was behind at first.
    let booted = |second: u32| line(second, "a.service").replace("b=b", "b=c");
    let mut second = journal(&query, Some(&position), None);
    assert_eq!(feed(&mut second, &[booted(18), booted(21)]), [18, 21]);
    assert_eq!(second.coverage.detail, "");
}

#[test]
fn what_is_of_this_boot_counts_under_the_entry_that_asks_for_it() {
    let query = config::Journal { boot: true, ..config::Journal::default() };
    let log = Log { name: "boot".to_owned(), feed: Feed::Journal(query.clone()), required: false, expect: None };
    let mut pair = [Journal::new(&log, &query, None, None), asking("all", &[], None, None)];
    Journal::share(&mut pair);
    let boot = crate::sys::machine::boot().unwrap();
    let now = line(21, "a.service").replace(r#""MESSAGE""#, &format!(r#""_BOOT_ID":"{boot}","MESSAGE""#));
    let before = now.replace(&boot, "0123456789abcdef0123456789abcdef");
    assert_eq!(feed(&mut pair[1], &[now, before.replace("21", "22")]), [22]);
}

#[test]
fn a_window_without_entries_is_no_second_chance_for_old_ones() {
    let first = journal(&config::Journal::default(), None, Some("2025-12-04T14:30:10Z"));
    let position = first.finish().1.unwrap();
    let mut second = journal(&config::Journal::default(), Some(&position), Some("2025-12-04T16:00:00Z"));
    assert_eq!(feed(&mut second, &[line(9, "a.service"), line(10, "a.service")]), [10]);
}

#[test]
fn what_is_no_entry_or_heals_own_is_passed_over() {
    let own = line(30, "heal.service")
        .replace(r#""MESSAGE""#, r#""SYSLOG_IDENTIFIER":"heal","_COMM":"heal","_UID":"0","MESSAGE""#);
    let mut journal = journal(&config::Journal::default(), None, None);
    assert_eq!(feed(&mut journal, &["garbage".to_owned(), own]), [0; 0]);
    let cut = Line { bytes: b"{", cut: true, half: false };
    assert!(journal.line(cut, 0, &mut |_, _| ControlFlow::Break(())).is_continue());
    assert_eq!((journal.entries.no_entry, journal.entries.long), (1, 1));
    let position = journal.finish().1.unwrap();
    assert!(position.seen.is_empty());
    assert!(position.cursor.is_some(), "it is read, all the same");
}

#[test]
fn a_flood_of_units_is_bounded_and_the_newest_stay() {
    let mut journal = journal(&config::Journal::default(), None, None);
    let start: DateTime<FixedOffset> = "2025-12-04T14:30:10Z".parse().unwrap();
    for number in 0..1500 {
        let time = start + chrono::TimeDelta::seconds(number);
        journal.position.seen.insert(format!("journal:session-{number}.scope"), time);
    }
    for number in 0..150 {
        let line = format!(
            r#"{{"__CURSOR":"c{number}","__REALTIME_TIMESTAMP":"1864858600000000","SYSLOG_IDENTIFIER":"n{number}"}}"#
        );
        assert_eq!(feed(&mut journal, &[line]).len(), 1);
    }
    let chosen = journal.position.seen.keys().filter(|name| is_chosen(name)).count();
    assert_eq!(chosen, MOST_NAMES);
    let seen = journal.finish().1.unwrap().seen;
    assert_eq!(seen.len(), MAX_SEEN);
    assert!(seen.contains_key("journal:session-1499.scope") && !seen.contains_key("journal:session-499.scope"));
    assert!(!seen.keys().any(|name| is_chosen(name)), "names that anyone may choose go first");
}

#[test]
fn a_folder_that_is_not_there_is_missing() {
    let query = config::Journal { directory: Some("/nonexistent/journal".into()), ..config::Journal::default() };
    let mut journal = journal(&query, None, None);
    journal.read(&mut |_, _| ControlFlow::Continue(()));
    assert_eq!(journal.finish().0.state, State::Missing);
}

/// A journal entry of this name that asks for these units, of this priority.
fn asking(name: &str, units: &[&str], priority: Option<u8>, earlier: Option<&JournalPosition>) -> Journal {
    let units = units.iter().map(|unit| Unit::parse(unit).unwrap()).collect();
    let query = config::Journal { units, priority, ..config::Journal::default() };
    let log = Log { name: name.to_owned(), feed: Feed::Journal(query.clone()), required: false, expect: None };
    Journal::new(&log, &query, earlier, None)
}

/// The lines that journalctl would give for a.service, and for errors.
fn ask_both(second: u32) -> String {
    line(second, "a.service").replace(r#""MESSAGE""#, r#""PRIORITY":"3","MESSAGE""#)
}

#[test]
fn a_record_that_two_entries_ask_for_counts_under_the_first() {
    let mut pair = [asking("unit", &["a.service"], None, None), asking("errors", &[], Some(3), None)];
    Journal::share(&mut pair);
    let [mut unit, mut errors] = pair;
    assert_eq!(feed(&mut unit, &[ask_both(10), line(11, "a.service")]), [10, 11]);
    // The last came between the reading of the two.
    let other = ask_both(13).replace("a.service", "b.service");
    assert_eq!(feed(&mut errors, &[ask_both(10), other, ask_both(14)]), [13]);
    assert_eq!(errors.coverage.lines, 1);
    let (unit, errors) = (unit.finish().1.unwrap(), errors.finish().1.unwrap());
    assert!(errors.seen.contains_key("journal:a.service"), "it was seen, all the same");
    let mut pair = [asking("unit", &["a.service"], None, Some(&unit)), asking("errors", &[], Some(3), Some(&errors))];
    Journal::share(&mut pair);
    assert_eq!(feed(&mut pair[0], &[line(11, "a.service"), ask_both(14)]), [14]);
}

#[test]
fn what_an_entry_has_counted_stays_its_own_beside_a_new_one() {
    let mut errors = asking("errors", &[], Some(3), None);
    assert_eq!(feed(&mut errors, &[ask_both(10)]), [10]);
    let errors = errors.finish().1.unwrap();
    let mut pair = [asking("unit", &["a.service"], None, None), asking("errors", &[], Some(3), Some(&errors))];
    Journal::share(&mut pair);
    assert_eq!(feed(&mut pair[0], &[line(9, "a.service"), ask_both(10), ask_both(12)]), [9, 12]);
    assert_eq!(feed(&mut pair[1], &[ask_both(10), ask_both(12)]), [0; 0]);
}
