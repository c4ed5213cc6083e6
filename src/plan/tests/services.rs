//! Steps on services, by the state and the name of the unit.

use super::*;

const RESTART: &str = "restart_service: {service: web}";

fn web(active: &str) -> World {
    World::new(&fix("a", &format!("{{{RESTART}}}")), "")
        .with_service(service("web.service", active))
        .with_incident("down", &[])
}

#[test]
fn a_step_shows_its_command_its_state_and_its_way_back() {
    for (verb, active, argv, undo) in [
        ("restart_service", "active", "restart", "restarted once more on the old configuration"),
        ("restart_service", "failed", "restart", "stopped again"),
        ("start_service", "inactive", "start", "stopped again"),
        ("stop_service", "active", "stop", "started again"),
        ("reload_service", "active", "reload", "reloaded once more on the old configuration"),
    ] {
        let world = World::new(&fix("a", &format!("{{{verb}: {{service: web}}}}")), "")
            .with_service(service("web.service", active))
            .with_incident("down", &[]);
        let plan = world.plan();
        let super::super::PlannedStep::Action(action) = &plan.fixes[0].steps[0] else { panic!("{plan:?}") };
        assert_eq!(action.commands, [["systemctl", argv, "--no-ask-password", "--", "web.service"]]);
        assert_eq!(action.undo.as_deref(), Some(undo), "{verb}");
        assert!(action.state.starts_with(active), "{}", action.state);
    }
}

#[test]
fn a_state_that_is_reached_already_needs_nothing() {
    for (verb, active) in [("start_service", "active"), ("stop_service", "inactive"), ("stop_service", "failed")] {
        let world = World::new(&fix("a", &format!("{{{verb}: {{service: web}}}}")), "")
            .with_service(service("web.service", active))
            .with_incident("down", &[]);
        assert_eq!(world.held(), ["a: already_optimal"], "{verb}");
    }
}

#[test]
fn what_cannot_work_is_not_tried() {
    let reload = |state: ServiceState| {
        World::new(&fix("a", "{reload_service: {service: web}}"), "").with_service(state).with_incident("down", &[])
    };
    assert!(reload(service("web.service", "inactive")).detail().contains("nothing to reload"));
    let cannot = ServiceState { can_reload: false, ..service("web.service", "active") };
    assert!(reload(cannot).detail().contains("no ExecReload"));
    let masked = ServiceState { load: "masked".to_owned(), ..service("web.service", "inactive") };
    assert!(reload(masked).detail().contains("(masked)"));
    let none = World::new(&fix("a", &format!("{{{RESTART}}}")), "").with_incident("down", &[]);
    assert_eq!(none.held(), ["a: check_failed"]);
    assert!(none.detail().contains("no usable unit web.service (not-found)"));
}

#[test]
fn only_root_acts_on_services() {
    let mut world = web("active");
    world.host.root = false;
    assert_eq!(world.held(), ["a: needs_root"]);
    assert!(world.detail().contains("never uses sudo"));
}

#[test]
fn the_protected_are_left_alone_by_any_name() {
    for name in [
        "ssh",
        "sshd.service",
        "ssh@10.0.0.1:22-10.0.0.2:9.service",
        "dbus",
        "dbus-broker",
        "systemd-journald",
        "systemd-networkd.socket",
        "heal",
        "heal.timer",
        "heal@web.service",
    ] {
        let world = World::new(&fix("a", &format!("{{restart_service: {{service: '{name}'}}}}")), "")
            .with_service(service(Unit::parse(name).unwrap().as_str(), "active"))
            .with_incident("down", &[]);
        assert_eq!(world.held(), ["a: protected"], "{name}");
    }
    // By another name of the same unit.
    let alias = ServiceState {
        names: vec!["web.service".to_owned(), "ssh.service".to_owned()],
        id: "ssh.service".to_owned(),
        ..service("ssh.service", "active")
    };
    let world =
        World::new(&fix("a", &format!("{{{RESTART}}}")), "").with_service(alias.clone()).with_incident("down", &[]);
    assert_eq!(world.held(), ["a: protected"]);
    let freed = World::new(&fix("a", &format!("{{{RESTART}}}")), "policy: {unprotect: [ssh]}")
        .with_service(alias)
        .with_incident("down", &[]);
    assert_eq!(freed.planned(), ["restart_service web.service"]);
    let own = World::new(&fix("a", &format!("{{{RESTART}}}")), "policy: {protected: [we*]}")
        .with_service(service("web.service", "active"))
        .with_incident("down", &[]);
    assert_eq!(own.held(), ["a: protected"]);
}

#[test]
fn heal_does_not_saw_off_its_own_branch() {
    let mut world = web("active");
    world.host.own_unit = Some("web.service".to_owned());
    assert_eq!(world.held(), ["a: protected"]);
    // One that leaves its children alone when it is stopped, as cron does.
    let gentle = ServiceState { kill_mode: "process".to_owned(), ..service("web.service", "active") };
    world.host.services.insert("web.service".to_owned(), gentle);
    assert_eq!(world.planned(), ["restart_service web.service"]);
}

