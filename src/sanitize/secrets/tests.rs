//! Planted secrets, innocent lines, and properties.

use proptest::prelude::*;

use super::*;

fn redactor() -> Redactor {
    Redactor::new(&[]).unwrap()
}

/// A line and the secrets that it must not show.
const PLANTED: &[(&str, &[&str])] = &[
    // Headers
    ("curl -H 'Authorization: Bearer mF_9.B5f-4.1JqM' https://api.example.com/v1", &["mF_9.B5f-4.1JqM"]),
    (
        "DEBUG http.client: headers={'Authorization': 'Bearer abc123def456ghi789', 'Accept': '*/*'}",
        &["abc123def456ghi789"],
    ),
    ("Proxy-Authorization: Basic dXNlcjpwYXNzd29yZA==", &["dXNlcjpwYXNzd29yZA"]),
    (
        "Authorization: Digest username=\"Mufasa\", realm=\"x\", nonce=\"dcd98b\", response=\"6629fae49393a05397450978507c4ef1\"",
        &["6629fae49393a05397450978507c4ef1"],
    ),
    (
        "Authorization: AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=fe5f80f77d5fa3beca038a248ff027d0445342fe2855ddc963176630326f1024",
        &["AKIAIOSFODNN7EXAMPLE", "fe5f80f77d5fa3beca038a248ff027d0445342fe2855ddc963176630326f1024"],
    ),
    ("authorization: token 0123456789abcdef0123456789abcdef01234567", &["0123456789abcdef0123456789abcdef01234567"]),
    ("{\"headers\":{\"authorization\":\"Bearer 7d9f-secret-value\"}}", &["7d9f-secret-value"]),
    ("sending request with bearer 0a1b2c3d4e5f6a7b8c9d", &["0a1b2c3d4e5f6a7b8c9d"]),
    ("upstream sent Basic YWxhZGRpbjpvcGVuc2VzYW1l in a log", &["YWxhZGRpbjpvcGVuc2VzYW1l"]),
    ("X-Api-Key: 9f8e7d6c5b4a", &["9f8e7d6c5b4a"]),
    ("> X-Auth-Token: gAAAAABk1234", &["gAAAAABk1234"]),
    // Pairs in every dress
    ("2025-12-04 14:30:22 ERROR streamtv.db: login failed password=hunter2", &["hunter2"]),
    ("password: hunter2", &["hunter2"]),
    ("DB_PASSWORD=\"s3cr3t pass phrase\" ./run.sh", &["s3cr3t", "phrase"]),
    ("PGPASSWORD=hunter2 psql -h db", &["hunter2"]),
    ("{\"user\":\"bob\",\"password\":\"hun\\\"ter2\",\"ok\":true}", &["hun", "ter2"]),
    ("{\"log\":\"{\\\"password\\\":\\\"hunter2\\\",\\\"user\\\":\\\"bob\\\"}\"}", &["hunter2"]),
    ("{\"log\":\"{\\\"m\\\":\\\"{\\\\\\\"api_key\\\\\\\":\\\\\\\"hunter2\\\\\\\"}\\\"}\"}", &["hunter2"]),
    ("GET /login?user=bob&password=hunter2&next=%2F HTTP/1.1", &["hunter2"]),
    ("POST /x body=password%3Dhunter2%26user%3Dbob", &["hunter2"]),
    ("Parameters: {\"utf8\"=>\"x\", \"user\"=>{\"password\"=>\"hunter2\"}}", &["hunter2"]),
    ("user[password]=hunter2&user[name]=bob", &["hunter2"]),
    ("user%5Bpassword%5D=hunter2", &["hunter2"]),
    ("config['db_password'] = 'hunter2'", &["hunter2"]),
    ("{User:bob Password:hunter2 Host:db}", &["hunter2"]),
    ("Config { user: \"bob\", password: Some(\"hunter2\"), port: 5432 }", &["hunter2"]),
    ("<username>bob</username><password>hunter2</password>", &["hunter2"]),
    ("<add key=\"DbPassword\" value=\"hunter2\" />", &["hunter2"]),
    ("{\"name\":\"DB_PASSWORD\",\"value\":\"hunter2\"}", &["hunter2"]),
    ("\u{1b}[36mpassword\u{1b}[0m=\u{1b}[35mhunter2\u{1b}[0m user=bob", &["hunter2"]),
    ("starting with --password hunter2 --user bob", &["hunter2"]),
    ("starting with --api-key=hunter2 --user bob", &["hunter2"]),
    ("aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", &["wJalrXUtnFEMI", "bPxRfiCYEXAMPLEKEY"]),
    ("client_secret: 'it''s me' # x", &["it''s", "me"]),
    ("passphrase=correcthorse;user=bob", &["correcthorse"]),
    ("API key: 1234567890abcdef", &["1234567890abcdef"]),
    ("refreshToken=abcdef123456, expires=3600", &["abcdef123456"]),
    ("SECRET_KEY_BASE=0f1e2d3c4b5a", &["0f1e2d3c4b5a"]),
    ("credentials=bob:hunter2", &["hunter2"]),
    ("'secret': b'hunter2'", &["hunter2"]),
    ("\"api_keys\": [\"first1\", \"second2\"]", &["first1", "second2"]),
    ("password=p@ss,w0rd;x! user=bob", &["p@ss", "w0rd", "x!"]),
    ("password=pa'ss&w user=bob", &["pa'ss"]),
    ("passwd='unterminated value", &["unterminated", "value"]),
    ("A temporary password is generated for root@localhost: hA3<x!kk9Q", &["hA3<x!kk9Q"]),
    ("CREATE USER 'bob'@'%' IDENTIFIED BY 'hunter2'", &["hunter2"]),
    ("ALTER ROLE bob WITH PASSWORD 'hunter2';", &["hunter2"]),
    ("csrf_token=aB3dE5fG7h", &["aB3dE5fG7h"]),
    ("TOKEN=123456", &["123456"]),
    ("Schl\u{fc}ssel password=gr\u{fc}\u{df}e", &["gr\u{fc}\u{df}e"]),
    // Command lines
    ("sh -c mysqldump -u root -phunter2 shop", &["hunter2"]),
    ("CMD (mysql --user=root -p'hunter2' shop)", &["hunter2"]),
    ("sshpass -p hunter2 ssh bob@host", &["hunter2"]),
    ("redis-cli -h cache -a hunter2 ping", &["hunter2"]),
    ("curl -s -u bob:hunter2 https://example.com", &["hunter2"]),
    ("docker login -u bob -p hunter2 registry.example.com", &["hunter2"]),
    // One word of an owner and a noun
    ("connect dbpass=Swordfish99aa failed", &["Swordfish99aa"]),
    ("login {\"ftppass\":\"swordfish\"} failed", &["swordfish"]),
    ("DBPWD=swordfish rootpw=goldfish", &["swordfish", "goldfish"]),
    ("cut here\\ndbpass=swordfish", &["swordfish"]),
    ("wpa_psk=swordfish", &["swordfish"]),
    ("user: bob pass: swordfish", &["swordfish"]),
    ("{\"user\":\"bob\",\"pw\":\"swordfish\"} pw: goldfish", &["swordfish", "goldfish"]),
    ("Passwort: Swordfish11", &["Swordfish11"]),
    ("bindpw swordfish", &["swordfish"]),
    // Escapes of other writers
    ("body \"user\\u003dbob\\u0026password\\u003dswordfish\\u0026x\\u003d1\"", &["swordfish"]),
    ("body {\\u0022password\\u0022:\\u0022trout fish\\u0022}", &["trout", "fish"]),
    ("body {\\u0022dbpass\\u0022:\\u0022trout fish\\u0022}", &["trout", "fish"]),
    ("GET /r?next=%2Flogin%3Fpassword%253Dswordfish%2526x%253D1", &["swordfish"]),
    // Connection strings, markup, statements
    ("cs Server=x;User Id=sa;Password=two Words99;Database=d failed", &["two", "Words99"]),
    ("cs Password=two words99;Server=x failed", &["two", "words99"]),
    ("jdbc:oracle:thin:scott/t1ger@localhost:1521:XE failed", &["t1ger"]),
    ("sqlplus scott/t1ger@orcl", &["t1ger"]),
    ("<ns:password>swordfish</ns:password>", &["swordfish"]),
    ("<wsse:Password Type=\"http://x#PasswordText\">trout fish</wsse:Password>", &["trout", "fish"]),
    ("SET PASSWORD FOR 'bob'@'%' = 'swordfish'", &["swordfish"]),
    ("SET PASSWORD FOR 'bob'@'%' = PASSWORD('swordfish')", &["swordfish"]),
    ("CREATE USER bob IDENTIFIED BY swordfish; failed", &["swordfish"]),
    ("bob:$apr1$abcd1234$abcdefghijklmnopqrstuv failed", &["abcdefghijklmnopqrstuv"]),
    ("{\"credentials\":{\"user\":\"bob\",\"value\":\"swordfish\"}} failed", &["swordfish"]),
    ("secrets: {main: swordfish, other: {deep: goldfish}} failed", &["swordfish", "goldfish"]),
    // Protocols
    ("ftp cmd> PASS swordfish", &["swordfish"]),
    ("ftpd[12]: USER bob, PASS swordfish", &["swordfish"]),
    ("imap a1 LOGIN bob swordfish", &["swordfish"]),
    ("C: A002 LOGIN \"bob\" \"trout fish\"", &["trout", "fish"]),
    ("smtp AUTH PLAIN AGJvYgBTd29yZGZpc2gxMWpq", &["AGJvYgBTd29yZGZpc2gxMWpq"]),
    ("redis cmd AUTH swordfish", &["swordfish"]),
    ("login otp=482133 refused, pin=48213377", &["482133", "48213377"]),
    ("{\"pin\":\"4821\",\"otp\": \"a1b2c3\"}", &["4821", "a1b2c3"]),
    ("mailgun rejected key-0123456789abcdef0123456789abcdef", &["0123456789abcdef0123456789abcdef"]),
    // Addresses
    ("could not connect to postgres://bob:hunter2@db:5432/shop", &["hunter2"]),
    ("redis://:hunter2@cache:6379/0 refused", &["hunter2"]),
    ("amqp://bob:p%40ss/w@mq:5672//", &["p%40ss/w"]),
    (
        "cloning https://x-access-token:ghs_16C7e42F292c6912E7710c838347Ae178B4a@github.com/a/b",
        &["ghs_16C7e42F292c6912E7710c838347Ae178B4a"],
    ),
    (
        "fetch https://0123456789abcdef0123456789abcdef01234567@git.example.com/a",
        &["0123456789abcdef0123456789abcdef01234567"],
    ),
    ("dsn bob:hunter2@tcp(127.0.0.1:3306)/shop", &["hunter2"]),
    ("Server=db;Database=shop;User Id=sa;Password=hunter2;Encrypt=true", &["hunter2"]),
    (
        "DefaultEndpointsProtocol=https;AccountName=x;AccountKey=Zm9vYmFyYmF6cXV4==;EndpointSuffix=core.windows.net",
        &["Zm9vYmFyYmF6cXV4"],
    ),
    ("jdbc:mysql://db/shop?user=bob&password=hunter2", &["hunter2"]),
    ("host=db user=bob password=hunter2 dbname=shop", &["hunter2"]),
    (
        "https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX",
        &["T00000000/B00000000", "XXXXXXXXXXXXXXXXXXXXXXXX"],
    ),
    (
        "GET https://b.s3.amazonaws.com/k?X-Amz-Signature=fe5f80f77d5fa3beca038a248ff027d0&x=1",
        &["fe5f80f77d5fa3beca038a248ff027d0"],
    ),
    // Shapes
    (
        "jwt eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U rejected",
        &["eyJhbGci", "eyJzdWIi", "dozjgNryP4J3"],
    ),
    ("cut eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzd", &["eyJhbGci", "eyJzd"]),
    ("key AKIAIOSFODNN7EXAMPLE / wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", &["AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI"]),
    ("git push failed: ghp_16C7e42F292c6912E7710c838347Ae178B4a", &["ghp_16C7e42F292c6912E7710c838347Ae178B4a"]),
    ("using github_pat_11ABCDEFG0abcdefghijkl_mnopqrstuvwxyz0123456789", &["github_pat_11ABCDEFG0"]),
    ("remote: glpat-xxXX1234567890abcdef denied", &["glpat-xxXX1234567890abcdef"]),
    ("slack xoxb-123456789012-abcdefABCDEF failed", &["xoxb-123456789012-abcdefABCDEF"]),
    ("stripe sk_live_4eC39HqLyjWDarjtT1zdp7dc", &["sk_live_4eC39HqLyjWDarjtT1zdp7dc"]),
    ("Incorrect API key provided: sk-proj-abcDEF123456ghiJKL789mno.", &["sk-proj-abcDEF123456ghiJKL789mno"]),
    ("x sk-ant-api03-AbCdEf0123456789-xyz y", &["sk-ant-api03-AbCdEf0123456789-xyz"]),
    ("maps AIzaSyD-9tSrke72PouQMnMX-a7eZSW0jkFMBWY", &["AIzaSyD-9tSrke72PouQMnMX-a7eZSW0jkFMBWY"]),
    ("npm ERR! npm_0123456789abcdefghijABCDEFGHIJ012345", &["npm_0123456789abcdefghij"]),
    (
        "root:$6$saltsalt$abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ01:19000:0",
        &["abcdefghijklmnopqrstuvwxyzABCDEFG"],
    ),
    (
        "bot https://api.telegram.org/bot123456789:AAF0bcdefghijklmnopqrstuvwxyz012345/getMe",
        &["AAF0bcdefghijklmnopqrstuvwxyz012345"],
    ),
    // Cookies
    ("Cookie: sessionid=abc123; theme=dark", &["abc123", "theme=dark"]),
    ("Set-Cookie: sid=s%3Aabc.def; Path=/; HttpOnly", &["s%3Aabc.def"]),
    ("{\"cookie\":\"connect.sid=xyz789\",\"host\":\"a\"}", &["xyz789"]),
    ("curl -H \"Cookie: a=\\\"q1w2\\\"; b=e3r4\" http://x", &["q1w2", "e3r4"]),
    ("GET /x;jsessionid=0123456789ABCDEF0123456789ABCDEF", &["0123456789ABCDEF0123456789ABCDEF"]),
    // PEM
    (
        "loading\n-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA1c7+9z5Pad7OejecsQ0bu3aozN3tihPmljnnudb9G3HECdnH\nlWu2/a1gB9JW5TBQ+AVpum9Okx7KfqkfBKL9mcHgSlWfdMdfcMNfOtPUINM=\n-----END RSA PRIVATE KEY-----\ndone",
        &["MIIEow", "lWu2"],
    ),
    (
        "{\"key\":\"-----BEGIN PRIVATE KEY-----\\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\\nabc=\\n-----END PRIVATE KEY-----\\n\"}",
        &["MIIEvQ", "abc="],
    ),
    (
        "cut\n-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW\nQyNTUxOQAAACD",
        &["b3BlbnNzaC1r", "QyNTUxOQAAACD"],
    ),
    (
        "lWu2/a1gB9JW5TBQ+AVpum9Okx7KfqkfBKL9mcHg\nSlWfdMdfcMNfOtPUINM=\n-----END PRIVATE KEY-----\ndone",
        &["lWu2", "SlWf"],
    ),
    ("MIIEowIBAAKCAQEA1c7+9z5Pad7OejecsQ0bu3aozN3tihPmljnnudb9G3HECdnH", &["MIIEow"]),
];

