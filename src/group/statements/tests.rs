//! Which messages are of one statement.

use super::*;

/// The template of each message.
pub fn settled(messages: &[&str]) -> Vec<String> {
    let sanitizer = Sanitizer::new(&[]).unwrap();
    let mut statements = Statements::new(1000);
    let rows: Vec<_> = messages.iter().map(|text| statements.add(text.as_bytes(), &sanitizer).unwrap()).collect();
    let settled = statements.settle();
    rows.iter().map(|row| settled.templates[settled.class[*row]].text.clone()).collect()
}

#[test]
fn what_became_of_a_user_or_a_host_is_no_name() {
    for pair in [
        ["user created", "user deleted"],
        ["connect failed: host unreachable", "connect failed: host down"],
        ["+sdown slave 10.0.0.1:6379", "-sdown slave 10.0.0.1:6379"],
    ] {
        let found = settled(&pair);
        assert_ne!(found[0], found[1]);
    }
    let found = settled(&["Session a1 initialized by client SPP", "Session a2 initialized by client UpdateAgent"]);
    assert_eq!(found[0], found[1]);
}

#[test]
fn words_that_five_signatures_differ_in_are_values() {
    let users = ["root", "alice", "bob", "mallory", "eve", "oscar"];
    let lines: Vec<_> = users.iter().map(|user| format!("Failed password for {user} from 10.0.0.1 port 22")).collect();
    let lines: Vec<_> = lines.iter().map(String::as_str).collect();
    assert!(settled(&lines).iter().all(|one| one == "Failed password for <*> from <*> port <*>"));
    let few = settled(&["session opened for user root", "session closed for user root"]);
    assert_ne!(few[0], few[1]);
    let few = settled(&["Continuous query execution (start)", "Continuous query execution (end)"]);
    assert_ne!(few[0], few[1]);
    let few = settled(&["Cleaning up old mountid : start.", "Cleaning up old mountid : done."]);
    assert_ne!(few[0], few[1]);
    let few = settled(&["Login OK: [a1] (from x1 port 2)", "Login incorrect: [a1] (from x1 port 2)"]);
    assert_ne!(few[0], few[1]);
}