#[test]
fn the_list_of_services_decides() {
    for (list, planned) in [("[]", false), ("[db]", false), ("[web]", true), ("[web.service]", true), ("['w*']", true)]
    {
        let world = World::new(&fix("a", &format!("{{{RESTART}}}")), &format!("policy: {{allow_services: {list}}}"))
            .with_service(service("web.service", "active"))
            .with_incident("down", &[]);
        assert_eq!(world.planned().len(), usize::from(planned), "{list}");
        assert!(planned || world.held() == ["a: not_allowed"], "{list}");
    }
}

#[test]
fn a_captured_name_must_be_one_and_be_listed() {
    let by_name = |more: &str, unit: &str| {
        World::new(&fix("a", "{restart_service: {service: '{unit}'}}"), more)
            .with_service(service("web.service", "active"))
            .with_incident("down", &[unit])
    };
    assert_eq!(by_name("", "web.service").held(), ["a: not_allowed"], "captured: never by default");
    let listed = "policy: {allow_services: ['*']}";
    assert_eq!(by_name(listed, "web.service").planned(), ["restart_service web.service"]);
    for hostile in
        ["-x", "--now", "a;b", "../x.service", "web", "a b.service", "/etc/x.service", "*.service", "", "{unit}"]
    {
        assert_eq!(by_name(listed, hostile).held(), ["a: bad_capture"], "{hostile}");
    }
}

#[test]
fn each_captured_value_is_a_target_of_its_own() {
    let world = World::new(&fix("a", "{restart_service: {service: '{unit}'}}"), "policy: {allow_services: ['*']}")
        .with_service(service("web.service", "active"))
        .with_service(service("db.service", "active"))
        .with_incident("down", &["web.service", "-x", "db.service", "web.service"]);
    assert_eq!(world.planned(), ["restart_service web.service", "restart_service db.service"]);
    assert_eq!(world.held(), ["a: bad_capture"]);
}

#[test]
fn a_unit_is_restarted_once_in_a_run() {
    let two = format!(
        "{}{}",
        fix("a", &format!("{{{RESTART}}}")),
        "  - {name: b, for: [slow], description: d, risk: safe, steps: [{restart_service: {service: web.service}}]}\n"
    );
    let mut world = World::new(&two, "")
        .with_service(service("web.service", "active"))
        .with_incident("down", &[])
        .with_incident("slow", &[]);
    world.incidents[1].facets[0].record.recent = vec![world.now; 3];
    assert_eq!(world.planned(), ["restart_service web.service"]);
    assert_eq!(world.held(), ["b: budget"]);
    // To stop it and to restart it is a contradiction.
    let contrary =
        two.replace("steps: [{restart_service: {service: web.service}}]", "steps: [{stop_service: {service: web}}]");
    let mut world = World::new(&contrary, "")
        .with_service(service("web.service", "active"))
        .with_incident("down", &[])
        .with_incident("slow", &[]);
    world.incidents[1].facets[0].record.recent = vec![world.now; 3];
    assert_eq!(world.held(), ["a: conflict", "b: conflict"]);
}

#[test]
fn what_others_need_is_repaired_first() {
    let fixes = format!(
        "{}{}",
        fix("a", &format!("{{{RESTART}}}")),
        "  - {name: b, for: [slow], description: d, risk: safe, steps: [{restart_service: {service: db}}]}\n"
    );
    for (depends_on, first) in
        [("{}", "web"), ("{web: [db]}", "db"), ("{service: [network]}", "db"), ("{db: [web]}", "web")]
    {
        let mut world = World::new(&fixes, &format!("depends_on: {depends_on}"))
            .with_service(service("web.service", "active"))
            .with_service(service("db.service", "active"))
            .with_incident("down", &[])
            .with_incident("slow", &[]);
        world.incidents[1].facets[0].record.recent = vec![world.now; 3];
        assert_eq!(world.planned()[0], format!("restart_service {first}.service"), "{depends_on}");
    }
}

#[test]
fn a_start_that_systemd_would_refuse_is_not_tried() {
    for (active, used, burst, planned) in [
        ("failed", 4, 5, true),
        ("failed", 5, 5, false),
        ("active", 3, 5, true),
        ("active", 4, 5, false),
        ("active", 0, 1, true),
        ("active", 1, 1, false),
    ] {
        let mut world = web(active);
        world.host.start_limit = Some(StartLimit { burst, within: std::time::Duration::from_secs(10), used });
        assert_eq!(world.planned().len(), usize::from(planned), "{active} {used} of {burst}");
        assert!(planned || world.detail().contains("systemd's start limit is"), "{}", world.detail());
    }
    // To stop it, or to reload it, is no start.
    let mut world = World::new(&fix("a", "{reload_service: {service: web}}"), "")
        .with_service(service("web.service", "active"))
        .with_incident("down", &[]);
    world.host.start_limit = Some(StartLimit { burst: 1, within: std::time::Duration::from_secs(10), used: 9 });
    assert_eq!(world.planned().len(), 1);
}
