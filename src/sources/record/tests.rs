//! Which lines go on with a record.

use super::*;

struct Line<'a>(&'a str, bool);

impl Before for Line<'_> {
    fn has_header(&self) -> bool {
        self.1
    }
    fn failed(&self) -> bool {
        self.0.contains("ERROR")
    }
    fn lacks_level(&self) -> bool {
        self.0.ends_with("PM org.example.Main run") || self.0.contains("HTTP/")
    }
    fn line(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

fn goes_on(before: &str, header: bool, line: &str) -> bool {
    continues(&Line(before, header), line.as_bytes())
}

#[test]
fn stack_traces_are_one_record() {
    for (before, header, line) in [
        ("2025-12-04 14:30:22 ERROR x: failed", true, "Traceback (most recent call last):"),
        ("Traceback (most recent call last):", false, "  File \"a.py\", line 1, in <module>"),
        ("    raise ValueError(1)", false, "ValueError: 1"),
        ("    raise ValueError(1)", false, "requests.exceptions.ConnectionError: HTTPSConnectionPool"),
        ("    raise mapped", false, "httpx.ReadTimeout: timed out"),
        ("ValueError: 1", false, ""),
        ("", false, "During handling of the above exception, another exception occurred:"),
        ("", false, "Traceback (most recent call last):"),
        ("2025-12-04 14:30:22 GET /x HTTP/1.1 failed", true, "java.lang.IllegalStateException: no"),
        ("2025-12-04 ERROR boom", true, "java.lang.IllegalStateException: no"),
        ("java.lang.IllegalStateException: no", false, "\tat com.example.Main.main(Main.java:1)"),
        ("\tat x", false, "Caused by: java.io.IOException: Connection refused"),
        ("\tat x", false, "\t... 12 more"),
        ("panic: boom", true, ""),
        ("", false, "goroutine 1 [running]:"),
        ("\t/a.go:1", false, "created by main.main"),
        ("thread 'main' panicked at src/main.rs:1:2:", false, "stack backtrace:"),
        ("PHP Fatal error:  Uncaught Exception", true, "#0 {main}"),
        ("2025-12-04 14:30:22 UTC [1] ERROR:  x", true, "2025-12-04 14:30:22 UTC [1] DETAIL:  Key exists."),
        ("Dec 04, 2025 2:30:22 PM org.example.Main run", true, "SEVERE: no"),
        ("=ERROR REPORT==== 4-Dec-2025::14:30:22 ===", true, "** Generic server x terminating"),
        ("** Generic server x terminating", false, "** Last message in was y"),
        ("2025-12-04-14.30.22.123456+000 I12345E500    LEVEL: Error", true, "PID     : 17      TID : 140"),
        ("PID     : 17      TID : 140", false, "MESSAGE : no path"),
        ("closing AMQP connection <0.17.0>:", false, "{handshake_timeout,frame_header}"),
        ("[ 12-04 14:30:22.123  17: 18 E/x ]", true, "it broke"),
        ("/srv/app/index.js:3", false, "throw new Error('it broke')"),
        ("  ^", false, ""),
        ("", false, "AssertionError [ERR_ASSERTION]: Expected values to be strictly equal:"),
        ("x", false, "2025-12-04T14:30:22.123456789Z stderr F   File \"a.py\", line 1"),
    ] {
        assert!(goes_on(before, header, line), "{line}");
    }
}

#[test]
fn plain_lines_start_records() {
    for (before, header, line) in [
        ("starting", false, "listening"),
        ("starting", true, "app.Main: started"),
        ("TimeoutError: a", false, "TimeoutError: b"),
        ("starting", false, "Traceback (most recent call last):"),
        ("x", true, "INFO: x"),
        ("x", true, "# comment"),
        ("starting", true, "PID     : 17"),
        ("x", true, "goroutines leak"),
        ("x", true, " 2025-12-04 14:30:22 indented by its program"),
        ("x", true, "   INFO 2025-12-04 14:30:22.123 [  main ] levels set flush right"),
        ("x", true, " NOTICE 2025-12-04 14:30:22.123 [  proc ] accepted"),
        ("x", true, "  WARN: [25/12/04 14:30:22] levels set flush right"),
        ("x", true, "  17:20251204:143022.123 indented by zabbix"),
        ("x", true, "Error: whole sentence"),
        ("[4/Dec/2025 14:30:22] \"GET /x HTTP/1.1\" 200 17", true, "Traceback (most recent call last):"),
    ] {
        assert!(!goes_on(before, header, line), "{line}");
    }
}
