//! Secrets in logs, configurations, paths and answers, looked for in every byte sent, printed and stored; and
//! characters that a terminal obeys or a reader cannot see.

use std::fmt::Write as _;

use crate::ollama::{self, Reply, Script, Server};
use crate::workspace::{APP, Workspace};

/// Kind, a text that holds a secret, and the secret. Where it is planted follows from its place in the list.
const PLANTED: [(&str, &str, &str); 40] = [
    ("bearer", "Authorization: Bearer mF_9.B5f-4.1JqM", "mF_9.B5f-4.1JqM"),
    ("bearer", "headers={'Authorization': 'Bearer abc123def456ghi789'}", "abc123def456ghi789"),
    ("bearer", "sending with bearer 0a1b2c3d4e5f6a7b8c9d", "0a1b2c3d4e5f6a7b8c9d"),
    ("basic", "Proxy-Authorization: Basic dXNlcjpwYXNzd29yZA==", "dXNlcjpwYXNzd29yZA"),
    ("basic", "upstream sent Basic YWxhZGRpbjpvcGVuc2VzYW1l", "YWxhZGRpbjpvcGVuc2VzYW1l"),
    ("password", "login failed password=hunter2aa", "hunter2aa"),
    ("password", "PGPASSWORD=hunter2bb psql -h db", "hunter2bb"),
    ("password", r#"{"user":"bob","password":"hunter2cc","ok":true}"#, "hunter2cc"),
    ("password", r#"{"log":"{\"password\":\"hunter2dd\"}"}"#, "hunter2dd"),
    ("password", "GET /login?user=bob&password=hunter2ee&next=%2F", "hunter2ee"),
    ("password", "<username>bob</username><password>hunter2ff</password>", "hunter2ff"),
    ("secret", "client_secret: 'hunter2gg'", "hunter2gg"),
    ("secret", "SECRET_KEY_BASE=0f1e2d3c4b5a", "0f1e2d3c4b5a"),
    ("token", "refreshToken=abcdef123456, expires=3600", "abcdef123456"),
    ("token", "csrf_token=aB3dE5fG7h", "aB3dE5fG7h"),
    ("token", "X-Auth-Token: gAAAAABk1234", "gAAAAABk1234"),
    ("api_key", "X-Api-Key: 9f8e7d6c5b4a", "9f8e7d6c5b4a"),
    ("api_key", "API key: 1234567890abcdef", "1234567890abcdef"),
    ("api_key", "starting with --api-key=hunter2hh --user bob", "hunter2hh"),
    ("flag", "sh -c mysqldump -u root -phunter2ii shop", "hunter2ii"),
    ("flag", "sshpass -p hunter2jj ssh bob@host", "hunter2jj"),
    ("flag", "curl -s -u bob:hunter2kk https://example.com", "hunter2kk"),
    ("url", "connect to postgres://bob:hunter2ll@db1/shop", "hunter2ll"),
    ("url", "redis://:hunter2mm@cache:6379/0 refused", "hunter2mm"),
    ("url", "amqp://app:hunter2nn@mq1:5672/ closed", "hunter2nn"),
    (
        "jwt",
        "got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P",
        "dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P",
    ),
    ("aws", "denied for AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLE"),
    ("aws", "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "wJalrXUtnFEMI"),
    ("github", "remote: ghp_0123456789abcdefghijklmnopqrstuvwxyz", "ghp_0123456789abcdefghijklmnopqrstuvwxyz"),
    ("gitlab", "using glpat-0123456789abcdefghij", "glpat-0123456789abcdefghij"),
    ("slack", "posting with xoxb-123456789012-123456789012-abcdefghijklmnopqrstuvwx", "abcdefghijklmnopqrstuvwx"),
    ("stripe", "charge with sk_live_0123456789abcdefghijklmn", "sk_live_0123456789abcdefghijklmn"),
    (
        "openai",
        "key sk-proj-abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGH",
        "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGH",
    ),
    (
        "anthropic",
        "key sk-ant-api03-zyxwvutsrqponmlkjihgfedcba9876543210ZYXWVUTS",
        "zyxwvutsrqponmlkjihgfedcba9876543210ZYXWVUTS",
    ),
    ("cookie", "Cookie: session=s3ss10n0123456789; theme=dark", "s3ss10n0123456789"),
    ("cookie", "Set-Cookie: sid=c00k1e0123456789abc; HttpOnly", "c00k1e0123456789abc"),
    ("connection string", "Server=db1;User Id=sa;Password=hunter2oo;", "hunter2oo"),
    ("connection string", "dsn bob:hunter2pp@tcp(db1:3306)/shop", "hunter2pp"),
    (
        "pem",
        "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj\n-----END PRIVATE KEY-----",
        "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj",
    ),
    ("operator's own", "order ORD-77-QQX-1 failed", "ORD-77-QQX-1"),
];

/// Secrets in the paths of logs: one that the built-in rules know, one of the operator's.
const OF_PATHS: [&str; 2] = ["hunter2path", "ORD-78-PTH-2"];

/// What is no secret, and must stay readable.
const ORDINARY: [&str; 3] =
    ["550e8400-e29b-41d4-a716-446655440000", "req-8843", "9fceb02d0ae598e95dc970b74767f19372d61af8"];

fn world(url: &str) -> Workspace {
    let workspace = Workspace::small();
    workspace.edit(
        "heal.yaml",
        "ai: {enabled: false}",
        &format!("ai: {{ollama_url: '{url}', max_incidents: 60, timeout: 20s, budget: 60s, num_ctx: 16384}}\nredact: ['ORD-\\d+-[A-Z]+-\\d+']"),
    );
    // Named like secrets, beside the value that the fix is about; one with its value below it.
    workspace.write(
        "app.yaml",
        &format!("{}  password: c0nf1g-aa1\n  pool_token:\n    value: c0nf1g-bb2\n", APP.replace("  host: db1\n", "")),
    );
    let mut log = String::new();
    for (at, (_, text, _)) in PLANTED.iter().enumerate() {
        let ordinary = ORDINARY[at % ORDINARY.len()];
        writeln!(log, "2026-01-05 10:00:{:02} ERROR app.part{at}: pool exhausted {ordinary} {text}", at % 60).unwrap();
        // The same in an error that no pattern knows.
        writeln!(log, "2026-01-05 10:01:{:02} ERROR app.other{at}: it broke, said {text}", at % 60).unwrap();
    }
    workspace.write("logs/app.log", &log);
    // In a path.
    workspace.write("logs/password=hunter2path.log", "2026-01-05 10:02:00 ERROR app: it broke in a file of its own\n");
    // In a path that only the operator's rule knows; its text stands twice, so that one is named after the other.
    for name in ["logs/ORD-78-PTH-2.log", "logs/ORD-78-PTH-2/app.log"] {
        workspace.write(name, "2026-01-05 10:03:00 ERROR app: it broke where orders are\n");
    }
    workspace.edit(
        "heal.yaml",
        "logs: [",
        "logs: [{path: 'logs/ORD-78-PTH-2/*.log'}, {path: 'logs/ORD-78-PTH-2/no-*.log'}, ",
    );
    workspace
}

fn secrets() -> Vec<&'static str> {
    PLANTED.iter().map(|(.., secret)| *secret).chain(["c0nf1g-aa1", "c0nf1g-bb2"]).chain(OF_PATHS).collect()
}

fn assert_clean(place: &str, bytes: &[u8]) {
    for secret in secrets() {
        let found = bytes.windows(secret.len()).position(|piece| piece == secret.as_bytes());
        if let Some(at) = found {
            let around = &bytes[at.saturating_sub(80)..bytes.len().min(at + 80)];
            panic!("{secret} in {place}: {}", String::from_utf8_lossy(around));
        }
    }
}

/// Every secret again, as the model might repeat it.
fn answers() -> Vec<Reply> {
    PLANTED
        .chunks(4)
        .map(|some| {
            let text = serde_json::to_string(&some.iter().map(|(_, text, _)| *text).collect::<Vec<_>>().join("\n")).unwrap();
            let quotes: Vec<&str> = some.iter().map(|(_, text, _)| *text).collect();
            let quotes = serde_json::to_string(&quotes).unwrap();
            ollama::answer(&format!(
                r#"{{"root_cause":{text},"severity":"high","confidence":"low","evidence":{quotes},"fix_suggestions":{quotes},"fix":"none"}}"#
            ))
        })
        .collect()
}

#[test]
fn no_planted_secret_is_sent_printed_or_stored() {
    let kinds: std::collections::BTreeSet<&str> = PLANTED.iter().map(|(kind, ..)| *kind).collect();
    assert!(kinds.len() >= 15, "{}", kinds.len());
    let server = Server::start(Script { chats: answers(), ..Script::default() });
    let workspace = world(&server.url());
    let mut printed = String::new();
    for arguments in [
        &["-v"][..],
        &["--json"],
        &["--record", "-v"],
        &["--apply", "--json", "--since", "all"],
        &["status", "-v"],
        &["history", "--json"],
        &["stats"],
        &["doctor", "--json"],
        &["scan", "--all", "logs/app.log", "logs/password=hunter2path.log", "logs/ORD-78-PTH-2.log"],
    ] {
        let ran = workspace.heal(arguments);
        assert!(!ran.out.is_empty(), "{arguments:?}: {}", ran.err);
        assert_clean(&format!("what {arguments:?} prints"), (ran.out.clone() + &ran.err).as_bytes());
        printed.push_str(&ran.out);
    }
    let (_, document) = workspace.json(&["--since", "all"]);
    for incident in document["incidents"].as_array().unwrap() {
        let ran = workspace.heal(&["show", incident["id"].as_str().unwrap(), "-v"]);
        assert_clean("what show prints", (ran.out + &ran.err).as_bytes());
    }
    assert!(!server.chats().is_empty() && !server.pictures().is_empty());
    for request in server.requests() {
        assert_clean("what is sent", (request.path + &request.head + &request.body).as_bytes());
    }
    let mut stored = 0;
    for (file, bytes) in workspace.tree() {
        let name = file.to_string_lossy();
        assert_clean("a name", name.strip_prefix(".heal").unwrap_or_default().as_bytes());
        if name.starts_with(".heal") && !name.starts_with(".heal/backups") {
            stored += usize::from(!bytes.is_empty());
            assert_clean(&name, &bytes);
        }
    }
    assert!(stored > 3, "the database and answers");
    for ordinary in ORDINARY {
        assert!(printed.contains(ordinary), "{ordinary} stays readable");
    }
}

/// What the database holds in any column of any table.
fn rows_with(workspace: &Workspace, text: &str) -> Vec<String> {
    let database = rusqlite::Connection::open(workspace.file(".heal/heal.db")).unwrap();
    let names = |sql: &str| -> Vec<(String, String)> {
        let mut rows = database.prepare(sql).unwrap();
        rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect()
    };
    let mut columns =
        names("SELECT t.name, c.name FROM sqlite_master t, pragma_table_info(t.name) c WHERE t.type = 'table'");
    assert!(columns.len() > 100, "{}", columns.len());
    columns.retain(|(table, column)| {
        let sql = format!("SELECT COUNT(*) FROM {table} WHERE instr(CAST({column} AS TEXT), ?1) > 0");
        database.query_row(&sql, [text], |row| row.get::<_, i64>(0)).unwrap() > 0
    });
    columns.into_iter().map(|(table, column)| format!("{table}.{column}")).collect()
}

/// The operator learns of a secret after the paths were stored, by an older heal.
#[test]
fn a_rule_that_comes_later_takes_the_secret_out_of_the_read_positions() {
    let workspace = Workspace::small();
    let line = |minute| format!("2026-01-05 10:0{minute}:00 ERROR app: pool exhausted\n");
    workspace.write("logs/ORD-78-PTH-2/app.log", &line(3));
    std::os::unix::fs::symlink("ORD-78-PTH-2/app.log", workspace.file("logs/current.log")).unwrap();
    workspace.edit("heal.yaml", "logs: [", "logs: [{path: 'logs/ORD-78-PTH-2/*.log'}, {path: 'logs/cur*.log'}, ");
    let total = || {
        let (_, document) = workspace.json(&[]);
        let incidents = document["incidents"].as_array().unwrap();
        incidents.iter().map(|one| one["total"].as_u64().unwrap()).sum::<u64>()
    };
    workspace.heal(&["--record"]);
    let before = total();
    let database = rusqlite::Connection::open(workspace.file(".heal/heal.db")).unwrap();
    database
        .execute_batch("PRAGMA secure_delete = ON; ALTER TABLE positions DROP COLUMN seal; DROP TABLE redaction; PRAGMA user_version = 5")
        .unwrap();
    let places = ["entries.name", "positions.entry", "positions.path", "positions.target"];
    let stored = rows_with(&workspace, "ORD-78");
    assert!(places[..3].iter().all(|place| stored.contains(&(*place).to_owned())), "{stored:?}");

    workspace.append("heal.yaml", "redact: ['ORD-\\d+-[A-Z]+-\\d+']\n");
    assert_eq!(workspace.heal(&["--record"]).code, 1);
    assert_eq!(rows_with(&workspace, "ORD-78"), [""; 0]);
    let bytes = std::fs::read(workspace.file(".heal/heal.db")).unwrap();
    assert!(!bytes.windows(6).any(|piece| piece == b"ORD-78"), "nor in what is free now");
    assert_eq!(total(), before, "nothing counts twice");

    // Rotated while it is sealed, with a line that nobody has read.
    workspace.append("logs/ORD-78-PTH-2/app.log", &line(4));
    let log = workspace.file("logs/ORD-78-PTH-2/app.log");
    std::fs::rename(&log, log.with_extension("log.1")).unwrap();
    workspace.heal(&["--record"]);
    assert_eq!(total(), before + 1);

    // And the rule goes.
    workspace.edit("heal.yaml", "redact: ['ORD-\\d+-[A-Z]+-\\d+']\n", "");
    workspace.write("logs/ORD-78-PTH-2/app.log", &line(5));
    workspace.heal(&["--record"]);
    assert_eq!(total(), before + 2);
    assert!(rows_with(&workspace, "REDACTED").iter().all(|column| !column.starts_with("entries")));
}

/// What was stored before there was a rule is shown by nobody once there is one, and not stored once a run writes.
#[test]
fn a_rule_that_comes_later_holds_for_what_was_stored() {
    let workspace = Workspace::small();
    workspace.write("logs/app.log", "2026-01-05 10:03:00 ERROR app: it broke at zz-4711 again\n");
    workspace.heal(&["--record"]);
    let id = workspace.json(&[]).1["incidents"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(workspace.heal(&["mute", &id, "--reason", "known of zz-4711"]).code, 0);
    assert!(workspace.heal(&["show", &id]).out.contains("zz-4711"));
    let answer = format!(".heal/answers/{}.json", "a".repeat(64));
    workspace.write(&answer, "zz-4711");
    workspace.append("heal.yaml", "redact: ['zz-[0-9]+']\n");
    let before = workspace.tree();
    for arguments in
        [&["show", &id][..], &["show", &id, "--json"], &["status"], &["status", "--json"], &["--json"], &["history"]]
    {
        let ran = workspace.heal(arguments);
        assert!(!ran.out.contains("zz-4711"), "{arguments:?}: {}", ran.out);
    }
    assert!(workspace.heal(&["show", &id]).out.contains("[REDACTED:custom]"));
    assert_eq!(workspace.tree(), before, "who looks changes nothing");
    workspace.heal(&["--record"]);
    assert_eq!(rows_with(&workspace, "zz-4711"), [""; 0]);
    assert!(!workspace.file(&answer).exists(), "an answer may hold it");
    assert_eq!(workspace.json(&[]).1["incidents"][0]["id"].as_str(), Some(id.as_str()));
}

/// Each line is a record by itself: the short last one is known by those before it.
#[test]
fn the_short_last_line_of_a_key_is_part_of_it() {
    const BODY: &str = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj\n";
    let workspace = Workspace::small();
    let begin = "-----BEGIN PRIVATE KEY-----\n";
    let ends = ["aG9yc2U=\n-----END PRIVATE KEY-----\n", "aG9yc2U=\n", "aG9yc2U=\r\n"];
    for (head, end) in [(begin, ends[0]), ("", ends[0]), (begin, ends[1]), (begin, ends[2])] {
        workspace.write("logs/key.log", &format!("before\n{head}{BODY}{BODY}{end}after\naG9yc2U=\n"));
        let ran = workspace.heal(&["scan", "--all", "logs/key.log"]);
        let printed = |words: &str| ran.out.matches(words).count();
        assert_eq!(printed(&BODY[..20]), 0, "{}", ran.out);
        // That after the key is an ordinary word.
        assert_eq!(printed("aG9yc2U="), 1, "{}", ran.out);
        assert_eq!((printed("\"text\":\"before\""), printed("\"text\":\"after\"")), (1, 1), "{}", ran.out);
    }
    // Each with a stamp of its own, as a program logs a key line by line.
    let key = format!("{begin}{BODY}{BODY}{}", ends[0]);
    let mut stamped = String::new();
    for line in key.lines() {
        writeln!(stamped, "2026-01-05 10:00:00 INFO {line}").unwrap();
    }
    workspace.write("logs/key.log", &stamped);
    let ran = workspace.heal(&["scan", "--all", "logs/key.log"]);
    assert_eq!(
        ran.out.matches("\"text\":\"2026-01-05 10:00:00 INFO [REDACTED:private_key]\"").count(),
        4,
        "{}",
        ran.out
    );
    assert!(!ran.out.contains(&BODY[..20]) && !ran.out.contains("aG9yc2U="), "{}", ran.out);
}

/// As errors, so that each line is an event of its own, in a run that shows and stores samples.
#[test]
fn a_key_that_is_logged_line_by_line_is_in_no_sample() {
    let body = [
        "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj",
        "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAABFwAAAAdzc2gtcn",
        "aG9yc2UgYmF0dGVyeSBzdA==",
    ];
    for before in ["", "tls: ", "could not load "] {
        let workspace = Workspace::small();
        let mut log = String::new();
        let key = body.join("\n");
        for line in format!("-----BEGIN PRIVATE KEY-----\n{key}\n-----END PRIVATE KEY-----\nit broke").lines() {
            writeln!(log, "2026-01-05 10:00:00 ERROR app.tls: {before}{line}").unwrap();
        }
        workspace.write("logs/key.log", &log);
        let mut seen = String::new();
        for arguments in
            [&["--json"][..], &["--record", "-v"], &["scan", "logs/key.log"], &["scan", "--unknown", "logs/key.log"]]
        {
            let ran = workspace.heal(arguments);
            seen += &ran.out;
        }
        for (name, bytes) in workspace.tree() {
            if name.starts_with(".heal") {
                seen += &String::from_utf8_lossy(&bytes);
            }
        }
        assert!(seen.contains("it broke"), "{seen}");
        for line in body {
            assert!(!seen.contains(&line[..16]), "{before}{line} in {seen}");
        }
    }
}

/// C0, C1, bidi, zero-width and tag characters.
const HIDDEN: [char; 12] = [
    '\u{1b}',
    '\u{7}',
    '\u{8}',
    '\u{7f}',
    '\u{9b}',
    '\u{85}',
    '\u{202e}',
    '\u{2066}',
    '\u{200b}',
    '\u{feff}',
    '\u{e0041}',
    '\u{2028}',
];

fn assert_visible(place: &str, text: &str) {
    let hidden = text.chars().find(|c| HIDDEN.contains(c));
    assert!(hidden.is_none(), "{:?} in {place}", hidden.unwrap());
}

#[test]
fn no_hidden_character_is_printed_whoever_wrote_it() {
    let all: String = HIDDEN.iter().collect();
    let words = serde_json::to_string(&format!("It {all} is down")).unwrap();
    let answer =
        ollama::answer(&ollama::CAUSE.replace("\"The upstream is down.\"", &words).replace("\"Start it.\"", &words));
    let in_json = serde_json::to_string(&all).unwrap();
    let tags = Reply::Status(200, format!(r#"{{"models":[{{"name":{in_json}}}]}}"#));
    let refusal = Reply::Status(500, format!(r#"{{"error":{in_json}}}"#));
    let version = Reply::Status(200, format!(r#"{{"version":{in_json}}}"#));
    for script in [
        Script { chats: vec![answer], version, ..Script::default() },
        Script { tags, ..Script::default() },
        Script { chats: vec![refusal.clone()], ..Script::default() },
        Script { load: refusal, ..Script::default() },
    ] {
        let server = Server::start(script);
        let workspace = Workspace::small();
        let model = format!("llama3.2{}", all.replace('\u{7f}', ""));
        let ai = format!("ai: {{ollama_url: '{}', timeout: 2s, budget: 4s}}", server.url());
        workspace.edit("heal.yaml", "ai: {enabled: false}", &ai);
        workspace.write("logs/app.log", &format!("2026-01-05 10:00:00 ERROR app{all}: pool exhausted {all}\n2026-01-05 10:00:00 ERROR app: it broke {all} again\n"));
        let name = format!("logs/a{}.log", all.replace(['\u{1b}', '/'], ""));
        workspace.write(&name, "2026-01-05 10:00:00 ERROR app: it broke elsewhere\n");
        for arguments in [
            &["-v"][..],
            &["--json"],
            &["--record", "-v"],
            &["status"],
            &["doctor"],
            &["doctor", "--json"],
            &["--ollama-model", &model, "--fresh"],
            &["scan", "--unknown", "logs/app.log", &name],
        ] {
            let ran = workspace.heal(arguments);
            assert!(!ran.out.is_empty(), "{arguments:?}: {}", ran.err);
            assert_visible(&format!("{arguments:?}"), &(ran.out.clone() + &ran.err));
            if arguments.contains(&"--json") {
                // Nor behind an escape of JSON.
                let document: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
                each(&document, &mut |text| assert_visible("a string of JSON", text));
            }
        }
    }
}

#[test]
fn what_was_typed_is_printed_visibly_in_json_too() {
    let workspace = Workspace::small();
    let typed = "plan\u{9b}\u{202e}\u{200b}";
    for arguments in [&["patterns", "test", typed, "--json"][..], &["plan", "-o", typed, "--json"]] {
        let ran = workspace.heal(arguments);
        assert!(ran.out.contains("u{202e}"), "{arguments:?}: {}{}", ran.out, ran.err);
        assert_visible(&format!("{arguments:?}"), &(ran.out.clone() + &ran.err));
    }
}

fn each(value: &serde_json::Value, look: &mut dyn FnMut(&str)) {
    match value {
        serde_json::Value::String(text) => look(text),
        serde_json::Value::Array(items) => items.iter().for_each(|item| each(item, look)),
        serde_json::Value::Object(map) => map.iter().for_each(|(key, value)| {
            look(key);
            each(value, look);
        }),
        _ => {}
    }
}

/// Arguments of programs and paths: what is shown and stored of them is without secrets, what runs is whole.
#[test]
fn arguments_of_programs_are_shown_without_secrets() {
    let workspace = Workspace::small();
    let command = "logs: [{path: 'logs/*.log'}, {command: [sh, -c, 'echo \"2026-01-05 10:00:00 ERROR c: it fell\"; echo --password hunter2err >&2; exit 3', --password, hunter2argv]}]";
    let config = workspace.read("heal.yaml");
    let logs = config.lines().find(|line| line.starts_with("logs:")).unwrap().to_owned();
    workspace.edit("heal.yaml", &logs, command);
    workspace.write(
        "fixes/app.yaml",
        "fixes:\n  - name: tell\n    for: [pool_exhausted]\n    description: Tells\n    risk: unsafe\n    steps:\n      - run: {argv: [/bin/echo, --password, hunter2run], undo: [/bin/echo, --password, hunter2undo]}\n    verify: [{http_ok: {url: 'http://u:hunter2http@127.0.0.1:1/'}}, {command: [/bin/echo, --token, hunter2check]}]\n  - name: write\n    for: [pool_exhausted]\n    description: Writes\n    risk: unsafe\n    steps: [{edit: {file: app.yaml, yaml_path: [db, password], operation: set, value: hunter2set, create_missing: true}}]\n",
    );
    for arguments in [
        &["--unsafe"][..],
        &["--unsafe", "--json"],
        &["--record", "-v"],
        &["doctor"],
        &["fixes", "list", "--json"],
        &["fixes", "show", "tell"],
        &["fixes", "show", "write"],
        &["fixes", "show", "write", "--json"],
    ] {
        let ran = workspace.heal(arguments);
        assert!(
            !ran.out.is_empty() && !(ran.out.clone() + &ran.err).contains("hunter2"),
            "{arguments:?}: {}{}",
            ran.out,
            ran.err
        );
    }
    let database = std::fs::read(workspace.path().join(".heal/heal.db")).unwrap();
    assert!(!database.windows(7).any(|part| part == b"hunter2"), "stored");
}

/// The workspace's own path, in all that commands beside the run print.
#[test]
fn the_path_of_the_workspace_is_printed_without_its_secret() {
    let workspace = Workspace::small();
    workspace.write(
        "logs/app.log",
        "2026-01-05 10:00:00 ERROR app.db: pool exhausted\n2026-01-05 10:00:01 ERROR app: it broke at ten\n",
    );
    let folder = workspace.file("").file_name().unwrap().to_str().unwrap().to_owned();
    workspace.append("heal.yaml", &format!("redact: ['{folder}']\n"));
    workspace.heal(&["--apply"]);
    let (_, document) = workspace.json(&["--since", "all"]);
    let unknown = document["incidents"].as_array().unwrap().iter().find(|one| one["pattern"].is_null()).unwrap();
    let id = unknown["id"].as_str().unwrap();
    for arguments in [
        &["backups"][..],
        &["backups", "--json"],
        &["backups", "show"],
        &["backups", "show", "--json"],
        &["learn", id, "--json"],
        &["patterns", "list", "-v"],
        &["patterns", "list", "--json"],
        &["undo", "--json"],
    ] {
        let ran = workspace.heal(arguments);
        assert!(ran.code == 0 && !ran.out.is_empty(), "{arguments:?}: {} {}", ran.code, ran.err);
        assert!(!(ran.out.clone() + &ran.err).contains(&folder), "{arguments:?}: {}{}", ran.out, ran.err);
    }
}
