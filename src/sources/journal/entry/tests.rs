//! What journalctl writes, as it writes it.

use super::*;

/// An entry with these fields beside its place.
fn entry(fields: &str) -> Option<Entry> {
    let place = r#""__CURSOR":"s=1;i=2;b=3;m=4;t=5;x=6","__REALTIME_TIMESTAMP":"1764858622123456""#;
    Entry::parse(format!("{{{place},{fields}}}").as_bytes(), 1000, false)
}

fn message(value: &str) -> Vec<u8> {
    entry(&format!(r#""MESSAGE":{value}"#)).unwrap().message
}

#[test]
fn a_real_entry_is_read() {
    let line = br#"{"_SYSTEMD_UNIT":"nginx.service","__MONOTONIC_TIMESTAMP":"8161246","PRIORITY":"3","_UID":"0",
        "_COMM":"nginx","_PID":"812","__CURSOR":"s=a;i=1;b=b;m=c;t=d;x=e","SYSLOG_IDENTIFIER":"nginx",
        "_BOOT_ID":"8a","_TRANSPORT":"stdout","MESSAGE":"bind() failed","__REALTIME_TIMESTAMP":"1764858622123456"}"#;
    let entry = Entry::parse(line, 0, false).unwrap();
    assert_eq!(entry.source, "journal:nginx.service");
    assert_eq!(entry.time, DateTime::parse_from_rfc3339("2025-12-04T14:30:22.123456Z").unwrap());
    assert_eq!((entry.message.as_slice(), entry.level), (&b"bind() failed"[..], Some(Level::Error)));
    assert_eq!(entry.cursor, "s=a;i=1;b=b;m=c;t=d;x=e");
    let origin = Origin {
        unit: Some("nginx.service".to_owned()),
        uid: Some(0),
        comm: Some("nginx".to_owned()),
        says_manager_of: None,
    };
    assert_eq!(entry.origin, origin);
    assert!(!entry.own && !entry.cut);
}

#[test]
fn a_message_comes_in_many_shapes() {
    assert_eq!(message(r#""a\nb \u001b[1m\ud83d\ude00""#), "a\nb \x1b[1m\u{1f600}".as_bytes());
    assert_eq!(message("[101,114,114,255,0]"), b"err\xff\0");
    assert_eq!(message("null"), b"");
    assert_eq!(message(r#"["one","two"]"#), b"one\ntwo");
    assert_eq!(message(r#"["one",[116,119,111,255],null,"three"]"#), b"one\ntwo\xff\nthree");
    assert_eq!(message("[]"), b"");
    assert_eq!(entry(r#""PRIORITY":"6""#).unwrap().message, b"");
}

#[test]
fn what_is_no_entry_is_none() {
    for line in [
        &b""[..],
        b"-- No entries --",
        b"{}",
        b"[1,2]",
        br#"{"__CURSOR":"c"}"#,
        br#"{"__REALTIME_TIMESTAMP":"1764858622123456"}"#,
        br#"{"__CURSOR":"c","__REALTIME_TIMESTAMP":"999999999999999999"}"#,
        br#"{"__CURSOR":"c","__REALTIME_TIMESTAMP":"-5"}"#,
        br#"{"__CURSOR":"c","__REALTIME_TIMESTAMP":"1764858622123456","MESSAGE":[300]}"#,
        br#"{"__CURSOR":"c","__REALTIME_TIMESTAMP":"1764858622123456","MESSAGE":[1,"a"]}"#,
        br#"{"__CURSOR":"c","__REALTIME_TIMESTAMP":"1764858622123456","MESSAGE":[["a"]]}"#,
        br#"{"__CURSOR":"c","__REALTIME_TIMESTAMP":"1764858622123456","MESSAGE":{"a":1}}"#,
        br#"{"__CURSOR":"c","__REALTIME_TIMESTAMP":"1764858622123456","MESSAGE":"cut of"#,
    ] {
        assert_eq!(Entry::parse(line, 0, false), None, "{}", String::from_utf8_lossy(line));
    }
    let deep = "[".repeat(100_000);
    assert_eq!(entry(&format!(r#""MESSAGE":{deep}"#)), None);
}

#[test]
fn a_long_message_is_cut_and_says_so() {
    let long = entry(&format!(r#""MESSAGE":"{}""#, "x".repeat(MOST_BYTES))).unwrap();
    assert!(!long.cut && long.message.len() == MOST_BYTES);
    let longer = entry(&format!(r#""MESSAGE":"{}""#, "x".repeat(MOST_BYTES + 1))).unwrap();
    assert!(longer.cut && longer.message.len() == MOST_BYTES);
    let bytes = entry(&format!(r#""MESSAGE":[{}255]"#, "120,".repeat(MOST_BYTES + 5))).unwrap();
    assert!(bytes.cut && bytes.message.len() == MOST_BYTES);
    let many = entry(&format!(r#""MESSAGE":[{}"y"]"#, r#""x","#.repeat(500))).unwrap();
    assert!(many.cut && many.message.len() == 2 * MOST_VALUES - 1);
}

#[test]
fn only_process_1_speaks_for_a_unit() {
    let said = |fields: &str| entry(fields).unwrap().origin.says_manager_of;
    assert_eq!(said(r#""UNIT":"a.service","_PID":"1","_UID":"0","_COMM":"systemd""#).as_deref(), Some("a.service"));
    for forged in [
        r#""UNIT":"a.service","_PID":"812","_UID":"1000","_COMM":"systemd""#,
        r#""UNIT":"a.service","_PID":"812","_UID":"0","_COMM":"systemd""#,
        r#""UNIT":"a.service","_PID":["1","812"],"_UID":"0""#,
        r#""UNIT":"a.service""#,
        r#""UNIT":["a.service","b.service"],"_PID":"1","_UID":"0""#,
        r#""UNIT":"a b","_PID":"1","_UID":"0""#,
        r#""OBJECT_SYSTEMD_UNIT":"a.service","COREDUMP_UNIT":"a.service","_PID":"1","_UID":"0""#,
    ] {
        assert_eq!(said(forged), None, "{forged}");
    }
}

#[test]
fn nobody_passes_for_another_by_a_name() {
    let source = |fields: &str| entry(fields).unwrap().source;
    assert_eq!(source(r#""SYSLOG_IDENTIFIER":"nginx","_SYSTEMD_UNIT":"session-3.scope""#), "journal:session-3.scope");
    assert_eq!(source(r#""SYSLOG_IDENTIFIER":"nginx""#), "journal:(nginx)");
    assert_eq!(source(r#""SYSLOG_IDENTIFIER":"nginx.service""#), "journal");
    assert_eq!(source(r#""SYSLOG_IDENTIFIER":"kernel","_TRANSPORT":"kernel""#), "journal:kernel");
    assert_eq!(source(r#""SYSLOG_IDENTIFIER":"kernel","_TRANSPORT":"syslog""#), "journal:(kernel)");
    assert_eq!(source(r#""UNIT":"a.service","_PID":"1","_UID":"0","_SYSTEMD_UNIT":"init.scope""#), "journal:a.service");
    assert_eq!(source(r#""UNIT":"a.service","_PID":"7","_UID":"7""#), "journal");
}

#[test]
fn heal_knows_its_own_words() {
    let own = |fields: &str| entry(fields).unwrap().own;
    assert!(own(r#""SYSLOG_IDENTIFIER":"heal","_COMM":"heal","_UID":"0""#));
    assert!(own(r#""SYSLOG_IDENTIFIER":"heal","_COMM":"heal","_UID":"1000""#));
    assert!(!own(r#""SYSLOG_IDENTIFIER":"heal","_COMM":"heal","_UID":"1001""#));
    assert!(!own(r#""SYSLOG_IDENTIFIER":"heal","_COMM":"logger","_UID":"0""#));
    assert!(!own(r#""SYSLOG_IDENTIFIER":"nginx","_COMM":"heal","_UID":"0""#));
}