#[test]
fn several_names_where_another_has_values_are_values() {
    let states = ["NEW", "INITED", "SETUP", "RUNNING", "COMMITTING", "SUCCEEDED"];
    let lines: Vec<String> = (1..states.len())
        .flat_map(|to| (0..to).map(move |from| format!("task {to} moved from {} to {}", states[from], states[to])))
        .collect();
    let found = settled(&lines.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(found.iter().all(|one| one == "task <*> moved from <*> to <*>"), "{found:?}");
    let found = settled(&["Resolved node12 to /rack1/a", "Resolved 10.0.0.1 to /rack1/b", "Resolved nothing to 1"]);
    assert_eq!((found[0].as_str(), &found[0]), ("Resolved <*> to <*>", &found[1]));
    assert_ne!(found[0], found[2]);
}

/// However many kinds a value made before it was known as one, the words beside it tell what they told before.
#[test]
fn a_family_of_signatures_makes_no_word_common() {
    let users = ["pi", "git", "bob", "backup", "deploy", "oracle", "guest", "nagios", "jenkins", "ubuntu"];
    let acls = ["view", "modify"].iter().flat_map(|of| users.iter().map(move |user| (of, user)));
    let lines: Vec<String> = acls
        .map(|(of, user)| format!("Changing {of} acls to: {user}"))
        .chain(["view", "modify"].map(|of| format!("Changing {of} acls to: a1,b2")))
        .collect();
    let found = settled(&lines.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(found.iter().collect::<std::collections::BTreeSet<_>>().len(), 2, "{found:?}");
    assert_eq!(found[0], "Changing view acls to: <*>");
}

#[test]
fn how_something_was_requested_stays_where_words_follow() {
    let found = settled(&["10.0.0.1 \"GET /a HTTP/1.1\" status: 200 len: 9"]);
    assert_eq!(found, ["<*> \"GET <*> status: <*> len: <*>"]);
}

#[test]
fn names_of_values_tell_statements_apart() {
    let names = ["build_context", "host_details", "fd_limits", "vm_limits", "mount_options"];
    let lines: Vec<String> = names.iter().map(|name| format!("caller=m1.go level=i2 {name}=x3")).collect();
    let found = settled(&lines.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(found.iter().collect::<std::collections::BTreeSet<_>>().len(), names.len(), "{found:?}");
}

#[test]
fn the_first_word_says_what_happened() {
    let verbs = ["established", "lost", "stopped", "closed", "opened"];
    let lines: Vec<String> = verbs.iter().map(|verb| format!("{verb} TCP connection with remote peer 1")).collect();
    let found = settled(&lines.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(found.iter().collect::<std::collections::BTreeSet<_>>().len(), verbs.len());
}

#[test]
fn what_a_long_sentence_speaks_of_may_stand_first() {
    let lines = ["flap", "talk", "once", "stubborn", "segv"]
        .map(|name| format!("{name} entered RUNNING state, process has stayed up for > than 1 seconds"));
    let found = settled(&lines.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(found.iter().all(|one| *one == found[0]), "{found:?}");
    let lines = ["Starting", "Started", "Stopping", "Stopped", "Failed"]
        .map(|verb| format!("{verb} the regular clean up of all temporary folders and sockets of the login service"));
    let found = settled(&lines.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(found.iter().collect::<std::collections::BTreeSet<_>>().len(), 5, "{found:?}");
}

#[test]
fn what_is_unknown_is_a_value() {
    let lines = ["Ordr", "Bogus", "Limmit"].map(|name| format!("Unknown directive {name} on line 3"));
    let found = settled(&lines.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(found.iter().all(|one| one == "Unknown directive <*> on line <*>"), "{found:?}");
    let found = settled(
        &["name", "value", "size"]
            .map(|what| format!("Invalid header {what} in request"))
            .each_ref()
            .map(String::as_str),
    );
    assert_eq!(found[1], "Invalid header value in request");
    let found = settled(
        &["banned", "rejected", "accepted"]
            .map(|what| format!("Unknown client {what} from broker"))
            .each_ref()
            .map(String::as_str),
    );
    assert_eq!(found[1], "Unknown client rejected from broker");
}

#[test]
fn names_that_differ_in_two_sentences_are_values() {
    let jobs = ["MailSender", "PostReceive", "PipelineProcess", "ArchiveTrace"];
    let lines: Vec<String> =
        ["start", "done"].iter().flat_map(|what| jobs.map(|job| format!("{job} 12: {what}"))).collect();
    let found = settled(&lines.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(found.iter().collect::<std::collections::BTreeSet<_>>().len(), 2, "{found:?}");
}

#[test]
fn a_word_where_another_has_a_value_is_one() {
    let found = settled(&["disk 12 is gone", "disk 13 is gone", "disk spare is gone", "disk is full"]);
    assert_eq!(found[2], "disk <*> is gone");
    assert_eq!(found[3], "disk is full");
    let found = settled(&["Enqueuing flush of t1: 5 KB on-heap", "Enqueuing flush of size_now: 6 KB on-heap"]);
    assert_eq!(found[0], found[1]);
    let found = settled(&["load_config: success", "load_views: success"]);
    assert_ne!(found[0], found[1]);
}

#[test]
fn what_was_known_keeps_its_name_and_takes_in_what_fits() {
    let sanitizer = Sanitizer::new(&[]).unwrap();
    let mut statements = Statements::new(1000);
    let known = statements.know("user <*> lost the lock on <*>").unwrap();
    let row = statements.add(b"user alice lost the lock on database", &sanitizer).unwrap();
    let settled = statements.settle();
    assert_eq!(settled.class[known], settled.class[row]);
    assert_eq!(settled.templates[settled.class[row]].text, "user <*> lost the lock on <*>");
}

#[test]
fn secrets_make_no_kinds() {
    let found = settled(&["login with password=swordfish failed", "login with password=hunter failed"]);
    assert_eq!(found[0], found[1]);
    assert!(!found[0].contains("swordfish"));
}

proptest::proptest! {
    #[test]
    fn the_order_of_lines_does_not_matter(
        words in proptest::collection::vec(0_usize..6, 1..60),
        shuffled in proptest::collection::vec(proptest::num::u32::ANY, 60),
    ) {
        let pieces = ["alpha", "beta", "NEW", "12", "eth0", "RUNNING"];
        let text = |at: usize| {
            let piece = |step: usize| pieces[words[(at * step + step) % words.len()]];
            match words[at] % 6 {
                5 if at.is_multiple_of(2) => format!("volume {} {} of the large disk is gone", piece(1), piece(7)),
                5 => format!("volume {} of the large disk is gone", piece(1)),
                0 => format!("{} went {} because {} said {}", piece(1), piece(7), piece(3), pieces[at % 6]),
                3 => format!("state of {} changed: {}", piece(1), piece(7)),
                4 => format!("{} was moved from {} to {}, user={}", piece(1), piece(7), piece(3), at),
                1 => format!("zone {}: {} went ({} {}) away", piece(1), piece(7), piece(3), pieces[at % 6]),
                _ => format!("{} zone: {} went ({}) away", piece(1), piece(7), piece(3)),
            }
        };
        let lines: Vec<String> = (0..words.len()).map(text).collect();
        let mut order: Vec<usize> = (0..lines.len()).collect();
        order.sort_by_key(|at| shuffled[*at]);
        let first: Vec<&str> = lines.iter().map(String::as_str).collect();
        let second: Vec<&str> = order.iter().map(|at| lines[*at].as_str()).collect();
        let words = |lines: &[&str]| {
            let sanitizer = Sanitizer::new(&[]).unwrap();
            let mut statements = Statements::new(1000);
            let rows: Vec<_> =
                lines.iter().map(|text| statements.add(text.as_bytes(), &sanitizer).unwrap()).collect();
            let settled = statements.settle();
            rows.iter().map(|row| settled.templates[settled.class[*row]].words.clone()).collect::<Vec<_>>()
        };
        let (first, second) = (words(&first), words(&second));
        for (place, at) in order.iter().enumerate() {
            proptest::prop_assert_eq!(&first[*at], &second[place]);
        }
    }
}
