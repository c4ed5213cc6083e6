//! Headers as real programs print them.

use super::*;
use crate::sources::Zone;
use proptest::prelude::*;

pub(super) fn clock() -> Clock {
    Clock {
        zone: Zone::Fixed(FixedOffset::east_opt(0).unwrap()),
        last_write: DateTime::parse_from_rfc3339("2025-12-05T12:00:00Z").unwrap(),
        day_first: None,
        epoch_field: None,
    }
}

fn read(line: &str) -> (Option<Level>, String) {
    let header = header(line.as_bytes(), &clock());
    (header.level, String::from_utf8_lossy(line.as_bytes().get(header.message).unwrap()).into_owned())
}

const C: Option<Level> = Some(Level::Critical);
const E: Option<Level> = Some(Level::Error);
const W: Option<Level> = Some(Level::Warning);
const N: Option<Level> = Some(Level::Notice);
const I: Option<Level> = Some(Level::Info);
const D: Option<Level> = Some(Level::Debug);

#[test]
#[allow(clippy::too_many_lines, reason = "one table")]
fn formats_of_real_programs() {
    for (line, level, message) in [
        ("2025-12-04 14:30:22 ERROR streamtv.streaming: FFmpeg timeout: no data", E, "FFmpeg timeout: no data"),
        ("2025-12-04 14:30:22 INFO timeout set to 30", I, "timeout set to 30"),
        ("2025-12-04 14:30:22 INFO streamtv: 0 errors, last ERROR cleared", I, "0 errors, last ERROR cleared"),
        ("2025-12-04 14:30:22,123 - streamtv.db - ERROR - database is locked", E, "database is locked"),
        ("2025-12-04 14:30:22,123 ERROR [main] c.e.Foo - boom", E, "boom"),
        ("2025-12-04 14:30:22,123 [main] WARN  c.e.Foo - slow", W, "slow"),
        ("2025-12-04T14:30:22.123Z ERROR 1 --- [nio-8080-exec-1] c.e.Foo : boom", E, "boom"),
        ("2025-12-04 14:30:22.123 | ERROR    | mod:func:12 - boom", E, "boom"),
        ("2025-12-04 14:30:22.123 1234 ERROR nova.compute.manager [req-1 - -] boom", E, "boom"),
        ("ERROR:root:boom", E, "boom"),
        ("CRITICAL:a.b: boom", C, "boom"),
        ("error: could not open", E, "could not open"),
        ("[2025-12-04T14:30:22,123][ERROR][o.e.b.Bootstrap] [node] boom", E, "boom"),
        ("[2025-12-04T14:30:22,123][WARN ][o.e.b.Bootstrap] [node] slow", W, "slow"),
        (
            "2025/12/04 14:30:22 [error] 17#17: *1 connect() failed (111: Connection refused)",
            E,
            "*1 connect() failed (111: Connection refused)",
        ),
        ("2025/12/04 14:30:22 [emerg] 1#1: bind() failed", C, "bind() failed"),
        (
            "[Thu Dec 04 14:30:22.123456 2025] [core:error] [pid 17:tid 1] [client 1.2.3.4:5] AH00037: Symbolic link",
            E,
            "AH00037: Symbolic link",
        ),
        ("[Sun Dec 04 04:47:44 2005] [notice] workerEnv.init() ok", N, "workerEnv.init() ok"),
        // A header that would take all gives its last part back.
        ("Dec  4 14:30:22 mac Calendar[17]: [com.x.sub] [Home updated: 4 added]", None, "[Home updated: 4 added]"),
        ("2025-12-04 14:30:22,123 INFO [main] org.x.MapTask: io.sort.mb: 463", I, "io.sort.mb: 463"),
        ("Dec  4 14:30:22 mac syslogd[17]: Configuration Notice:", N, "Configuration Notice:"),
        ("2025-12-04 14:30:22,123 - INFO  [main:Banner@42] - ", I, ""),
        ("Dec  4 14:30:22 web xinetd[17]: START: pop3 pid=18 from=1.2.3.4", None, "START: pop3 pid=18 from=1.2.3.4"),
        ("[12.04 14:30:22] System - web.x.org:443 error : Could not connect", E, "Could not connect"),
        ("2025-12-04T14:30:22.123456Z 0 [ERROR] [MY-010119] [Server] Aborting", E, "Aborting"),
        ("2025-12-04T14:30:22.123456Z 8 [Warning] [MY-013360] [Server] Plugin", W, "Plugin"),
        ("251204 14:30:22 [Note] ready", N, "ready"),
        (
            "2025-12-04 14:30:22.123 UTC [1234] app@db ERROR:  relation \"x\" does not exist",
            E,
            "relation \"x\" does not exist",
        ),
        (
            "2025-12-04 14:30:22.123 CST [1234] FATAL:  the database system is starting up",
            C,
            "the database system is starting up",
        ),
        ("2025-12-04 14:30:22.123 UTC [1234] LOG:  checkpoint ERROR", I, "checkpoint ERROR"),
        ("17:M 04 Dec 2025 14:30:22.123 # Can't save in background", W, "Can't save in background"),
        ("17:M 04 Dec 2025 14:30:22.123 * Ready", N, "Ready"),
        ("E1204 14:30:22.123456   17 a.go:12] boom", E, "boom"),
        ("W1204 14:30:22.123456   17 a.go:12] slow", W, "slow"),
        ("Dec  4 14:30:22 node1 kubelet[17]: E1204 14:30:22.123456   17 a.go:12] boom", E, "boom"),
        ("12-04 14:30:22.123  1702  2395 E ActivityManager: ANR", E, "ANR"),
        ("12-04 14:30:22.123  1702  2395 D WindowManager: x", D, "x"),
        ("Dec  4 14:30:22 host sshd[17]: error: maximum attempts", E, "maximum attempts"),
        ("Dec  4 14:30:22 host sshd[17]: Failed password for root", None, "Failed password for root"),
        ("Dec  4 14:30:22 host app[17]: ERROR boom", E, "boom"),
        ("<11>Dec  4 14:30:22 host app[17]: boom", E, "boom"),
        ("<30>Dec  4 14:30:22 host app[17]: error: boom", I, "error: boom"),
        ("<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog - ID47 [a b=\"c\"] An event", N, "An event"),
        ("Dec  4 14:30:22 host daemon.err prog: boom", E, "boom"),
        ("[2025-12-04 14:30:22] production.ERROR: boom {\"a\":1}", E, "boom {\"a\":1}"),
        ("E, [2025-12-04T14:30:22.123456 #17] ERROR -- : boom", E, "boom"),
        ("[E 251204 14:30:22 web:2246] 500 GET /", E, "500 GET /"),
        ("[W 14:30:22.123 NotebookApp] slow", W, "slow"),
        ("time=\"2025-12-04T14:30:22Z\" level=error msg=\"pull failed\" image=x", E, "pull failed"),
        ("ts=2025-12-04T14:30:22Z caller=main.go:1 level=warn msg=\"level=error inside\"", W, "level=error inside"),
        ("t=2025-12-04T14:30:22+0000 lvl=eror msg=boom", E, "boom"),
        ("WARN[0012] slow", W, "slow"),
        ("2025-12-04T14:30:22.123Z\tERROR\tcmd/main.go:1\tboom", E, "boom"),
        ("2025-12-04T14:30:22.123Z\terror\tboom", E, "boom"),
        ("{\"level\":\"error\",\"ts\":1764858622.123,\"msg\":\"boom\"}", E, "boom"),
        ("{\"level\":50,\"time\":1764858622123,\"msg\":\"boom\"}", E, "boom"),
        ("{\"level\":30,\"time\":1764858622123,\"msg\":\"error 50\"}", I, "error 50"),
        ("{\"severity\":\"CRITICAL\",\"message\":\"boom\"}", C, "boom"),
        ("{\"PRIORITY\":\"3\",\"MESSAGE\":\"boom\"}", E, "boom"),
        ("{\"levelno\": 40, \"message\": \"boom\"}", E, "boom"),
        (
            "{\"t\":{\"$date\":\"2025-12-04T14:30:22.123+00:00\"},\"s\":\"E\",\"c\":\"NETWORK\",\"msg\":\"boom\"}",
            E,
            "boom",
        ),
        (
            "{\"log\":\"2025-12-04 14:30:22 ERROR boom\\n\",\"stream\":\"stderr\",\"time\":\"2025-12-04T14:30:23.5Z\"}",
            E,
            "boom",
        ),
        (
            "{\"log\":\"{\\\"level\\\":50,\\\"msg\\\":\\\"boom\\\"}\\n\",\"stream\":\"stdout\"}",
            E,
            "{\\\"level\\\":50,\\\"msg\\\":\\\"boom\\\"}",
        ),
        ("2025-12-04T14:30:22.123456789Z stderr F ERROR boom", E, "boom"),
        ("2025-12-04T14:30:22.123456789Z stdout F {\"level\":\"warn\",\"msg\":\"slow\"}", W, "slow"),
        ("fail: Microsoft.AspNetCore.Server.Kestrel[13]", E, "Microsoft.AspNetCore.Server.Kestrel[13]"),
        ("[14:30:22 ERR] boom", E, "boom"),
        ("  1234:20251204:143022.123 cannot send list", None, "cannot send list"),
        ("[2025-12-04 14:30:22] WARNING[1234][C-0000001a] chan_sip.c: Retransmission", W, "Retransmission"),
        ("2025-12-04T14:30:22.123Z pid=17 tid=abc WARN: job failed", W, "job failed"),
        ("[1764858622] SERVICE ALERT: web1;HTTP;OK;HARD;1;200 OK", None, "SERVICE ALERT: web1;HTTP;OK;HARD;1;200 OK"),
        ("[14:30:22] [Server thread/WARN]: Can't keep up!", W, "Can't keep up!"),
        ("Dec  4 14:30:22 sw1 123: *Dec  4 14:30:21.123: %LINK-3-UPDOWN: Link down", E, "%LINK-3-UPDOWN: Link down"),
        ("Dec  4 14:30:22 fw1 %ASA-4-106023: Deny tcp src x", W, "%ASA-4-106023: Deny tcp src x"),
        ("\x1b[31mERROR\x1b[0m boom", E, "boom"),
        ("npm ERR! code ENOENT", E, "code ENOENT"),
        ("2016-09-28 04:30:30, Info                  CBS    Loaded", I, "Loaded"),
        ("081109 203518 143 INFO dfs.DataNode$PacketResponder: PacketResponder 1", I, "PacketResponder 1"),
        ("17/06/09 20:10:40 ERROR Executor: Exception in task", E, "Exception in task"),
        (
            "- 1117838570 2005.06.03 R02-M1-N0-C:J12-U11 2005-06-03-15.42.50.363779 R02-M1-N0-C:J12-U11 RAS KERNEL FATAL data",
            C,
            "data",
        ),
        (
            "1.2.3.4 - - [04/Dec/2025:14:30:22 +0000] \"GET /ERROR HTTP/1.1\" 500 12",
            None,
            "\"GET /ERROR HTTP/1.1\" 500 12",
        ),
        ("2025-12-04 14:30:22 worker stopped after ERROR", None, "worker stopped after ERROR"),
        ("2025-12-04 14:30:22 Error reading file", E, "Error reading file"),
        ("2025-12-04 14:30:22 error count 0", None, "error count 0"),
        ("2025-12-04 14:30:22 NO ERROR", None, "NO ERROR"),
        ("ERROR TimeoutError: boom", E, "TimeoutError: boom"),
        ("plain text", None, "plain text"),
        ("", None, ""),
    ] {
        let (found, text) = read(line);
        assert_eq!((found, text.as_str()), (level, message), "{line}");
    }
}

