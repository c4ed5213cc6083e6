//! What of a message is constant.

use super::*;

/// Messages, and what of them the statement said.
const SAID: &[(&str, &str)] = &[
    (
        "Received block blk_-1608999687919862906 of size 91178 from /10.250.10.6",
        "Received block <*> of size <*> from <*>",
    ),
    ("connect to db:5432 failed: Connection refused", "connect to db <*> failed Connection refused"),
    (
        "proxy.example.org:5070 close, 403 bytes sent, 426 bytes (1.2 KB) received, lifetime <1 sec",
        "<*> close <*> sent <*> received lifetime <*>",
    ),
    (
        "proxy.example.org:5070 close, 403 bytes (403 B) sent, 426 bytes received, lifetime 00:01",
        "<*> close <*> sent <*> received lifetime <*>",
    ),
    (
        "authentication failure; logname= uid=0 euid=0 tty=NODEVssh ruser= rhost=218.188.2.4",
        "authentication failure logname <*> uid <*> euid <*> tty <*> ruser <*> rhost <*>",
    ),
    (
        "acquire lock=23, flags=0x1, tag=\"View Lock\", name=com.x, ws=WorkSource{10113}, uid=1",
        "acquire lock <*> flags <*> tag <*> name <*> ws <*> uid <*>",
    ),
    ("Fan speeds ( 3552 3534 **** 3515 )", "Fan speeds <*>"),
    ("relation \"users\" does not exist at character 15", "relation <*> does not exist at character <*>"),
    ("can't open 'a b.txt': it's locked", "can't open <*> it's locked"),
    ("GET https://x.org/a?b=c, then 3 retries", "GET <*> then <*> retries"),
    ("peer fe80::1%eth0 lost, 02:42:ac:11:00:02 seen at 12:30:01", "peer <*> lost <*> seen at <*>"),
    ("session opened on Mon Nov 23 10:15:30 2026 by root", "session opened on <*> by root"),
    ("took 5 seconds of 10 ms.", "took <*> of <*>"),
    ("loaded C:\\Windows\\x.dll", "loaded <*>"),
    ("IOThunderboltSwitch<0>(0x0)::listenerCallback - up", "IOThunderboltSwitch <*> listenerCallback up"),
    ("query: . IN A +E(0)K from x (10.0.0.1)", "query <*> IN <*> from x <*>"),
    ("Added file (pos = 0, hash = )", "Added file pos <*> hash <*>"),
    ("bad syntax in RCPT command: <bad address>", "bad syntax in RCPT command <*>"),
    ("Server listening on :: port 22.", "Server listening on <*> port <*>"),
    ("(root) CMD (run-parts /etc/cron.daily)", "<*> CMD <*>"),
    ("Failed password for invalid user  from 10.0.0.1", "Failed password for invalid user <*> from <*>"),
    ("sshd[2341]: segfault at 00 rip", "<*> segfault at <*> rip"),
    ("process Safari[412] caught, acpi_id[0x01] slot[3]", "process <*> caught acpi_id <*> slot <*>"),
    ("focus from Window{a1b2c3 u0 Popup:d4} to Window{1 u0 x}", "focus from Window <*> to Window <*>"),
    ("uploaded 3 KB in 20.5 MB/s to x", "uploaded <*> in <*> to x"),
    ("no answer from any [Login Nodes] source", "no answer from any <*> source"),
    ("closed [too many errors]", "closed too many errors"),
    ("boot of node-[0-15], try 2", "boot of <*> try <*>"),
    ("registration for n[2,4-7],web1 timed out", "registration for <*> timed out"),
    ("AirPort_Brcm43xx::syncPowerState: WWEN[enabled]", "AirPort_Brcm43xx::syncPowerState WWEN enabled"),
    ("Parents of final stage: List()", "Parents of final stage <*>"),
    ("Parents of final stage: List(ShuffleMapStage 0)", "Parents of final stage <*>"),
    ("Registered BlockManagerId(driver, localhost, 41557, None)", "Registered BlockManagerId <*>"),
    ("Got job 0 (collect at jobs.py:44) with 2 output partitions", "Got job <*> with <*> output partitions"),
    ("Created broadcast 7 from broadcast at DAGScheduler.scala:1585", "Created broadcast <*> from <*>"),
    ("stopped by Watchdog(timeout)", "stopped by Watchdog timeout"),
    ("Deleting LogSegment(baseOffset=0, size=2),LogSegment(baseOffset=2, size=3)", "Deleting LogSegment <*>"),
    ("Removed fetcher for partitions HashSet(a-1, b-2)", "Removed fetcher for partitions <*>"),
    ("Executing external command: [17] DISABLE_HOST_CHECK;web1", "Executing external command <*>"),
    ("Cannot run command: permission denied", "Cannot run command permission denied"),
    ("[ZQTB5-H8522] 10.0.0.2(Unknown) [FSM] Timer", "ZQTB5-H8522 <*> FSM Timer"),
    ("Not enough chosen. Reason: {NO_STORAGE=1}", "Not enough chosen Reason <*>"),
    ("supervisor: {<0.98.0>,ranch_sup}", "supervisor <*>"),
    ("applying F = start, A = [rabbit_metrics]", "applying F start A <*>"),
    ("Running hook register_user: mod_roster:register_user/2", "Running hook register_user <*>"),
    ("=> alice <alice@example.org> R=local", "<*> R <*>"),
    ("connection from (mail) [10.0.0.1]:25 closed by QUIT", "connection from <*> closed by QUIT"),
    ("CCAB711878B: removed", "<*> removed"),
    ("CWWKF0011I: The server is ready", "CWWKF0011I The server is ready"),
    ("pam_unix(sudo-i:session): session closed for user root", "pam_unix <*> session closed for user root"),
    ("Code: 48 89 c7 e8 fe ff ff eb", "Code <*>"),
    ("segfault at 0 error 4 in nginx[55d0c8a00000+112000]", "segfault at <*> error <*> in <*>"),
    ("Started echo@0-10.0.0.1:7100.service - Echo service (10.0.0.1).", "Started <*>"),
    ("a.service - Load Kernel Module drm was skipped because of it", "<*> was skipped because of it"),
    ("non-SMTP command from a1[10.0.0.1]: GET / HTTP/1.1", "non-SMTP command from <*>"),
    ("client @0x7f9e 10.0.0.1#604/key up (a.org): query: a.org IN A", "client <*> query <*> IN <*>"),
    ("unit 12 ac lost", "unit <*> ac lost"),
    ("value for /key deleted", "value for <*> deleted"),
    ("closed: Some(Out of memory)", "closed Some Out of memory"),
    ("command from 10.0.0.1: start engine", "command from <*> start engine"),
    ("cancelled,index:-1", "cancelled index <*>"),
    ("+sdown slave 10.0.0.1:6379", "+sdown slave <*>"),
    ("-sdown slave 10.0.0.1:6379", "-sdown slave <*>"),
    ("GET /a?b=1&page=2 user=x", "GET <*> user <*>"),
    ("Setup *64 - 10.0.0.1:80 open now", "<*> open now"),
    ("Input split: file:/var/x:0+99", "Input split <*>"),
    ("rx Y- fifo, grade C-up", "rx <*> fifo grade C-up"),
    ("a.mum, current: Partially Installed, pending: Staged", "a.mum current <*> pending <*>"),
    ("%LINK-3-UPDOWN: Interface x1/0, changed state", "%LINK-3-UPDOWN Interface <*> changed state"),
    ("Order not found {\"id\":17,\"at\":{\"x\":1}} []", "Order not found <*>"),
    ("ORA-01555 caused by SQL", "ORA-01555 caused by SQL"),
    ("anna : TTY=pts/0 ; USER=root ; COMMAND=/bin/apt update x", "<*> TTY <*> USER <*> COMMAND <*>"),
    ("is DOWN, reason: Layer problem, code: 17", "is DOWN reason Layer problem code <*>"),
    ("Processing by Admin::Users#edit as HTML", "Processing by Admin::Users#edit as HTML"),
    ("Route GET:/items?page=2&size=3 not found", "Route GET <*> not found"),
    ("Starting apt-daily.service - Daily apt download activities...", "Starting <*>"),
    ("with arguments: #<GID:0x1 @uri=#<URI gid://x>>, 3", "with arguments <*>"),
    ("moving index [a-1] to [b-2] in policy [logs]", "moving index <*> to <*> in policy <*>"),
    ("Setting tags for user x1 to [administrator]", "Setting tags for user <*> to <*>"),
    ("Connection closed by root [preauth]", "Connection closed by root"),
    ("CMD (run-parts --report /etc/cron.daily)", "CMD <*>"),
    ("FOLLOWING - ELECTION TOOK - 21", "FOLLOWING ELECTION TOOK <*>"),
    ("\"Volume \\\"a b\\\" (id 1) is gone\" pod=\"x\" n=1", "Volume <*> id <*> is gone pod <*> n <*>"),
    ("\"starting all\"", "starting all"),
    ("FAILED! => {\"changed\": false, \"msg\": \"no such user\", \"rc\": 1}", "FAILED <*> no such user"),
    ("ws-1 (ipv4:10.0.0.1:445) closed, ipv6:fe80::1:41218 too", "<*> closed <*> too"),
    (
        "vote: 2 (n.leader), LOOKING (n.state), 1 (n.sid), LEADING (my state)",
        "vote <*> n.leader <*> n.state <*> n.sid <*> my state",
    ),
    ("[500] - \"database not found: x17\"", "<*> database not found <*>"),
    ("10.0.0.1 \"GET /a b HTTP/1.1\"", "<*>"),
    ("parsed IKE_AUTH request 1 [ IDi EF(1/2) N(AUTH) EAP/RES ]", "parsed IKE_AUTH request <*>"),
    ("Starting sshd: [ OK ]", "Starting sshd OK"),
    ("moved from 10.0.0.1[moon]...10.0.0.2[10.0.0.2] by x", "moved from <*> by x"),
    ("proposals: ESP:AES_GCM/NO_SEQ, ESP:AES_CBC/X and IKE:y", "proposals ESP <*> and IKE <*>"),
    ("   dpd_action = start", "dpd_action <*>"),
    ("Ignoring \"max_wait = 20.0\", forcing to \"max_wait = 5\"", "Ignoring max_wait <*> forcing to max_wait <*>"),
    ("Stopped - used 0.1 user time", "Stopped used <*> user time"),
    ("net_addr_v4_add: 10.0.0.1 dev x", "net_addr_v4_add <*> dev x"),
    ("fd 7 closed <Out at 140664583177744 for <Sub at 0x7f with name x in state UP> (out)>", "fd <*> closed <*>"),
    ("IKE_SA (unnamed)[1] state", "IKE_SA <*> state"),
    ("503 217 - - sH-- 11/11/0/0/3 0/0 \"x\" end", "<*> end"),
    ("resolving x17. AAAA IN", "resolving <*> IN"),
    ("query: x17 IN AXFR -T (10.0.0.1)", "query <*> IN <*> T <*>"),
    ("envp[10] = \"HOME=/x y\"", "envp <*>"),
    ("Registering GET, /containers/{name:.*}/json", "Registering GET <*>"),
    ("10.0.0.1:80 www www/<NOSRV> 0/-1/-1", "<*> www <*>"),
    ("Not archiving stanza: <message from='a@b' xml:lang='en'> (groupchat)", "Not archiving stanza <*> groupchat"),
    ("Sending[c2s]: <stream:features>", "Sending <*>"),
    ("expected <EOF> but got </a>", "expected <*> but got <*>"),
    ("(nodb)/(nouser)@10.0.0.1:80 got var: user=x", "<*> got var user <*>"),
    ("1 10.0.0.1/4626 query[AAAA] m.example.org from localhost", "<*> query <*> from <*>"),
    ("MASTER <-> REPLICA sync started", "MASTER REPLICA sync started"),
    ("result = failure", "result failure"),
    ("status [ FAILED ] for x", "status FAILED for x"),
    ("10.0.0.1[down] is gone", "<*> down is gone"),
    ("Checking firewall [ NOT FOUND ]", "Checking firewall NOT FOUND"),
    ("parsed IKE_AUTH response 1 [ N(AUTH_FAILED) ]", "parsed IKE_AUTH response <*> N AUTH_FAILED"),
    ("health check result <failed>", "health check result failed"),
    ("raid_state = degraded", "raid_state degraded"),
    ("drive 12[missing] told", "drive <*> missing told"),
    ("sent (failed)/total of 17", "sent failed <*> of <*>"),
    ("Sending[c2s]: <failure xmlns='a'>", "Sending <*> failure xmlns <*>"),
    ("none of the groups of none", "none of the groups of <*>"),
    ("example.com [IPv6:2001:DB8::1] did not answer", "<*> did not answer"),
    ("from 2a02:8109::1:41218 to x", "from <*> to x"),
    ("it failed {errno=2}, {error=No such file}", "it failed errno <*> error No such file"),
    ("it failed error=refused a=1", "it failed error <*> a <*>"),
    ("gpr17: 000f555d 75b592f6", "gpr <*>"),
    ("gpr17: 000f555d is bad", "gpr17 <*> is bad"),
    ("join of {n-a}{xYz}{10.0.0.1:9300}{m}, id [7]", "join of <*> id <*>"),
    ("shard [[orders][4]] of [[a][b]] is gone", "shard <*> of <*> is gone"),
    ("snapshot [nightly:snap-x/y] started", "snapshot <*> started"),
    ("update_mapping [_doc]", "update_mapping"),
    ("\"x\" is gone", "<*> is gone"),
    ("(no mail) was sent", "no mail was sent"),
    ("10.0.0.1 \"GET /a b HTTP/1.1\" status: 200 len: 9", "<*> GET <*> status <*> len <*>"),
    ("10.0.0.1 - - \"GET /a HTTP/1.1\" 200 9 \"-\"", "<*>"),
    ("failed, request: \"GET /a HTTP/1.1\" to x", "failed request <*> to x"),
    (
        "Appl: detect, Package: P_1, State = Staged, VersionComp: EQ, Exist: present",
        "Appl detect Package <*> State <*> VersionComp <*> Exist <*>",
    ),
    ("could not start: timeout, giving up", "could not start timeout giving up"),
    ("open failed: denied, path: /x", "open failed denied path <*>"),
    ("login of <class 'x'> (no mail) failed", "login of <*> no mail failed"),
    ("{\"event\":\"disk full\",\"free\":5}", "event <*> free <*>"),
    ("", ""),
    ("  ---- ", "----"),
];

