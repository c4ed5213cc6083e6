//! Configuration files as their software documents them.

mod readers;

use proptest::prelude::*;

use super::super::Code;
use super::super::kit_tests::{changed, flag, ini, less, number, optimal, refused, set, times, with};
use super::super::{Proposal, propose};
use crate::catalogue::{Dialect, Edit, Operation, Scalar};

const UNIT: &str = "\
[Unit]
Description=An app; with # no comment
After=network.target
After=postgresql.service

[Service]
# the old one
ExecStart=
ExecStart=/usr/bin/app --port 8080
ExecStartPre=/bin/sh -c \\
    # a comment between
    'true'
Environment=A=1
Environment=\"B=2 3\"
TimeoutStartSec=30s
LimitNOFILE = 1024
Restart=no
UMask=0027
Nice=
";
const MY: &str = "\
# The MySQL server
[client]
port = 3306

[mysqld]
user\t\t= mysql
max_connections        = 100   # per server
innodb-buffer-pool-size = 128M
skip-networking
init_connect='SET NAMES utf8 # not a comment'
log_error = \"/var/log/my sql\\\\error.log\"
bind-address=127.0.0.1#tight

[mysqld]
loose_thread_pool = OFF
tmpdir = /tmp
tmpdir = /var/tmp
";
const PHP: &str = "\
[PHP]
; memory
memory_limit = 128M ; per script
display_errors = Off
error_reporting = E_ALL & ~E_DEPRECATED & ~E_STRICT
include_path = \".:/usr/share/php;/opt\"
date.timezone =
extension=curl
extension=gd
arg_separator.output = \"&amp;\"
[Session]
session.gc_maxlifetime = 1440
session.name = 'SID;1'
base = \"${HOME}/x\"
[HOST=www.example.com]
memory_limit = 512M
";
const GIT: &str = "\
[user]
\tname = A \"B\" C ; who
\temail = a@example.com
[core]
\teditor = \"vim -c \\\"set x\\\"\" # quoted
\tautocrlf
\tPAGER = less \\
 -R
