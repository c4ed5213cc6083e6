//! Words that say how something ended, or the state that it is in: a person wants one apart from the other.

/// What became of something, or the state that it is in: a person wants one apart from the other.
pub(super) fn is_outcome(word: &[u8]) -> bool {
    const OUTCOMES: [&[u8]; 27] = [
        b"aborted",
        b"absent",
        b"complete",
        b"connected",
        b"defunct",
        b"degraded",
        b"denied",
        b"disconnected",
        b"done",
        b"error",
        b"failure",
        b"fatal",
        b"healthy",
        b"lost",
        b"missing",
        b"offline",
        b"online",
        b"optimal",
        b"passed",
        b"present",
        b"refused",
        b"rejected",
        b"success",
        b"timeout",
        b"unavailable",
        b"unreachable",
        b"warning",
    ];
    let among = |words: &[&[u8]]| words.iter().any(|other| word.eq_ignore_ascii_case(other));
    among(&OUTCOMES) || (among(&SWITCHES) && !among(&[b"yes", b"no", b"on", b"off", b"enabled", b"disabled"]))
}

/// Whether a word says what became of something: `created`, `unreachable`, `PASS`.
pub(super) fn says_state(word: &[u8]) -> bool {
    const STATES: [&[u8]; 10] =
        [b"accept", b"drain", b"err", b"fail", b"gone", b"idle", b"pass", b"reject", b"running", b"skip"];
    let holds = |part: &&[u8]| word.windows(part.len()).any(|at| at.eq_ignore_ascii_case(part));
    // `showString`, `embedded_sup` and `speed` are names.
    let small = word.iter().skip(1).all(u8::is_ascii_lowercase) && word.first().is_some_and(u8::is_ascii_alphabetic);
    let noun = [&b"eed"[..], b"string", b"thing", b"spring"].iter().any(|end| word.ends_with(end));
    let ends = |end: &[u8]| small && !noun && word.len() >= end.len() + 3 && word.ends_with(end);
    is_outcome(word)
        || STATES.iter().any(|state| word.eq_ignore_ascii_case(state))
        || FAILURES.iter().any(holds)
        || ends(b"ed")
        || ends(b"ing")
}

/// Whether what stands in brackets says why or how something ended.
pub(super) fn tells_reason(inside: &[u8]) -> bool {
    const KEYS: [&[u8]; 7] = [b"cause", b"error", b"message=", b"msg=", b"reason", b"state=", b"status"];
    let holds = |part: &&[u8]| inside.windows(part.len()).any(|at| at.eq_ignore_ascii_case(part));
    tells_failure(inside)
        || KEYS.iter().any(holds)
        || inside.split(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_').any(says_state)
}

/// Whether a text tells of something that went wrong.
pub(super) fn tells_failure(text: &[u8]) -> bool {
    let holds = |part: &&[u8]| text.windows(part.len()).any(|at| at.eq_ignore_ascii_case(part));
    FAILURES.iter().any(holds) || [&b"no such"[..], b"not "].iter().any(holds)
}

/// Parts of words that tell of a failure or an end.
pub(super) const FAILURES: [&[u8]; 32] = [
    b"abort",
    b"broken",
    b"can't",
    b"cannot",
    b"clos",
    b"corrupt",
    b"couldn",
    b"crash",
    b"critical",
    b"denied",
    b"disconnect",
    b"drop",
    b"error",
    b"exception",
    b"exceed",
    b"expire",
    b"fail",
    b"fatal",
    b"illegal",
    b"invalid",
    b"kill",
    b"lost",
    b"missing",
    b"refus",
    b"reject",
    b"terminat",
    b"timed",
    b"timeout",
    b"unable",
    b"unexpected",
    b"unreachable",
    b"warning",
];
/// One of two states.
pub(super) const SWITCHES: [&[u8]; 14] = [
    b"active",
    b"closed",
    b"disabled",
    b"down",
    b"enabled",
    b"failed",
    b"inactive",
    b"no",
    b"off",
    b"ok",
    b"on",
    b"open",
    b"up",
    b"yes",
];