#[test]
fn planted_secrets_are_gone() {
    let redactor = redactor();
    let mut leaks = Vec::new();
    for (line, secrets) in PLANTED {
        let clean = redactor.redact(line);
        for secret in *secrets {
            if clean.contains(secret) {
                leaks.push(format!("{secret:?} in {clean}"));
            }
        }
        if !redactor.contains_secret(line) {
            leaks.push(format!("nothing seen in {line}"));
        }
        if redactor.contains_secret(&clean) {
            leaks.push(format!("not settled: {line} -> {clean} -> {}", redactor.redact(&clean)));
        }
    }
    assert!(leaks.is_empty(), "{}", leaks.join("\n"));
}

/// Lines of real programs that hold no secret.
const INNOCENT: &[&str] = &[
    "2025-12-04 14:30:22 ERROR auth: token expired",
    "FATAL:  password authentication failed for user \"bob\"",
    "Error from server (NotFound): secrets \"db-credentials\" not found",
    "secret not found",
    "usage: {\"tokens\": 512, \"max_tokens\": 4096, \"prompt_tokens\": 12}",
    "tokens: 512",
    "llama_print_timings: eval time = 512 ms / 24 tokens, token: 512",
    "ERROR 1045 (28000): Access denied for user 'root'@'localhost' (using password: YES)",
    "sshd[812]: Failed password for invalid user admin from 203.0.113.9 port 51234 ssh2",
    "sshd[812]: Accepted publickey for bob from 10.0.0.1 port 22 ssh2: RSA SHA256:nThbg6kXUpJWGl7E1IGOCspRomTxdCARLviKw6E5SY8",
    "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=1.2.3.4  user=root",
    "sudo: bob : TTY=pts/0 ; PWD=/home/bob ; USER=root ; COMMAND=/usr/bin/apt update",
    "SyntaxError: Unexpected token < in JSON at position 0",
    "Unexpected token: '<' at line 3",
    "jq: error: syntax error, unexpected token: newline",
    "WWW-Authenticate: Bearer realm=\"registry\", error=\"invalid_token\"",
    "401 Unauthorized: Bearer authentication required",
    "auth.basic is deprecated; basic authentication is used",
    "commit 4f2a9c1e5b7d8a6c3e0f1b2d4c6e8a0f1b3d5c7e deployed",
    "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08  image.tar",
    "request_id=7b9c2f1e-8d3a-4c5b-9e6f-0a1b2c3d4e5f status=500",
    "trace_id=4bf92f3577b34da6a3ce929d0e0e4736 span_id=00f067aa0ba902b7",
    "Duplicate entry '42' for key 'users.PRIMARY'",
    "insert or update violates foreign key constraint \"orders_user_id_fkey\"",
    "KeyError: 'title'",
    "KeyError: 'password'",
    "primary key: 5, sort key: name",
    "nginx: [error] open() \"/usr/share/nginx/html/token.html\" failed (2: No such file or directory)",
    "cannot load certificate key \"/etc/ssl/private/web.key\": PEM_read_bio_PrivateKey() failed",
    "ssl_certificate_key: /etc/ssl/private/web.key",
    "open /run/secrets/db_password: no such file or directory",
    "password_file: /run/secrets/db",
    "PASSWORD_FILE=/run/secrets/db",
    "token_ttl=3600 use_authentication=true require_password: false",
    "GET https://example.com:8080/path@2x.png 200",
    "ssh://git@github.com/a/b.git timed out",
    "git@github.com: Permission denied (publickey).",
    "Retrying https://api.example.com/v1/items?page=2&limit=50",
    "next_page_token=CAUQAA page 3",
    "time zone Asia/Shanghai, basic block, passed 12 tests, bypass=1",
    "pass: 12 fail: 3 skip: 0",
    "docker run --name mysql -p 3306:3306 mysql:8",
    "mysql -u root -p shop < dump.sql",
    "mkdir -p /var/lib/mysql && mysql -h db -P 3306",
    "def login(self, user: str, password: str) -> None:",
    "    password = os.environ[\"DB_PASSWORD\"]",
    "UPDATE users SET name = ? WHERE password = ?",
    "password: ********",
    "\"password\":\"[FILTERED]\"",
    "password=${DB_PASSWORD} token=$TOKEN",
    "Invalid token: signature mismatch",
    "password: required",
    "CSRF token missing or incorrect.",
    "WARNING! Using --password via the CLI is insecure. Use --password-stdin.",
    "column users.password does not exist",
    "null value in column \"password\" of relation \"users\" violates not-null constraint",
    "-----BEGIN CERTIFICATE-----",
    "cookies: 3 set, cookie jar is empty",
    "Cookie not found",
    "sk-SK locale missing, task-force-alpha-and-more-words",
    "risk-based-authentication-is-enabled-for-all",
    "no Authorization header",
    "Authorization failed for user bob",
    "Authorization: required",
    "error validating token: token is expired by 3h2m",
    "credentials: permission denied",
    "keyboard-interactive, keystore loaded, keyspace 'shop'",
    "secretary=Anna",
    "sqlalchemy.exc.OperationalError: (psycopg2.OperationalError) connection refused",
    "eth0: link up; MAC 00:AA:BB:CC:DD:EE",
    "pwd=/var/www",
    "compass=north bypass: on trespass=none encompass: all",
    "auth: ok, auth: failed, AUTH required, AUTH failed for bob",
    "i2c key-0123456789abcdef0123456789abcdef done",
    "cache key-9f86d081884c7d659a2feaa0c55ad015 expired",
    "PASS src/app.test.js (5.2 s)",
    "PASS: test_login_ok",
    "--- PASS: TestLogin (0.00s)",
    "pass: 12 fail: 3",
    "first pass: done; second pass: skipped, pass: failed",
    "gpio pin=17 high, pin: 4 low, otp=26 release, otp: 25.3.2",
    "mapping: 1234 spin=20000 ping: 1234",
    "user LOGIN failed for bob",
    "the object identified by id is gone",
    "jdbc:oracle:thin:@db:1521:XE timed out",
    "<password-policy minimum=\"8\">strict</password-policy>",
    "unexpected token: {type: Punctuator, value: x}",
    "OLDPWD=/srv http_pw_errors=12",
    "password=*** expired; retry=1",
    "design=bold significant=0.05",
];

