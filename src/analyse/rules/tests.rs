//! What the rules promise.

use proptest::prelude::*;

use super::*;

fn time(text: &str) -> DateTime<FixedOffset> {
    format!("2026-01-05T{text}Z").parse().unwrap()
}

fn case(id: &str, count: u64, onset: &str) -> Case {
    let onset = time(onset);
    Case {
        id: id.to_owned(),
        name: id.to_owned(),
        known: true,
        names: vec![id.to_owned()],
        severity: Severity::Medium,
        count,
        first: Some(onset),
        onsets: vec![onset],
        now: vec![Bucket::around(onset, 60, count).unwrap()],
        history: Vec::new(),
        sources: vec!["logs/app.log".to_owned()],
        samples: vec![Sample { source: "logs/app.log".to_owned(), line: 7, text: format!("ERROR {id}") }],
        advice: Some(format!("Look at {id}.")),
    }
}

fn outbreak(scene: &mut Scene, run: &str, begun: &[(&str, &str)]) {
    let onset = |(id, at): &(&str, &str)| {
        let at = format!("2026-01-0{run}T{at}Z").parse().unwrap();
        Onset { incident: (*id).to_owned(), run: run.to_owned(), at }
    };
    scene.onsets.extend(begun.iter().map(onset));
}

fn two() -> Scene {
    Scene { cases: vec![case("http", 312, "14:02:03"), case("db", 1, "14:02:01")], errors: 313, ..Scene::default() }
}

fn kinds(diagnosis: &Diagnosis) -> Vec<&str> {
    diagnosis.facts.iter().map(|fact| fact.kind).collect()
}

#[test]
fn what_began_first_is_the_likely_cause_with_how_often_it_held() {
    let mut scene = two();
    let found = diagnose(&scene);
    let cause = found["http"].likely_cause.as_deref().unwrap();
    assert_eq!(cause, "db, which began 2026-01-05 14:02:01, 2 s before this one; no earlier outbreak to compare with");
    let first = &found["db"].facts[0];
    assert_eq!(first.text, "started 2026-01-05 14:02:01, 2 s before 312x http");
    assert_eq!(found["db"].likely_cause, None);
    for day in ["1", "2", "3", "4"] {
        outbreak(&mut scene, day, &[("db", "10:00:00"), ("http", "10:01:30")]);
    }
    outbreak(&mut scene, "4", &[("http", "20:00:00")]);
    let cause = diagnose(&scene)["http"].likely_cause.clone().unwrap();
    assert!(cause.ends_with("held in 4 of 5 earlier outbreaks"), "{cause}");
}

#[test]
fn outbreaks_of_the_same_run_are_compared_with_each_other() {
    let mut scene = two();
    scene.cases[0].onsets = vec![time("09:00:07"), time("12:00:00"), time("14:02:03")];
    scene.cases[1].onsets = vec![time("09:00:00"), time("14:02:01")];
    scene.cases[0].now =
        [("09:00:07", 12), ("14:02:03", 300)].map(|(at, count)| Bucket::around(time(at), 60, count).unwrap()).to_vec();
    let found = diagnose(&scene);
    let cause = found["http"].likely_cause.as_deref().unwrap();
    assert_eq!(cause, "db, which began 2026-01-05 14:02:01, 2 s before this one; held in 1 of 2 earlier outbreaks");
    assert_eq!(found["db"].facts[0].text, "started 2026-01-05 14:02:01, 2 s before 300x http");
    scene.cases[1].onsets.pop();
    let cause = diagnose(&scene)["http"].likely_cause.clone();
    assert_eq!(cause, None, "twice it began without it");
    scene.cases[0].onsets.remove(1);
    let cause = diagnose(&scene)["http"].likely_cause.clone().unwrap();
    assert_eq!(cause, "db, which began 2026-01-05 09:00:00, 7 s before this one; held in 0 of 1 other outbreak");
}

#[test]
fn what_did_not_hold_before_is_no_cause() {
    let mut scene = two();
    for day in ["1", "2", "3"] {
        outbreak(&mut scene, day, &[("http", "10:00:00"), ("db", "10:02:00")]);
    }
    assert_eq!(diagnose(&scene)["http"].likely_cause, None);
}

