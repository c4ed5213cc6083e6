//! Verdicts of later runs: proof, not silence.

use crate::workspace::{APP, FIX, Workspace, held, verdicts};

const ERROR: &str = "ERROR app.db: pool exhausted, 10 in use";

#[test]
fn an_error_after_the_fix_makes_it_ineffective_and_the_next_attempt_builds_on_it() {
    let workspace = Workspace::small();
    assert_eq!(workspace.heal(&["--apply"]).code, 0);
    for (pool, attempt) in [(40, 2), (80, 3)] {
        workspace.log(ERROR);
        let (code, document) = workspace.json(&["--apply"]);
        assert_eq!(code, 1);
        assert_eq!(verdicts(&document, "raise_pool"), ["on_probation", "ineffective"], "attempt {attempt}");
        assert!(workspace.read("app.yaml").contains(&format!("pool: {pool} ")));
    }
    // All attempts are used up: what did not help is taken back.
    workspace.log(ERROR);
    let (code, document) = workspace.json(&["--apply"]);
    assert_eq!(code, 1);
    assert_eq!(workspace.read("app.yaml"), APP, "byte for byte");
    assert_eq!(held(&document, "raise_pool")[0].0, "attempts");
    let taken_back = document["plan"]["steps"].as_array().unwrap();
    assert_eq!(taken_back[0]["kind"], "take_back");
    assert!(taken_back[0]["diff"].as_str().unwrap().contains("+  pool: 10 "), "{}", taken_back[0]);
    // And it stays so.
    workspace.log(ERROR);
    let ran = workspace.heal(&["--apply"]);
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains("given up after 3 attempts"), "{}", ran.out);
    assert_eq!(workspace.read("app.yaml"), APP);
}

#[test]
fn a_quiet_log_that_is_still_written_confirms() {
    let workspace = Workspace::small();
    assert_eq!(workspace.heal(&["--apply"]).code, 0);
    let (_, silent) = workspace.json(&["--apply"]);
    assert!(verdicts(&silent, "raise_pool").is_empty(), "silence proves nothing");
    std::thread::sleep(std::time::Duration::from_millis(1100));
    workspace.log("INFO app: request served");
    let (code, document) = workspace.json(&["--apply"]);
    assert_eq!(code, 0);
    assert_eq!(verdicts(&document, "raise_pool"), ["confirmed"]);
    workspace.log(ERROR);
    let (code, document) = workspace.json(&["--apply"]);
    assert_eq!(code, 1);
    assert!(verdicts(&document, "raise_pool").contains(&"regressed".to_owned()));
}

#[test]
fn a_fix_on_probation_keeps_its_place() {
    let workspace = Workspace::small();
    workspace.edit("heal.yaml", "probation: 0s", "probation: 1h");
    assert_eq!(workspace.heal(&["--apply"]).code, 0);
    // An error from before the fix, read after it.
    workspace.append("logs/app.log", &format!("2026-01-05 10:00:01 {ERROR}\n"));
    let (code, document) = workspace.json(&["--apply"]);
    assert_eq!(code, 1);
    assert_eq!(held(&document, "raise_pool")[0].0, "on_probation");
    assert!(workspace.read("app.yaml").contains("pool: 20 "));
}

#[test]
fn undo_at_once_takes_back_and_gives_up() {
    let workspace = Workspace::small();
    workspace.write("fixes/app.yaml", &format!("{FIX}    on_ineffective: undo\n"));
    assert_eq!(workspace.heal(&["--apply"]).code, 0);
    workspace.log(ERROR);
    let (code, document) = workspace.json(&["--apply"]);
    assert_eq!(code, 1);
    assert_eq!(workspace.read("app.yaml"), APP);
    assert_eq!(held(&document, "raise_pool")[0].0, "attempts", "{document}");
}

#[test]
fn keep_is_never_taken_back() {
    let workspace = Workspace::small();
    workspace.write("fixes/app.yaml", &format!("{FIX}    on_ineffective: keep\n    max_attempts: 1\n"));
    assert_eq!(workspace.heal(&["--apply"]).code, 0);
    workspace.log(ERROR);
    let (_, document) = workspace.json(&["--apply"]);
    assert!(workspace.read("app.yaml").contains("pool: 20 "));
    assert_eq!(held(&document, "raise_pool")[0].0, "attempts");
}

#[test]
fn a_file_edited_since_loses_heals_own_value_only() {
    let workspace = Workspace::small();
    workspace.write("fixes/app.yaml", &format!("{FIX}    on_ineffective: undo\n"));
    assert_eq!(workspace.heal(&["--apply"]).code, 0);
    workspace.edit("app.yaml", "host: db1", "host: db2 # moved");
    workspace.log(ERROR);
    workspace.heal(&["--apply"]);
    assert_eq!(workspace.read("app.yaml"), APP.replace("host: db1", "host: db2 # moved"));
}

#[test]
fn a_value_changed_since_is_not_touched() {
    let workspace = Workspace::small();
    workspace.write("fixes/app.yaml", &format!("{FIX}    on_ineffective: undo\n"));
    assert_eq!(workspace.heal(&["--apply"]).code, 0);
    workspace.edit("app.yaml", "pool: 20", "pool: 33");
    workspace.log(ERROR);
    let (_, document) = workspace.json(&["--dry-run"]);
    let reasons: Vec<String> = held(&document, "raise_pool").into_iter().map(|(reason, _)| reason).collect();
    assert!(reasons.contains(&"changed_since".to_owned()), "{document}");
}

#[test]
fn a_value_put_back_by_another_hand_is_not_tried_again() {
    let workspace = Workspace::small();
    assert_eq!(workspace.heal(&["--apply"]).code, 0);
    workspace.write("app.yaml", APP);
    workspace.log(ERROR);
    let (code, document) = workspace.json(&["--apply"]);
    assert_eq!(code, 1);
    assert_eq!(held(&document, "raise_pool")[0].0, "reverted_by_other", "{document}");
    assert_eq!(workspace.read("app.yaml"), APP);
}

#[test]
fn quiet_tells_lasting_trouble_once() {
    let workspace = Workspace::small();
    workspace.write("fixes/app.yaml", "fixes: []\n");
    let first = workspace.heal(&["--apply", "--quiet"]);
    assert!(first.code == 1 && first.out.contains("pool_exhausted"), "{}", first.out);
    workspace.log(ERROR);
    let second = workspace.heal(&["--apply", "--quiet"]);
    assert_eq!((second.code, second.out.as_str()), (1, ""));
    workspace.edit("heal.yaml", "cooldown: 0s", "cooldown: 0s\nremind: 0s");
    workspace.log(ERROR);
    assert!(workspace.heal(&["--apply", "--quiet"]).out.contains("pool_exhausted"));
}
