//! Secrets of many kinds in realistic lines, and innocent lines of real programs.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;

static REDACTOR: LazyLock<Redactor> = LazyLock::new(|| Redactor::new(&[]).unwrap());

/// A line and the secret in it.
fn planted() -> Vec<(String, String)> {
    let rows: &[(&str, &str)] = &[
        ("curl -H 'Authorization: Bearer {}' https://api.example.org/v1", "q8Zx7LmP0aTt"),
        ("GET /v1 HTTP/1.1 Authorization: Basic {} User-Agent: curl/8", "Ym9iOmh1bnRlcjI="),
        (r#"{"level":"error","headers":{"authorization":"Bearer {}","host":"x"}}"#, "abcdefghijkl"),
        (r#"headers: {\"Authorization\": \"token {}\", \"Accept\": \"*/*\"}"#, "zzyyxxwwvv"),
        ("Authorization: {} rejected", "9a8b7c6d5e4f"),
        ("upstream rejected bearer {} from 10.0.0.8", "c29tZS1vcGFxdWUtdG9rZW4"),
        ("2025-12-04 14:30:22 ERROR db: connect failed host=db user=app password={} dbname=app", "hunter2"),
        ("config dump: db_password: {}", "swordfish"),
        (r#"{"user":"bob","password":"{}","ok":false}"#, r"p@ss w0rd, with \\ things"),
        (r#"body="{\"user\":\"bob\",\"passwd\":\"{}\"}" status=500"#, "s3cr3t!"),
        (r#"msg="payload {\\\"pwd\\\":\\\"{}\\\"}""#, "deep-Escape1"),
        ("GET /login?user=bob&password={}&next=/ HTTP/1.1 302", "a%20b!c"),
        ("POST /cb?access_token={}&state=1", "Zm9vYmFyYmF6"),
        ("mysqldump -u root -p{} --all-databases", "Tr0ub4dor"),
        ("curl -sS -ubob:{} https://api.example.org", "hunter2"),
        ("redis.conf:790: requirepass {}", "foobared"),
        ("+ mysql -h db -p'{}' app", "with space"),
        ("run: app --password {} --port 80", "correcthorse"),
        ("run: app --api-key={} --port 80", "k-123456"),
        (r#"exec ["app", "--token", "{}", "-v"]"#, "tok_9911"),
        ("could not fetch https://bob:{}@repo.example.org/x.git", "pa:ss@w0rd"),
        ("postgres://app:{}@db:5432/app?sslmode=disable refused", "s3cr3t/slash"),
        ("clone https://{}@github.com/acme/app.git", "x9y8z7w6v5u4t3s2r1q0"),
        ("dsn app:{}@tcp(db:3306)/app: connection refused", "go-driver-pw"),
        (
            "verify failed for {} (sub bob)",
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
        ),
        ("InvalidAccessKeyId: {} does not exist", "AKIAIOSFODNN7EXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY={} make deploy", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
        ("remote: bad credentials {}", "ghp_16C7e42F292c6912E7710c838347Ae178B4a"),
        ("push with {} refused", "github_pat_11ABCDEFG0abcdefghijkl_mnopqrstuvwxyz012345"),
        ("runner: {} expired", "glpat-abcDEF123456ghiJKL78"),
        ("slack says invalid_auth for {}", "xoxb-123456789012-abcdefGHIJKL"),
        ("posting to https://hooks.slack.com/{} 404", "services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX"),
        ("No such charge (key {})", "sk_live_4eC39HqLyjWDarjtT1zdp7dc"),
        ("Incorrect API key provided: {}.", "sk-proj-abc123DEF456ghi789JKL012"),
        ("anthropic 401 for {}", "sk-ant-api03-abcdefgh-IJKL_mnop"),
        ("maps: {} not authorised", "AIzaSyD-9tSrke72PouQMnMX-a7eZSW0jkFMBWY"),
        ("Cookie: {}", "session=abc123; theme=dark"),
        ("< Set-Cookie: {}", "sid=s%3Axyz.abc; Path=/; Expires=Wed, 21 Oct 2026 07:28:00 GMT; HttpOnly"),
        (r#"{"cookie":"{}","x":1}"#, "a=1; b=2"),
        ("Server=db;Database=app;User Id=sa;Password={};Encrypt=true", "P@ss;w0rd!"),
        ("DefaultEndpointsProtocol=https;AccountName=x;AccountKey={};EndpointSuffix=core", "abc/def+ghi=="),
        ("<add key=\"DbPassword\" value=\"{}\"/>", "xmlpw"),
        ("<password>{}</password>", "xml pass"),
        (r#"env: {"name":"DB_PASSWORD","value":"{}"}"#, "k8s-value"),
        ("params: {\"utf8\"=>\"1\", \"password\"=>\"{}\"}", "ruby-hash"),
        ("Config { host: \"x\", token: Some(\"{}\") }", "rusty"),
        ("User{name=bob, password={}}", "java}toString"),
        ("q=%7B%22password%22%3A%22{}%22%7D", "urlenc0ded"),
        ("ALTER USER app WITH PASSWORD '{}';", "pg pw"),
        ("CREATE USER 'x'@'%' IDENTIFIED BY '{}'", "my pw"),
        ("shadow: root:{}:19000:0:99999:7:::", "$6$saltsalt$abcdefghijklmnopqrstuvwxyzABCDEFGHIJ./"),
        ("X-Auth-Token: {}", "0f1e2d3c4b5a"),
        ("//registry.npmjs.org/:_authToken={}", "npmtokenvalue"),
        ("SECRET_KEY_BASE={}", "0123456789abcdef0123456789abcdef"),
        ("client_secret = \"{}\"", "tomlsecret"),
        ("passphrase for key: passphrase={} given", "openSesame"),
    ];
    rows.iter().map(|(line, secret)| (line.replacen("{}", secret, 1), (*secret).to_owned())).collect()
}

#[test]
fn planted_secrets_are_replaced_and_nothing_else() {
    let r = &*REDACTOR;
    let marks = Regex::new(r"\[REDACTED:[a-z_]+\]").unwrap();
    let mut wrong = Vec::new();
    for (line, secret) in planted() {
        let clean = r.redact(&line);
        let expected = line.replacen(&secret, "@", 1);
        if marks.replace_all(&clean, "@") != expected || !r.contains_secret(&line) || r.contains_secret(&clean) {
            wrong.push(format!("{line}\n  gave     {clean}\n  expected {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

const KEY: &str = "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA1c7+9z5Pad7OejecsQ0buQbIVsTGcTnIbw6hz1L0Lr8Zf4AB\n\
                   Zk0xY3JldFNlY3JldFNlY3JldFNlY3JldFNlY3JldFNlY3JldFNlY3JldFNlY3Jl\nc2hvcnQ=\n-----END RSA PRIVATE KEY-----";

#[test]
fn private_keys_are_found_whole_cut_and_escaped() {
    let r = &*REDACTOR;
    assert_eq!(r.redact(&format!("key:\n{KEY}\nnext line")), "key:\n[REDACTED:private_key]\nnext line");
    let escaped = format!("{{\"key\":\"{}\",\"n\":1}}", KEY.replace('\n', "\\n"));
    assert_eq!(r.redact(&escaped), "{\"key\":\"[REDACTED:private_key]\",\"n\":1}");
    let body = "Zk0xY3JldFNlY3JldFNlY3JldFNlY3Jl";
    for cut in (40..KEY.len()).step_by(7) {
        let (head, tail) = KEY.split_at(cut);
        assert!(!r.redact(head).contains("MIIE"), "{head}");
        if tail.contains("-----END RSA PRIVATE KEY") {
            assert!(!r.redact(&format!("read error\n{tail} done")).contains(body), "{tail}");
        }
    }
    for line in KEY.lines().filter(|line| line.len() == 64) {
        assert!(!r.redact(line).contains(&line[..20]), "{line}");
    }
    let public = "-----BEGIN PUBLIC KEY-----\nabc\n-----END PUBLIC KEY-----";
    assert_eq!(r.redact(public), public);
}

#[test]
fn innocent_lines_stay_as_they_are() {
    let r = &*REDACTOR;
    let mut wrong = Vec::new();
    for line in [
        "FATAL:  password authentication failed for user \"bob\"",
        "Failed password for root from 203.0.113.7 port 22 ssh2",
        "Failed password for invalid user admin from 203.0.113.7 port 41234 ssh2",
        "sudo:   bob : TTY=pts/0 ; PWD=/home/bob ; USER=root ; COMMAND=/usr/bin/ls",
        "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=203.0.113.7",
        "error: token expired",
        "Invalid token: signature mismatch",
        "SyntaxError: Unexpected token '<', \"<!DOCTYPE \"... is not valid JSON",
        "SyntaxError: Unexpected token } in JSON at position 12",
        "syntax error near unexpected token `)'",
        "secret not found",
        "MountVolume.SetUp failed for volume \"creds\" : secret \"db-creds\" not found",
        "usage: prompt_tokens: 512, completion_tokens: 128, tokens: 512, max_tokens=4096",
        "llama_decode: n_tokens = 512, token_count=12",
        "commit 3f786850e387550fdab836ed7e6dc881de23001b by bob",
        "request 550e8400-e29b-41d4-a716-446655440000 took 12 ms",
        "image sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 pulled",
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "trace_id=4bf92f3577b34da6a3ce929d0e0e4736 span_id=00f067aa0ba902b7",
        "2025-12-04 14:30:22 ERROR streamtv.streaming: FFmpeg timeout: no data received for 5s (film.avi)",
        "Error: key \"primary_key\" already exists in table keys; foreign_key=12",
        "Missing `secret_key_base` for 'production' environment, set this string with `bin/rails credentials:edit`",
        "KeyError: 'password'",
        "TypeError: login() missing 1 required positional argument: 'password'",
        "password: ********",
        "password=[FILTERED] user=bob",
        "password: <redacted>",
        "db_password: ${DB_PASSWORD}",
        "password = None, token=null, secret: \"\"",
        "password: required, token: missing",
        "token_ttl=3600 token_type=bearer password_file=/run/secrets/db",
        "GET /static/tokens.css HTTP/1.1 200 compass=1 bypass=true passed: 12 pass=3 fail=0",
        "ssh://git@github.com:22/acme/app.git http://localhost:11434/api/tags?x=a@b https://example.org/@user",
        "http://[::1]:8080/x mailto:bob@example.org user@host:/srv/path",
        "Basic authentication failed; Bearer authentication required; WWW-Authenticate: Bearer realm=\"api\"",
        "bearer token missing",
        "authorization: failed for bob",
        "cookie not set; Cookie: missing; cookies: 12",
        "author: bob; authority: example.org",
        "task-list-component risk-management sk-learn mask-image-of-a-thing-that-is-long",
        "mysqld: ready for connections. port: 3306 -- mysql -u root -p app",
        "curl: (7) Failed to connect to localhost port 80",
        "module::token::Kind and std::secret::x",
        "token::verify failed; passwords::check",
        "the password was reset; passphrase is required; wrong password given",
        "Accepted publickey for bob from 10.0.0.1 port 22 ssh2: ED25519 SHA256:uNiVztksCsDhcc0u9e8BgrJXVGDcCjX1Vd0JzC6bQ1Y",
        "systemd[1]: nginx.service: Main process exited, code=exited, status=1/FAILURE",
        "kernel: key type dns_resolver registered",
        "passwd: password updated successfully",
        "error: unexpected token: identifier",
        "curl --user-agent heal:1 http://localhost/; authorization: denied for user=bob",
        "日本語 パスワード エラー",
    ] {
        if r.redact(line) != line {
            wrong.push(format!("{line}\n  gave {}", r.redact(line)));
        }
        assert!(matches!(r.redact("nothing here"), Cow::Borrowed(_)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn long_hostile_text_takes_linear_time() {
    let r = &*REDACTOR;
    for unit in [
        "password=",
        "://",
        "://a:",
        "token: ",
        "\"password\":\"",
        "\\\"pwd\\\":\\\"",
        "PRIVATE KEY",
        "-----BEGIN PRIVATE KEY-----",
        "-----END PRIVATE KEY-----",
        "MII",
        "cookie",
        "Cookie: a",
        "mysql -p",
        "eyJ",
        "authorization: ",
        "identified by ",
        "login a ",
        "key ",
        "[REDACTED:",
        "@tcp(",
        "sig",
        "pass;",
    ] {
        let text = unit.repeat((1 << 18) / unit.len());
        assert!(r.redact(&text).len() <= text.len() * 8);
    }
}

fn context() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zé ]{0,30}( |\n|\t)",
        Just("{\"msg\": \"x\"} ".to_owned()),
        Just("2025-12-04 14:30:22 ERROR app: ".to_owned()),
        Just("password=a ".to_owned()),
        Just("日本 ".to_owned()),
    ]
}

proptest! {
    #[test]
    fn any_text_survives_and_twice_is_once(text in any::<String>()) {
        let r = &*REDACTOR;
        let once = r.redact(&text).into_owned();
        prop_assert_eq!(r.redact(&once).into_owned(), once.clone());
        prop_assert!(!r.contains_secret(&once));
    }

    #[test]
    fn text_made_of_our_own_words_too(parts in proptest::collection::vec(prop_oneof![
        Just("password"), Just("=") , Just(":"), Just(" "), Just("\""), Just("\\\""), Just("://"), Just("@"), Just("token"), Just("--token "),
        Just("[REDACTED:"), Just("[REDACTED:token]"), Just("]"), Just("Cookie: "), Just("a=b"), Just(";"), Just("é"), Just("\n"), Just("PRIVATE KEY-----"),
        Just("-----BEGIN "), Just("-----END "), Just("mysql -p"), Just("Authorization: Bearer "), Just("eyJabcde.abcd"), Just("%22"), Just("["), Just("{"), Just("x1Y"),
        Just("https://u:p"), Just("MII"), Just("\u{1b}"), Just("key"), Just("secret"),
    ], 0..25)) {
        let r = &*REDACTOR;
        let text = parts.concat();
        let once = r.redact(&text).into_owned();
        prop_assert_eq!(r.redact(&once).into_owned(), once);
    }

    #[test]
    fn no_planted_secret_survives_its_surroundings(before in context(), after in context(), pick in any::<prop::sample::Index>()) {
        let r = &*REDACTOR;
        let rows = planted();
        let (line, secret) = &rows[pick.index(rows.len())];
        let text = format!("{before}{line} {after}");
        let clean = r.redact(&text);
        prop_assert!(!clean.contains(secret.as_str()), "{}", clean);
    }
}