#[test]
fn what_others_need_comes_first_when_stamps_tie_or_are_out_of_order() {
    for at in ["14:02:03", "14:02:09"] {
        let mut scene = two();
        scene.cases[1] = case("db", 1, at);
        assert_eq!(diagnose(&scene)["http"].likely_cause, None, "times alone say nothing");
        scene.depends_on = BTreeMap::from([
            ("http".to_owned(), vec!["cache".to_owned()]),
            ("cache".to_owned(), vec!["db".to_owned()]),
        ]);
        let found = diagnose(&scene);
        assert!(found["http"].likely_cause.as_deref().unwrap().contains("depends_on"), "{found:?}");
        assert_eq!(found["db"].likely_cause, None);
    }
    let mut scene = two();
    scene.depends_on = BTreeMap::from([("db".to_owned(), vec!["http".to_owned()])]);
    assert_eq!(diagnose(&scene)["http"].likely_cause, None, "what needs it is not its cause");
}

#[test]
fn a_start_of_its_own_unit_just_before_it_began_is_told() {
    let mut scene = two();
    scene.cases[0].sources = vec!["journal:web.service".to_owned()];
    let start = |unit: &str, at: &str| Start { unit: unit.to_owned(), at: time(at) };
    let told = |scene: &Scene| {
        let found = diagnose(scene);
        found["http"].facts.iter().find(|fact| fact.kind == "start").map(|fact| fact.text.clone())
    };
    for too_far in [start("web.service", "13:57:02"), start("web.service", "14:02:04"), start("db.service", "14:02:02")]
    {
        scene.starts = vec![too_far];
        assert_eq!(told(&scene), None);
    }
    scene.starts = vec![start("web.service", "14:01:58"), start("web.service", "13:59:00")];
    let text = "web.service was started 2026-01-05 14:01:58, 5 s before this began";
    assert_eq!(told(&scene).as_deref(), Some(text));
    scene.cases[0].onsets.clear();
    assert_eq!(told(&scene), None, "one that went on before did not begin with it");
}

fn with_past(past: &[u64], now: u64) -> Diagnosis {
    let start = time("00:00:00").timestamp();
    let bucket = |(at, count): (usize, &u64)| {
        let start = DateTime::from_timestamp(start + 300 * i64::try_from(at).unwrap(), 0)?.fixed_offset();
        (*count > 0).then_some(Bucket { start, seconds: 300, count: *count })
    };
    let mut case = case("a", now, "00:00:00");
    case.history = past.iter().enumerate().filter_map(bucket).collect();
    case.now = bucket((past.len(), &now)).into_iter().collect();
    let scene = Scene { cases: vec![case], errors: now, ..Scene::default() };
    diagnose(&scene).remove("a").unwrap()
}

#[test]
fn a_burst_is_far_above_its_own_past_whatever_one_wild_value_was() {
    let mut past = vec![3, 2, 4, 3, 2, 3, 4, 3, 3, 2, 4, 3, 3, 2, 3];
    let found = with_past(&past, 300);
    let burst = &found.facts[0];
    assert_eq!(burst.kind, "burst");
    assert!(burst.text.contains("300 in 5 min") && burst.text.contains("where 3 is usual"), "{}", burst.text);
    past[4] = 5000;
    assert_eq!(with_past(&past, 300).facts[0].kind, "burst");
    for (past, now) in [
        (past.clone(), 8),
        (past.iter().map(|count| count * 100).collect(), 320),
        // As high as it is whenever it is not quiet.
        ((0..40).map(|at| if at % 4 == 0 { 30 } else { 0 }).collect(), 31),
    ] {
        assert!(!kinds(&with_past(&past, now)).contains(&"burst"), "{now}");
    }
}

#[test]
fn a_trend_is_told_with_its_numbers_and_too_little_history_says_so() {
    let rising: Vec<u64> = (1..40).collect();
    let falling: Vec<u64> = rising.iter().rev().copied().collect();
    for (past, now, word) in
        [(rising, 40, "rising: +"), (falling, 1, "falling: -"), (vec![5; 39], 5, "steady: 10.0 each ")]
    {
        let found = with_past(&past, now);
        let trend = found.facts.iter().find(|fact| fact.kind == "trend").unwrap();
        assert!(trend.text.starts_with(word), "{}", trend.text);
        assert!(!trend.text.contains("+0.0 ") && !trend.text.contains("-0.0 "), "{}", trend.text);
    }
    let found = with_past(&[3, 3], 300);
    assert_eq!(kinds(&found), ["history"]);
    assert!(!found.facts[0].telling);
}

