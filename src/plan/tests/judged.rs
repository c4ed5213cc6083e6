//! Whether heal dares: attempts, time, conditions, the machine.

use super::*;

const START: &str = "{start_service: {service: web}}";

fn world(more_of_fix: &str, more: &str) -> World {
    let row = format!("  - {{name: a, for: [down], description: d, risk: safe, steps: [{START}]{more_of_fix}}}\n");
    World::new(&row, more).with_service(service("web.service", "failed")).with_incident("down", &[])
}

#[test]
fn three_attempts_then_a_person() {
    let minutes = TimeDelta::minutes;
    let tried = |count, ago| world("", "").with_attempts("a", "web.service", Verdict::Undone, count, ago);
    assert_eq!(tried(1, minutes(61)).planned().len(), 1);
    assert_eq!(tried(1, minutes(59)).held(), ["a: cooldown"]);
    assert_eq!(tried(2, minutes(119)).held(), ["a: cooldown"], "it doubles");
    assert_eq!(tried(2, minutes(121)).planned().len(), 1);
    let spent = tried(3, TimeDelta::days(2));
    assert_eq!(spent.held(), ["a: attempts"]);
    let plan = spent.plan();
    assert!(plan.held_back[0].detail.starts_with("given up after 3 attempts"), "{plan:?}");
    assert_eq!(plan.breakers.len(), 1);
    let cry = plan.breakers[0].cry();
    assert!(cry.starts_with("needs a person") && cry.contains("heal resume id-down"), "{cry}");
    // Since a person said `heal resume`, they no longer count.
    let mut resumed = spent;
    resumed.incidents[0].record.fresh_since = Some(resumed.now);
    assert_eq!(resumed.planned().len(), 1);
    assert!(resumed.plan().breakers.is_empty());
}

#[test]
fn the_breaker_is_open_only_when_all_fixes_are_given_up() {
    let second = "  - {name: b, for: ['category:service'], description: d, risk: safe, steps: [{start_service: {service: web}}]}\n";
    let world = World::new(&format!("{}{second}", fix("a", START)), "")
        .with_service(service("web.service", "failed"))
        .with_incident("down", &[])
        .with_attempts("a", "web.service", Verdict::Ineffective, 3, TimeDelta::days(1));
    assert_eq!(world.plan().fixes[0].fix.name, "b");
    assert!(world.plan().breakers.is_empty());
}

#[test]
fn alternatives_are_tried_in_turn() {
    let more = ", alternatives: [{name: harder, steps: [{force_restart: {service: web}}]}, {name: not_now, when: {load: {above: 1000000}}, steps: [{stop_service: {service: web}}]}]";
    assert_eq!(world(more, "").plan().fixes[0].fix.name, "a");
    let after = world(more, "").with_attempts("a", "web.service", Verdict::Ineffective, 3, TimeDelta::days(1));
    assert_eq!(after.plan().fixes[0].fix.name, "a/harder");
    assert_eq!(after.planned(), ["force_restart web.service"]);
    let waiting = world(more, "").with_attempts("a", "web.service", Verdict::OnProbation, 1, TimeDelta::days(1));
    assert_eq!(waiting.held(), ["a: on_probation"], "one at a time");
}

#[test]
fn a_pause_stops_every_change() {
    let mut world = world("", "");
    world.paused = Some("moving house".to_owned());
    assert_eq!((world.held(), world.detail().as_str()), (vec!["a: paused".to_owned()], "moving house"));
}

#[test]
fn a_threshold_counts_events_within_its_time() {
    let row = "  - {name: a, for: [slow], description: d, risk: safe, steps: [{start_service: {service: web}}]}\n";
    let mut world = World::new(row, "").with_service(service("web.service", "failed")).with_incident("slow", &[]);
    let (now, minutes) = (world.now, TimeDelta::minutes);
    for (ages, planned) in [(&[1, 2][..], false), (&[1, 2, 9], true), (&[1, 2, 11], false), (&[0, 0, 0, 50], true)] {
        world.incidents[0].facets[0].record.recent = ages.iter().map(|age| now - minutes(*age)).collect();
        assert_eq!(world.planned().len(), usize::from(planned), "{ages:?}");
        assert!(planned || world.held() == ["a: threshold"], "{ages:?}");
    }
}

#[test]
fn conditions_see_the_host_and_the_incident() {
    for (when, met) in [
        ("{service: {name: web, state: failed}}", true),
        ("{service: {name: web, state: active}}", false),
        ("{not: {service: {name: web, state: active}}}", true),
        ("{all: [{service: {name: web, state: failed}}, {file: {path: heal.yaml, exists: true}}]}", true),
        ("{file: {path: heal.yaml, exists: false}}", false),
        ("{any: [{file: {path: none, exists: true}}, {load: {above: 2}}]}", true),
        ("{memory_available: {below: 1G}}", true),
        ("{memory_available: {below: 100M}}", false),
        ("{disk_free: {path: ., below: 1G}}", false),
        ("{disk_free: {path: ., below: 3G}}", true),
        ("{count: {at_least: 2, within: 1h}}", false),
        ("{count: {at_least: 1, within: 1h}}", true),
        ("{age: {at_least: 2m}}", false),
        ("{age: {at_least: 30s}}", true),
    ] {
        let mut world = world(&format!(", when: {when}"), "");
        world.host.machine =
            Machine { memory_available: Some(500 << 20), memory_total: Some(1 << 30), load1: Some(3.5) };
        world.host.space = Some(Space { available: 2 << 30, total: 10 << 30, inodes_free: 1_000_000 });
        assert_eq!(world.planned().len(), usize::from(met), "{when}: {}", world.detail());
        assert!(met || world.held() == ["a: when"], "{when}");
    }
}

#[test]
fn events_that_nobody_vouches_for_do_not_count() {
    let mut world = world(", trusted: {unit: web.service}", "");
    assert_eq!(world.held(), ["a: untrusted"]);
    let demand = world.catalogue.fixes.iter().find(|fix| fix.name == "a").unwrap().trusted.as_ref().unwrap().key();
    let mut genuine = world.incidents[0].facets[0].clone();
    genuine.record.vouched = BTreeSet::from([demand]);
    world.incidents[0].facets.push(genuine);
    assert_eq!(world.planned().len(), 1, "a forged one does not keep a true one from counting");
}

#[test]
#[allow(clippy::disallowed_methods, reason = "the test builds the world that is planned for")]
fn without_room_nothing_is_edited() {
    let row = fix("a", "{edit: {file: app.conf, regex: 'n=(?P<value>\\d)', operation: set, value: 2}}");
    let mut world = World::new(&row, "").with_incident("down", &[]);
    std::fs::write(world.folder.path().join("app.conf"), "n=1\n").unwrap();
    assert_eq!(world.planned(), ["edit app.conf"], "{}", world.detail());
    world.host.space = Some(Space { available: 100 << 10, total: 10 << 30, inodes_free: 1_000_000 });
    assert_eq!(world.held(), ["a: resources"]);
}

#[test]
#[allow(clippy::disallowed_methods, reason = "the test builds the world that is planned for")]
fn a_file_is_one_target_however_it_is_named() {
    for name in ["app.conf", "./app.conf", "sub/../app.conf"] {
        let row = format!("{{edit: {{file: '{name}', regex: 'n=(?P<value>\\d)', operation: set, value: 2}}}}");
        let world = World::new(&fix("a", &row), "").with_incident("down", &[]);
        std::fs::write(world.folder.path().join("app.conf"), "n=1\n").unwrap();
        assert_eq!(world.plan().fixes[0].target, "app.conf", "{name}");
    }
}