#[test]
fn innocent_lines_stay() {
    let redactor = redactor();
    let changed: Vec<String> = INNOCENT
        .iter()
        .filter(|line| redactor.contains_secret(line))
        .map(|line| format!("{line}\n -> {}", redactor.redact(line)))
        .collect();
    assert!(changed.is_empty(), "{}", changed.join("\n"));
}

#[test]
fn what_is_beside_a_secret_stays() {
    let redactor = redactor();
    for (line, clean) in [
        ("login failed password=hunter2 user=bob", "login failed password=[REDACTED:password] user=bob"),
        ("{\"password\":\"x1\",\"ok\":true}", "{\"password\":\"[REDACTED:password]\",\"ok\":true}"),
        ("to postgres://bob:hunter2@db/shop refused", "to postgres://bob:[REDACTED:url]@db/shop refused"),
        ("Authorization: Bearer abc123def456", "Authorization: Bearer [REDACTED:authorization]"),
        ("?a=1&token=abc123&b=2 HTTP/1.1", "?a=1&token=[REDACTED:token]&b=2 HTTP/1.1"),
        ("-H 'Cookie: a=b' http://x", "-H 'Cookie: [REDACTED:cookie]' http://x"),
    ] {
        assert_eq!(redactor.redact(line), clean);
    }
}