[remote \"Origin\"]
\turl = https://example.com/a.git
\tfetch = +refs/heads/*:refs/remotes/origin/*
\tfetch = +refs/tags/*:refs/tags/*
[branch.Main] merge = x
[pull] rebase = false ; on one line
";
const PG: &str = "\
# - Memory -
shared_buffers = 128MB\t\t# min 128kB
work_mem 4MB
Max_Connections = 100
listen_addresses = 'localhost'   # what IP
log_line_prefix = '%m [%p] it''s # '
max_connections = 200 # the last one
autovacuum = on
random_page_cost = 4.0
checkpoint_timeout = 5min
";
const ENV: &str = "\
# the app
PORT=8080
export DB_URL='postgres://u:p@db/app'   # where
NAME=\"two words\"
EMPTY=
PATH_X=$HOME/bin
KEY=\"-----BEGIN
PORT=1
END-----\"
TIMEOUT=30s # seconds
MIX=a\"b c\"
HASH=a#b
";
const PY: &str = "\
[DEFAULT]
timeout: 30

[alembic]
script_location = migrations
file_template = %%(year)d_%%(rev)s
URL : postgresql://db/app
version_locations =
    a
    b

prepend = one
  two

[logger_root]
level = WARN
    # a comment
handlers = console ; maybe
";

#[test]
fn a_value_is_changed_in_its_place() {
    use Dialect::{Configparser, Env, Git, Ini, Mysql, Php, Postgresql, Systemd};
    let plain = "; c\nname = \"x\"  ; quoted\n[a]\nkey = v ; c\nn=1\n";
    for (source, words, dialect, operation, from, to) in [
        (UNIT, "Unit|Description", Systemd, set("x # y"), "An app; with # no comment", "x # y"),
        (UNIT, "Service|ExecStart", Systemd, set("/bin/b"), "/usr/bin/app --port 8080", "/bin/b"),
        (UNIT, "Service|LimitNOFILE", Systemd, times(2), "= 1024", "= 2048"),
        (UNIT, "Service|Restart", Systemd, flag(true), "Restart=no", "Restart=yes"),
        (UNIT, "Service|Nice", Systemd, number(5), "Nice=\n", "Nice=5\n"),
        (UNIT, "Service|UMask", Systemd, set("0077"), "0027", "0077"),
        (MY, "mysqld|max-connections", Mysql, times(2), "= 100 ", "= 200 "),
        (MY, "client|port", Mysql, number(3307), "3306", "3307"),
        (MY, "mysqld|innodb_buffer_pool_size", Mysql, set("1G"), "128M", "1G"),
        (MY, "mysqld|init_connect", Mysql, set("SET x"), "'SET NAMES utf8 # not a comment'", "'SET x'"),
        (MY, "mysqld|log-error", Mysql, set("C:\\x"), "\"/var/log/my sql\\\\error.log\"", "\"C:\\\\x\""),
        (MY, "mysqld|bind_address", Mysql, set("a#b"), "127.0.0.1#", "\"a#b\"#"),
        (MY, "mysqld|thread_pool", Mysql, flag(true), "= OFF", "= ON"),
        (PHP, "Session|session.gc_maxlifetime", Php, times(2), "1440", "2880"),
        (PHP, "memory_limit", Php, set("256M"), "128M ", "256M "),
        (PHP, "PHP|display_errors", Php, flag(true), "= Off", "= On"),
        (
            PHP,
            "error_reporting",
            Php,
            set("E_ALL & ~E_NOTICE"),
            "E_ALL & ~E_DEPRECATED & ~E_STRICT",
            "E_ALL & ~E_NOTICE",
        ),
        (PHP, "include_path", Php, set("/a;b"), "\".:/usr/share/php;/opt\"", "\"/a;b\""),
        (PHP, "date.timezone", Php, set("Europe/Vienna"), "timezone =", "timezone =Europe/Vienna"),
        (PHP, "session.name", Php, set("$x;"), "'SID;1'", "'$x;'"),
        (PHP, "memory_limit", Php, set("a\"b"), "128M ", "'a\"b' "),
        (PHP, "HOST=www.example.com|memory_limit", Php, set("1G"), "512M", "1G"),
        (GIT, "user|NAME", Git, set("X; Y"), "A \"B\" C ;", "\"X; Y\" ;"),
        (GIT, "core|editor", Git, set("a \"b\""), "\"vim -c \\\"set x\\\"\"", "\"a \\\"b\\\"\""),
        (GIT, "remote \"Origin\"|url", Git, set("x"), "https://example.com/a.git", "x"),
        (GIT, "branch \"main\"|merge", Git, set("y"), "merge = x", "merge = y"),
        (GIT, "pull|rebase", Git, flag(true), "rebase = false", "rebase = true"),
        (PG, "shared_buffers", Postgresql, set("1GB"), "128MB", "1GB"),
        (PG, "work_mem", Postgresql, set("a b"), "4MB", "'a b'"),
        (PG, "max_connections", Postgresql, times(2), "= 200", "= 400"),
        (PG, "listen_addresses", Postgresql, set("it's"), "'localhost'", "'it''s'"),
        (PG, "log_line_prefix", Postgresql, set("%m "), "'%m [%p] it''s # '", "'%m '"),
        (PG, "autovacuum", Postgresql, flag(false), "= on", "= off"),
        (PG, "random_page_cost", Postgresql, less(3, 1), "4.0", "1.0"),
        (ENV, "PORT", Env, times(2), "PORT=8080", "PORT=16160"),
        (ENV, "DB_URL", Env, set("a b$c"), "'postgres://u:p@db/app'", "'a b$c'"),
        (ENV, "NAME", Env, set("a 'b'"), "\"two words\"", "\"a 'b'\""),
        (ENV, "EMPTY", Env, set("x y"), "EMPTY=", "EMPTY=\"x y\""),
        (ENV, "PATH_X", Env, set("/bin"), "$HOME/bin", "/bin"),
        (ENV, "HASH", Env, set("b"), "a#b", "b"),
        (PY, "DEFAULT|Timeout", Configparser, times(2), ": 30", ": 60"),
        (PY, "alembic|url", Configparser, set("sqlite:///x"), "postgresql://db/app", "sqlite:///x"),
        (PY, "alembic|file_template", Configparser, set("%%(rev)s"), "%%(year)d_%%(rev)s", "%%(rev)s"),
        (PY, "logger_root|level", Configparser, set("INFO"), "WARN", "INFO"),
        (plain, "name", Ini, set("y z"), "\"x\"", "\"y z\""),
        (plain, "a|key", Ini, set("w"), "= v ;", "= w ;"),
        (plain, "a|n", Ini, times(2), "n=1", "n=2"),
    ] {
        let wanted = ini(words, dialect, operation);
        assert_eq!(changed(source, &wanted).text, with(source, from, to), "{words}");
        let crlf = |text: &str| format!("\u{feff}{}", text.trim_end().replace('\n', "\r\n"));
        let (from, to) = (from.trim_end(), to.trim_end());
        if from.contains('=') || source.matches(from).count() == 1 {
            assert_eq!(changed(&crlf(source), &wanted).text, crlf(source).replace(from, to), "{words} with CRLF");
        }
    }
    let with_unit = |source, words, dialect, unit: &str, from, to| {
        let wanted = Edit { unit: Some(unit.to_owned()), ..ini(words, dialect, times(2)) };
        assert_eq!(changed(source, &wanted).text, with(source, from, to), "{words}");
    };
    with_unit(UNIT, "Service|TimeoutStartSec", Systemd, "s", "30s", "60s");
    with_unit(MY, "mysqld|innodb_buffer_pool_size", Mysql, "M", "128M", "256M");
    with_unit(PG, "checkpoint_timeout", Postgresql, "min", "5min", "10min");
    with_unit(PG, "shared_buffers", Postgresql, "MB", "128MB", "256MB");
    with_unit(ENV, "TIMEOUT", Env, "s", "30s", "60s");
    with_unit(PHP, "PHP|memory_limit", Php, "M", "128M", "256M");
}

#[test]
fn what_is_not_exact_is_refused_with_its_place() {
    use Dialect::{Configparser, Env, Git, Ini, Mysql, Php, Postgresql, Systemd};
    for (source, words, dialect, operation, code, place) in [
        (UNIT, "Unit|After", Systemd, set("x"), "repeated_key", Some((4, 1))),
        (UNIT, "Service|ExecStartPre", Systemd, set("x"), "multi_line", Some((10, 14))),
        (UNIT, "Service|Environment", Systemd, set("x"), "repeated_key", Some((14, 1))),
        (UNIT, "Service|ExecStart", Systemd, Operation::Delete, "repeated_key", Some((9, 1))),
        (UNIT, "Service|Description", Systemd, set("x"), "missing", Some((6, 1))),
        (UNIT, "Service|execstart", Systemd, set("x"), "missing", None),
        (UNIT, "Install|WantedBy", Systemd, set("x"), "missing", None),
        (UNIT, "Unit|Description", Systemd, set("x\\"), "not_writable", Some((2, 13))),
        (UNIT, "Unit|Description", Systemd, set(" x"), "not_writable", None),
        (UNIT, "Service|TimeoutStartSec", Systemd, times(2), "has_unit", Some((15, 17))),
        (UNIT, "Service|UMask", Systemd, times(2), "not_a_number", None),
        ("[A]\nx=1\nx=\n", "A|x", Systemd, set("y"), "repeated_key", Some((3, 1))),
        (MY, "mysqld|tmpdir", Mysql, set("x"), "repeated_key", Some((17, 1))),
        (MY, "mysqld|skip_networking", Mysql, set("x"), "no_value", Some((9, 1))),
        ("[a]\nx = 'y' z\n", "a|x", Mysql, set("w"), "mixed_quoting", Some((2, 5))),
        ("[a]\nx = 'y\n", "a|x", Mysql, set("w"), "open_quote", Some((2, 5))),
        ("[a\nx = y\n", "a|x", Mysql, set("w"), "not_ini", Some((1, 1))),
        (PHP, "extension", Php, set("x"), "repeated_key", Some((9, 1))),
        (PHP, "PHP|session.name", Php, set("x"), "other_section", Some((13, 1))),
        (PHP, "base", Php, times(2), "interpolated", Some((14, 8))),
        (PHP, "memory_limit", Php, set("a\"b'"), "not_writable", None),
        (GIT, "core|pager", Git, set("x"), "multi_line", None),
        (GIT, "core|autocrlf", Git, set("x"), "no_value", None),
        (GIT, "remote \"Origin\"|fetch", Git, set("x"), "repeated_key", Some((12, 2))),
        (GIT, "remote \"origin\"|url", Git, set("x"), "missing", None),
        (PG, "shared_buffers", Postgresql, times(2), "has_unit", Some((2, 18))),
        (PG, "max_connections", Postgresql, Operation::Delete, "repeated_key", Some((7, 1))),
        ("a = 1 MB\n", "a", Postgresql, set("x"), "not_ini", Some((1, 5))),
        (ENV, "KEY", Env, set("x"), "multi_line", None),
        (ENV, "MIX", Env, set("x"), "mixed_quoting", None),
        (ENV, "PATH_X", Env, times(2), "interpolated", None),
        (ENV, "PORT", Env, set("it's $5"), "not_writable", None),
        ("A=#b\n", "A", Env, set("x"), "maybe_comment", Some((1, 3))),
        ("A=1\nA=2\n", "A", Env, set("x"), "repeated_key", Some((2, 1))),
        (PY, "alembic|version_locations", Configparser, set("x"), "multi_line", None),
        (PY, "alembic|prepend", Configparser, set("x"), "multi_line", None),
        (PY, "logger_root|handlers", Configparser, set("x"), "maybe_comment", None),
        (PY, "logger_root|level", Configparser, set("50%"), "not_writable", None),
        (PY, "Alembic|url", Configparser, set("x"), "missing", None),
        ("a = 1\r# x\n", "a", Ini, set("x"), "lone_cr", Some((1, 6))),
        ("a = 1\n  more\n", "a", Ini, set("x"), "multi_line", None),
        ("a = 1 \\\nb = 2\n", "a", Ini, set("x"), "multi_line", None),
        ("a = 1\n", "a", Ini, set("x;y"), "not_writable", None),
    ] {
        let refusal = refused(source, &ini(words, dialect, operation));
        assert_eq!(refusal.code.as_str(), code, "{words}: {refusal:?}");
        if let Some((line, column)) = place {
            assert_eq!((refusal.line, refusal.column), (Some(line), Some(column)), "{words}");
        }
    }
    let unknown = Edit { dialect: None, ..ini("a|b", Ini, set("x")) };
    assert_eq!(refused("[a]\nb=1\n", &unknown).code.as_str(), "unknown_dialect");
    assert!(
        refused(
            &UNIT.replace("30s", "1min 30s"),
            &Edit { unit: Some("s".into()), ..ini("Service|TimeoutStartSec", Systemd, times(2)) }
        )
        .code
        .as_str()
        .starts_with("not_a_number")
    );
}

#[test]
fn a_missing_key_is_added_like_its_neighbour() {
    use Dialect::{Configparser, Env, Git, Ini, Mysql, Php, Postgresql, Systemd};
    for (source, words, dialect, from, to) in [
        (UNIT, "Service|RestartSec", Systemd, "Nice=\n", "Nice=\nRestartSec=7\n"),
        (UNIT, "Unit|Wants", Systemd, "postgresql.service\n", "postgresql.service\nWants=7\n"),
        (MY, "client|timeout", Mysql, "3306\n", "3306\ntimeout = 7\n"),
        (MY, "mysqld|wait_timeout", Mysql, "= /var/tmp\n", "= /var/tmp\nwait_timeout = 7\n"),
        (PHP, "PHP|max_input_vars", Php, "\"&amp;\"\n", "\"&amp;\"\nmax_input_vars = 7\n"),
        (GIT, "user|signingkey", Git, "example.com\n[core", "example.com\n\tsigningkey = 7\n[core"),
        (PG, "work_mem2", Postgresql, "5min\n", "5min\nwork_mem2 = 7\n"),
        (ENV, "NEW", Env, "HASH=a#b\n", "HASH=a#b\nNEW=7\n"),
        (PY, "DEFAULT|retries", Configparser, "timeout: 30\n", "timeout: 30\nretries: 7\n"),
        (PY, "alembic|x", Configparser, "  two\n", "  two\nx = 7\n"),
    ] {
        let wanted = Edit { create_missing: true, ..ini(words, dialect, number(7)) };
        assert_eq!(changed(source, &wanted).text, with(source, from, to), "{words}");
        assert_eq!(refused(source, &ini(words, dialect, number(7))).code.as_str(), "missing", "{words}");
    }
    for (source, words, dialect, expected) in [
        ("", "A", Env, "A=7\n"),
        ("# c", "a", Postgresql, "# c\na = 7\n"),
        ("[s]", "s|a", Systemd, "[s]\na=7"),
        ("[s]\r\n", "s|a", Git, "[s]\r\n\ta = 7\r\n"),
        ("; c\n[s]\nb=1\n", "a", Ini, "a=7\n; c\n[s]\nb=1\n"),
    ] {
        let wanted = Edit { create_missing: true, ..ini(words, dialect, number(7)) };
        assert_eq!(changed(source, &wanted).text, expected);
    }
    let create = |words, dialect| Edit { create_missing: true, ..ini(words, dialect, number(7)) };
    assert_eq!(refused("[a]\nb=1\n!includedir /etc/my.cnf.d\n", &create("a|c", Mysql)).code.as_str(), "included");
    assert_eq!(refused("a = 1\ninclude_dir 'conf.d'\n", &create("c", Postgresql)).code.as_str(), "included");
    assert_eq!(refused("[include]\npath = x\n[a]\n", &create("a|c", Git)).code.as_str(), "included");
    assert_eq!(refused(UNIT, &create("Install|WantedBy", Systemd)).code.as_str(), "missing");
    assert_eq!(refused(UNIT, &create("Service|a=b", Systemd)).code.as_str(), "not_proven");
    assert_eq!(refused(UNIT, &create("Service|#a", Systemd)).code.as_str(), "not_proven");
}

#[test]
fn a_key_is_deleted_with_its_line() {
    use Dialect::{Configparser, Env, Git, Mysql, Php, Postgresql, Systemd};
    for (source, words, dialect, gone) in [
        (UNIT, "Service|Restart", Systemd, "Restart=no\n"),
        (UNIT, "Service|ExecStartPre", Systemd, "ExecStartPre=/bin/sh -c \\\n    # a comment between\n    'true'\n"),
        (MY, "mysqld|max_connections", Mysql, "max_connections        = 100   # per server\n"),
        (MY, "mysqld|skip-networking", Mysql, "skip-networking\n"),
        (PHP, "display_errors", Php, "display_errors = Off\n"),
        (GIT, "core|pager", Git, "\tPAGER = less \\\n -R\n"),
        (GIT, "pull|rebase", Git, "rebase = false ; on one line"),
        (PG, "autovacuum", Postgresql, "autovacuum = on\n"),
        (ENV, "DB_URL", Env, "export DB_URL='postgres://u:p@db/app'   # where\n"),
        (ENV, "KEY", Env, "KEY=\"-----BEGIN\nPORT=1\nEND-----\"\n"),
        (PY, "alembic|version_locations", Configparser, "version_locations =\n    a\n    b\n"),
    ] {
        let wanted = ini(words, dialect, Operation::Delete);
        assert_eq!(changed(source, &wanted).text, with(source, gone, ""), "{words}");
        assert!(optimal(&with(source, gone, ""), &wanted), "{words}");
    }
}

#[test]
fn right_values_bounds_and_expectations_are_obeyed() {
    use Dialect::{Git, Mysql, Php, Systemd};
    assert!(optimal(UNIT, &ini("Service|Restart", Systemd, flag(false))));
    assert!(optimal(PHP, &ini("display_errors", Php, flag(false))));
    assert!(optimal(MY, &ini("client|port", Mysql, number(3306))));
    assert!(optimal(MY, &ini("client|port", Mysql, set("3306"))));
    assert!(optimal(MY, &ini("mysqld|log_error", Mysql, set("/var/log/my sql\\error.log"))));
    assert!(optimal(GIT, &ini("user|name", Git, set("A B C"))));
    assert!(optimal(MY, &ini("client|port", Mysql, less(5, 4000))));
    let expecting = |value: Scalar| Edit { expect_current: Some(value), ..ini("client|port", Mysql, number(1)) };
    assert_eq!(changed(MY, &expecting(Scalar::Text("3306".into()))).new, "1");
    assert_eq!(refused(MY, &expecting(Scalar::Text("3307".into()))).code.as_str(), "unexpected_value");
    let look = |value: Scalar| {
        let verify = ini("Service|Restart", Systemd, Operation::VerifyOnly { each: None });
        propose(UNIT.as_bytes(), &Edit { expect_current: Some(value), ..verify }).unwrap()
    };
    assert!(matches!(look(Scalar::Bool(false)), Proposal::Holds { .. }));
    assert!(matches!(look(Scalar::Text("always".into())), Proposal::DoesNotHold { line: Some(17), .. }));
    for (literal, code) in [("1 # x", "not_proven"), ("1\n[x]", "not_proven"), ("'a b'", "")] {
        let replaced = propose(MY.as_bytes(), &ini("client|port", Mysql, Operation::Replace(literal.into())));
        assert_eq!(replaced.err().map_or("", |refusal| refusal.code.as_str()), code, "{literal}");
    }
}

fn dialects() -> impl Strategy<Value = Dialect> {
    use Dialect::{Configparser, Env, Git, Ini, Mysql, Php, Postgresql, Systemd};
    proptest::sample::select(vec![Configparser, Env, Git, Ini, Mysql, Php, Postgresql, Systemd])
}

/// Lines as hostile as such files allow.
fn source() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        "(export )?[ab](-b|_b)? ?[=: ] ?(\"[x #;\\\\]{0,3}\"?|'[x #;]{0,3}'?|[0-9]{1,2}[sM]?|[xé$%\\\\#; ]{0,4})",
        "\\[[ab]( \"b\")?\\]( #c)?",
        "[ \t]+[xa=#]{1,3}",
        "[#;!]a = 1",
        "",
    ];
    let ends = prop_oneof![Just("\n"), Just("\r\n"), Just(" \\\n")];
    let marked = prop_oneof![4 => Just(""), 1 => Just("\u{feff}")];
    (marked, proptest::collection::vec((line, ends), 0..7))
        .prop_map(|(mark, lines)| lines.iter().fold(mark.to_owned(), |text, (line, end)| text + line + end))
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), dialect in dialects()) {
        for operation in [set("x"), Operation::Delete] {
            let create_missing = matches!(operation, Operation::Set(_));
            let _ = propose(&bytes, &Edit { create_missing, ..ini("a|a", dialect, operation.clone()) });
            let _ = propose(&bytes, &Edit { create_missing, ..ini("a", dialect, operation) });
        }
    }

    #[test]
    fn what_is_written_differs_in_the_target_alone(
        source in source(),
        dialect in dialects(),
        words in prop_oneof![Just("a"), Just("a|a"), Just("a|b"), Just("a \"b\"|a_b"), Just("b|a-b")],
        new in prop_oneof!["[a-z0-9\"'\\\\#; =$%]{0,6}", "\\PC{0,5}"],
    ) {
        for operation in [set(&new), number(7), Operation::Delete, times(2), Operation::Replace(new.clone())] {
            let create_missing = matches!(operation, Operation::Set(_));
            let wanted = Edit { create_missing, ..ini(words, dialect, operation.clone()) };
            let Ok(Proposal::Change(change)) = propose(source.as_bytes(), &wanted) else { continue };
            prop_assert_eq!(&change.text[..change.span.start], &source[..change.span.start]);
            prop_assert_eq!(&change.text[change.new_span.end..], &source[change.span.end..]);
            if matches!(operation, Operation::Set(_)) {
                let again = Edit { create_missing: false, ..wanted };
                prop_assert!(optimal(&change.text, &again), "{:?} {}", dialect, change.text);
            }
        }
    }
}

#[test]
fn what_readers_of_any_ini_file_disagree_on_is_refused() {
    let of = |words: &str, value: &str| ini(words, Dialect::Ini, set(value));
    // For some readers `y` is a part of the value of `x`.
    assert_eq!(refused("[a]\nx = 1\n  y = 2\n", &of("a|x", "3")).code, Code::MultiLine);
    assert_eq!(refused("[a]\nx = 1\n  y = 2\n", &of("a|y", "3")).code, Code::MultiLine);
    for gone in ["a|x", "a|y"] {
        let delete = ini(gone, Dialect::Ini, Operation::Delete);
        assert_eq!(refused("[a]\nx = 1\n  y = 2\n", &delete).code, Code::MultiLine, "{gone}");
    }
    assert_eq!(refused("[a]\nx = 1\n  y = 2\n  w = 3\n", &of("a|w", "3")).code, Code::MultiLine);
    let new = Edit { create_missing: true, ..of("a|z", "3") };
    assert_eq!(refused("[a]\nx = 1\n  y = 2\n", &new).code, Code::MultiLine);
    assert_eq!(changed("[a]\nx = 1\n  y = 2\nw = 3\n", &new).text, "[a]\nx = 1\n  y = 2\nw = 3\nz = 3\n");
    assert_eq!(changed("[a]\n  x = 1\n  y = 2\n", &of("a|x", "3")).text, "[a]\n  x = 3\n  y = 2\n");
    // Some see a comment even between quotes.
    assert_eq!(refused("[a]\nx = \"b\"\n", &of("a|x", "b # c")).code, Code::NotWritable);
    assert_eq!(changed("[a]\nx = \"b\"\n", &of("a|x", "b#c")).new, "\"b#c\"");
}
