//! `write_mode: in_place`: files that nothing may take the name of.

use std::os::unix::fs::MetadataExt as _;
use std::process::Command;

use crate::workspace::{APP, Workspace, ran};

fn in_place() -> Workspace {
    let workspace = Workspace::small();
    workspace.edit("fixes/app.yaml", "max_value: 100", "max_value: 100, write_mode: in_place");
    workspace
}

#[test]
fn it_stays_the_same_file_and_the_dry_run_warns() {
    let workspace = in_place();
    let before = std::fs::metadata(workspace.file("app.yaml")).unwrap().ino();
    let dry = workspace.heal(&[]);
    assert!(dry.out.contains("not atomic"), "{}", dry.out);
    let (_, document) = workspace.json(&[]);
    let step = &document["plan"]["steps"][0];
    assert_eq!(step["write_mode"], "in_place");
    assert!(step["warning"].as_str().unwrap().contains("not atomic"));
    assert_eq!(workspace.heal(&["--apply"]).code, 0);
    assert!(workspace.read("app.yaml").contains("pool: 20 "));
    assert_eq!(workspace.heal(&["undo"]).code, 0);
    assert_eq!(workspace.read("app.yaml"), APP);
    assert_eq!(std::fs::metadata(workspace.file("app.yaml")).unwrap().ino(), before);
}

/// heal in a mount namespace in which `app.yaml` is bind-mounted over itself.
fn mounted(workspace: &Workspace, arguments: &[&str]) -> Option<crate::workspace::Ran> {
    let script = "mount --bind real.yaml app.yaml && exec \"$0\" \"$@\"";
    let heal = workspace.command(arguments);
    let mut command = Command::new("unshare");
    command.args(["-rm", "sh", "-c", script]).arg(env!("CARGO_BIN_EXE_heal")).args(arguments);
    command.current_dir(workspace.path()).env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin");
    command.envs(heal.get_envs().filter_map(|(key, value)| Some((key, value?))).filter(|(key, _)| *key != "PATH"));
    let able = Command::new("unshare").args(["-rm", "true"]).status().is_ok_and(|status| status.success());
    if !able {
        println!("skipped: no mount namespace is to be had");
        return None;
    }
    Some(ran(&mut command))
}

#[test]
fn a_single_file_mount_is_written_only_so() {
    let workspace = Workspace::small();
    std::fs::copy(workspace.file("app.yaml"), workspace.file("real.yaml")).unwrap();
    let Some(refused) = mounted(&workspace, &["--apply", "--json"]) else { return };
    assert_eq!(refused.code, 3, "{}{}", refused.out, refused.err);
    assert!(refused.out.contains("write_mode: in_place"), "{}", refused.out);
    assert_eq!(workspace.read("real.yaml"), APP);

    let workspace = in_place();
    std::fs::copy(workspace.file("app.yaml"), workspace.file("real.yaml")).unwrap();
    let done = mounted(&workspace, &["--apply", "--json"]).unwrap();
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
    assert!(workspace.read("real.yaml").contains("pool: 20 "), "behind the mount");
    assert_eq!(workspace.read("app.yaml"), APP, "below the mount nothing was touched");
    let undone = mounted(&workspace, &["undo"]).unwrap();
    assert_eq!(undone.code, 0, "{}{}", undone.out, undone.err);
    assert_eq!(workspace.read("real.yaml"), APP);
}