#[test]
fn names_of_secrets() {
    for name in [
        "db_password",
        "apiKey",
        "SECRET_KEY_BASE",
        "password",
        "PGPASSWORD",
        "clientSecret",
        "x-api-key",
        "streamtv.auth.token",
        "AWS_SECRET_ACCESS_KEY",
        "passwd",
        "dbPass",
        "private_key",
        "APIKey",
        "authToken",
        "smtp_password2",
        "credentials",
        "AccountKey",
        "password_hash",
        "oauth.refresh_token",
        "encryptionKey",
    ] {
        assert!(value_is_secret(name), "{name}");
    }
    for name in [
        "max_tokens",
        "use_authentication",
        "token_ttl",
        "password_file",
        "key",
        "public_key",
        "primary_key",
        "tokens",
        "timeout",
        "secret_name",
        "passthrough",
        "bypass",
        "author",
        "keyboard",
        "monkey",
        "token_count",
        "use_token",
        "access_key_id",
        "password_min_length",
        "",
        "...",
        "eos_token",
        "compass",
        "session_timeout",
    ] {
        assert!(!value_is_secret(name), "{name}");
    }
}

#[test]
fn the_operators_rules() {
    let redactor = Redactor::new(&[r"CUST-\d+".into(), "(?i)kunde .*".into()]).unwrap();
    assert_eq!(redactor.redact("order of CUST-123 late"), "order of [REDACTED:custom] late");
    assert_eq!(redactor.redact("x Kunde 5 password=abc1 y"), "x [REDACTED:custom]");
    let error = format!("{:#}", Redactor::new(&["ok".into(), "(unclosed".into()]).unwrap_err());
    assert!(error.contains("(unclosed") && error.contains("redact"), "{error}");
    assert!(Redactor::new(&["x*".into()]).is_err());
}