#[test]
fn times_of_real_programs() {
    for (line, time) in [
        ("17:M 04 Dec 2025 14:30:22.123 # x", "2025-12-04T14:30:22.123Z"),
        ("1.2.3.4 - bob [04/Dec/2025:14:30:22 +0200] \"GET /\"", "2025-12-04T14:30:22+02:00"),
        ("{\"level\":\"error\",\"ts\":1764858622.123,\"msg\":\"x\"}", "2025-12-04T14:30:22.123Z"),
        ("{\"log\":\"2025-12-04 14:30:22 x\\n\",\"time\":\"2025-12-04T14:30:23.5Z\"}", "2025-12-04T14:30:23.500Z"),
        ("time=\"2025-12-04T14:30:22Z\" level=error", "2025-12-04T14:30:22Z"),
        ("[E 251204 14:30:22 web:2246] x", "2025-12-04T14:30:22Z"),
        ("<11>Dec  4 14:30:22 host app: x", "2025-12-04T14:30:22Z"),
        ("- 1117838570 2005.06.03 R02", "2005-06-03T22:42:50Z"),
        ("[Thu Dec 04 14:30:22.123456 2025] [core:error] x", "2025-12-04T14:30:22.123456Z"),
        ("{\"t\":{\"$date\":\"2025-12-04T14:30:22.123+00:00\"},\"s\":\"E\"}", "2025-12-04T14:30:22.123Z"),
    ] {
        assert_eq!(header(line.as_bytes(), &clock()).time, Some(DateTime::parse_from_rfc3339(time).unwrap()), "{line}");
    }
}

#[test]
fn failures_without_a_level() {
    for text in [
        "Traceback (most recent call last):",
        "thread 'main' panicked at src/main.rs:1:2:",
        "Exception in thread \"main\" java.lang.X",
    ] {
        assert!(crate::sources::opens_failure(text.as_bytes()), "{text}");
    }
    assert!(!crate::sources::opens_failure(b"no Traceback"));
}

proptest! {
    #[test]
    fn any_bytes(line in proptest::collection::vec(any::<u8>(), 0..300)) {
        let header = header(&line, &clock());
        prop_assert!(line.get(header.message).is_some());
    }

    #[test]
    fn nearly_headers(line in "(2025-12-04 14:30:22 |\\[|\\]|\\{\"(level|msg|log)\":|\"|ERROR|error|[a-z]{1,4}[:= ]|<[0-9]{1,3}>|\\\\|, | - |\x1b\\[3){0,12}") {
        let header = header(line.as_bytes(), &clock());
        prop_assert!(line.as_bytes().get(header.message).is_some());
    }
}