#[test]
fn a_shared_address_and_most_of_all_errors_are_told() {
    let mut scene = two();
    scene.cases[0].samples[0].text = "ERROR upstream db:5432 timed out".to_owned();
    scene.cases[1].samples[0].text = "ERROR db:5432: connection refused".to_owned();
    scene.logs = 5;
    let found = diagnose(&scene);
    let text = |kind: &str| found["http"].facts.iter().find(|fact| fact.kind == kind).unwrap().text.clone();
    assert_eq!(text("address"), "db:5432 fails in 2 incidents: also in db");
    assert_eq!(text("share"), "312 of all 313 errors of this run (99%)");
    assert_eq!(text("sources"), "seen in 1 of 5 logs");
}

#[test]
fn recommendations_begin_with_the_cause_and_are_bounded() {
    let mut scene = two();
    let told = recommendations(&scene, &diagnose(&scene));
    assert_eq!(
        told,
        [
            "1x db since 2026-01-05 14:02:01 (logs/app.log:7): look here first: 1 other incident began with it. \
             Look at db.",
            "312x http since 2026-01-05 14:02:03 (logs/app.log:7): Look at http.",
        ]
    );
    scene.cases.extend((0..100).map(|at| case(&format!("x{at}"), 1, "09:00:00")));
    scene.cases.iter_mut().skip(2).for_each(|case| case.advice = Some("The same.".to_owned()));
    let told = recommendations(&scene, &diagnose(&scene));
    assert!(told.len() <= 10);
    assert_eq!(told.iter().filter(|text| text.contains("The same.")).count(), 1);
}

fn any_case() -> impl Strategy<Value = Case> {
    let second = prop_oneof![Just(0_i64), 0_i64..600, -9_000_000_000_000_i64..8_000_000_000_000];
    let bucket = (second.clone(), prop::sample::select(vec![60_u32, 300, 3600, 86_400]), 0..u64::MAX);
    let buckets = prop::collection::vec(bucket, 0..8);
    (0..6_u8, second, buckets.clone(), buckets, 0..u64::MAX / 64, ".{0,40}").prop_map(
        |(id, second, now, history, count, text)| {
            let made = |all: Vec<(i64, u32, u64)>| {
                let time = |at: i64| DateTime::from_timestamp(at, 0).map(|time| time.fixed_offset());
                all.into_iter().filter_map(|(at, length, count)| Bucket::around(time(at)?, length, count)).collect()
            };
            let onset = DateTime::from_timestamp(second, 0).map(|time| time.fixed_offset());
            Case {
                onsets: onset.into_iter().collect(),
                first: onset,
                now: made(now),
                history: made(history),
                samples: vec![Sample { source: "a".to_owned(), line: 0, text: format!("{text} refused db:1{id}0") }],
                ..case(&format!("{id:010}"), count, "00:00:00")
            }
        },
    )
}

proptest! {
    #[test]
    fn any_input_gives_the_same_answer_in_any_order(
        cases in prop::collection::vec(any_case(), 0..12),
        onsets in prop::collection::vec((0..6_u8, -9_000_000_000_000_i64..8_000_000_000_000), 0..20),
        turn in 0..12_usize,
        needs in prop::collection::vec((0..6_u8, 0..6_u8), 0..4),
    ) {
        let mut cases = cases;
        cases.sort_by(|a, b| a.id.cmp(&b.id));
        cases.dedup_by(|a, b| a.id == b.id);
        let mut depends_on: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (one, other) in needs {
            depends_on.entry(format!("{one:010}")).or_default().push(format!("{other:010}"));
        }
        let onset = |(id, at): (u8, i64)| Some(Onset {
            incident: format!("{id:010}"),
            run: "r".to_owned(),
            at: DateTime::from_timestamp(at, 0)?.fixed_offset(),
        });
        let onsets = onsets.into_iter().filter_map(onset).collect();
        let mut scene = Scene { cases, onsets, starts: Vec::new(), depends_on, errors: u64::MAX, logs: 3, zone: None };
        let one = diagnose(&scene);
        let told = recommendations(&scene, &one);
        prop_assert!(told.len() <= 10);
        let turn = turn % scene.cases.len().max(1);
        scene.cases.rotate_left(turn);
        scene.onsets.reverse();
        let other = diagnose(&scene);
        prop_assert_eq!(&one, &other);
        prop_assert_eq!(told, recommendations(&scene, &other));
    }
}