#[test]
fn marks_are_settled_even_with_greedy_rules() {
    let redactor = Redactor::new(&[r"\w+".into()]).unwrap();
    let once = redactor.redact("password=abc [REDACTED:x] y").into_owned();
    assert_eq!(redactor.redact(&once), once);
}

#[test]
fn long_text_takes_linear_time() {
    // Each of these is quadratic when a detector looks ahead without bound: minutes instead of moments.
    let redactor = redactor();
    for piece in [
        "password",
        "password='",
        "mysql ",
        "mysql -p",
        "://",
        "://a:",
        "eyJ",
        "-----BEGIN PRIVATE KEY-----",
        "-----END PRIVATE KEY-----",
        "password=a,",
        "Cookie: a",
        "authorization: ",
        "token:[\"",
        "a&token=",
        "&&&&",
        "password\\",
        "bearer ",
        "AKIAIOSFODNN7EXAMPLE ",
        "identified by ",
        "create user x identified by ",
        "password={a:",
        "secrets: {",
        ";Password=a b",
        "<password a=",
        "ftp PASS ",
        "imap LOGIN a ",
        "oracle:thin:a/",
        "set password for ",
        "\\u0022password\\u0022:\\u0022",
        "pin=1",
        "user@//",
        "--token  ",
        "key ",
        "[REDACTED:",
    ] {
        let text = piece.repeat((1 << 18) / piece.len());
        let _ = redactor.redact(&text);
    }
}