fn shown(message: &str) -> String {
    let mut signature = Signature::default();
    signature.of(message.as_bytes());
    let parts = signature.parts.iter().map(|part| if part.value { "<*>" } else { &message[part.range.clone()] });
    parts.collect::<Vec<_>>().join(" ")
}

#[test]
fn what_stays_is_what_the_statement_said() {
    for (message, expected) in SAID {
        assert_eq!(shown(message), *expected, "{message}");
    }
}

proptest::proptest! {
    #[test]
    fn any_bytes_give_a_bounded_signature(message: Vec<u8>) {
        let mut signature = Signature::default();
        signature.of(&message);
        proptest::prop_assert!(signature.parts.len() <= MAX_PARTS + 1 && signature.key.len() <= MAX_BYTES * 2);
        let mut last = 0;
        for part in &signature.parts {
            proptest::prop_assert!(part.range.start >= last && part.range.end >= part.range.start);
            proptest::prop_assert!(part.range.end <= message.len());
            last = part.range.end;
        }
    }

    #[test]
    fn numbers_never_decide(a in 0_u32..1_000_000, b in 0_u32..1_000_000) {
        let text = |n: u32| shown(&format!("request {n} failed: code={n}, retry in {n} ms ({n}) at 10.0.0.{n}"));
        proptest::prop_assert_eq!(text(a), text(b));
    }
}