/// Every secret of this list is found wherever a log could hold it.
const SECRETS: &[&str] = &[
    "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
    "AKIAIOSFODNN7EXAMPLE",
    "sk_live_4eC39HqLyjWDarjtT1zdp7dc",
    "xoxb-123456789012-abcdefABCDEF",
    "glpat-xxXX1234567890abcdef",
    "sk-ant-api03-AbCdEf0123456789-xyz",
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N",
];

proptest! {
    #[test]
    fn never_panics_and_settles(text in any::<String>()) {
        let redactor = redactor();
        let once = redactor.redact(&text).into_owned();
        prop_assert_eq!(redactor.redact(&once), once.as_str());
    }

    #[test]
    fn settles_on_text_made_of_anchors(pieces in prop::collection::vec(prop::sample::select(vec![
        "password", "=", ":", " ", "\"", "'", "\\", "\\\"", "token", "secret", "[REDACTED:x]", "[REDACTED:", "]", "://", "@", "/",
        "user", "eyJhbGciOiJIUzI1NiJ9", ".", "-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----", "\n", "Cookie",
        "Authorization", "Bearer", "Basic ", "dXNlcjpwYXNz", "mysql", " -p", "abc123def456", "AKIAIOSFODNN7EXAMPLE", "&", ",",
        ";", "%3D", "%26", "\u{1b}[31m", "é", "😀", "key", "api_", "--", "<", ">", "(", ")", "[", "{", "}", "$6$", "curl ", "-u",
        "@tcp(", "AAF0bcdefghijklmnopqrstuvwxyz012345", "123456789:", "is ", "value", "MIIEowIBAAKCAQEA1c7", "\\n", "pass", "x",
        "PASS ", "AUTH ", " LOGIN ", "ftp ", "create user ", "identified by ", "set password", " for ", "pin=", "otp=", "12ab", "oracle:thin:",
        "\\u0022", "\\u003d", "%253D", "credentials", "a b;", "Server=", "dbpass", "<ns:password ", "key-",
    ]), 0..24)) {
        let redactor = redactor();
        let text = pieces.concat();
        let once = redactor.redact(&text).into_owned();
        prop_assert_eq!(redactor.redact(&once), once.as_str(), "from {:?}", text);
    }

    #[test]
    fn no_shaped_secret_survives(before in "[ -~é😀\t]{0,40}[ =:\"'(\\[,;/]", secret in prop::sample::select(SECRETS), after in "[ \"'),;\\]\n][ -~é]{0,40}") {
        let clean = redactor().redact(&format!("{before}{secret}{after}")).into_owned();
        prop_assert!(!clean.contains(secret), "{}", clean);
    }

    #[test]
    fn no_keyed_secret_survives(before in "[ !#$%&()*+,./0-9:;=>?@A-Z\\[\\]^_a-z{|}~é]{0,30}[ ,;&{(]", key in "(db_|DB_|smtp\\.)?(password|secret|api_key|apiKey|access_token)",
        joint in prop::sample::select(vec!["=", ": ", ":", " = ", "\": \"", "=\"", "='", "%3D", " => \""]),
        secret in "[A-Z][a-z]{3}[0-9]{4}[a-z0-9]{6}", after in "[ \n][ -~]{0,30}") {
        let clean = redactor().redact(&format!("{before}{key}{joint}{secret}{after}")).into_owned();
        prop_assert!(!clean.contains(&secret), "{}", clean);
    }
}
