//! Tests.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn id() -> RunId {
    RunId::parse("20251204T143022Z-7f3a").unwrap()
}

fn sample() -> Value {
    let state = |digit: &str| {
        json!({"sha256": digit.repeat(64), "attributes": {
        "uid": 0, "gid": 0, "mode": 420, "xattrs": {"user.note": "00ff"}}})
    };
    json!({
        "format_version": 1, "run": "20251204T143022Z-7f3a", "mode": "apply", "host": "web1", "heal_version": "0.1.0",
        "started_at": "2025-12-04T15:30:22+01:00", "workspace": "/srv/app", "undoes": null, "undone_by": null,
        "changes": [{
            "index": 0, "fix": "raise_timeout", "incidents": ["a1"], "kind": "edit", "step": null,
            "target": "/srv/app/conf/x.yaml", "time": "2025-12-04T15:30:23+01:00", "state": "done", "undone_by": null,
            "takes_back": [], "old_raw": "30", "new_raw": "45",
            "file": {"relative": "conf/x.yaml", "before": state("a"), "after": state("b"), "backup": "0000-x.yaml",
                "copy": null, "temporary": ".heal-0123456789abcdef.tmp"},
        }],
    })
}

fn parsed(value: &Value) -> Result<Manifest, String> {
    parse(&serde_json::to_vec(value).unwrap(), &id())
}

#[test]
fn what_is_written_is_read() {
    let manifest = parsed(&sample()).unwrap();
    assert_eq!(parse(&manifest.to_bytes().unwrap(), &id()).unwrap(), manifest);
    let file = manifest.changes[0].file.as_ref().unwrap();
    assert_eq!(file.before.attributes.xattrs["user.note"], [0, 255]);
    let mut root = sample();
    root["workspace"] = json!("/");
    root["changes"][0]["file"]["relative"] = json!("srv/app/conf/x.yaml");
    parsed(&root).unwrap();
}

#[test]
fn a_hostile_manifest_leads_nowhere() {
    for (pointer, value) in [
        ("/run", json!("20251204T143022Z-7f3b")),
        ("/run", json!("../../etc")),
        ("/workspace", json!("srv/app")),
        ("/workspace", json!("/srv/../etc")),
        ("/changes/0/index", json!(1)),
        ("/changes/0/target", json!("/etc/passwd")),
        ("/changes/0/file/relative", json!("../passwd")),
        ("/changes/0/file/relative", json!("/etc/passwd")),
        ("/changes/0/file/relative", json!("")),
        ("/changes/0/file/backup", json!("../../../etc/shadow")),
        ("/changes/0/file/backup", json!("/etc/shadow")),
        ("/changes/0/file/backup", json!("..")),
        ("/changes/0/file/backup", json!("manifest.json")),
        ("/changes/0/file/copy", json!("a/b")),
        ("/changes/0/file/temporary", json!("x.yaml")),
        ("/changes/0/file/before/sha256", json!("")),
        ("/changes/0/file/after/sha256", json!("B".repeat(64))),
        ("/changes/0/file/after/attributes/xattrs/user.note", json!("0")),
        ("/changes/0/state", json!("maybe")),
        ("/started_at", json!("yesterday")),
    ] {
        let mut value_of = sample();
        *value_of.pointer_mut(pointer).unwrap() = value.clone();
        let error = parsed(&value_of).unwrap_err();
        assert!(error.contains("damaged"), "{pointer} {value}: {error}");
    }
    let mut more = sample();
    more["extra"] = json!(1);
    assert!(parsed(&more).is_err());
}

#[test]
fn another_version_is_said_to_be_one() {
    let mut newer = sample();
    newer["format_version"] = json!(2);
    newer["extra"] = json!(1);
    assert!(parsed(&newer).unwrap_err().contains("format version 2"));
}

proptest! {
    #[test]
    fn any_bytes_are_a_manifest_or_none(bytes: Vec<u8>) {
        let _ = parse(&bytes, &id());
    }

    #[test]
    fn a_manifest_with_one_byte_changed_is_read_or_refused(place: prop::sample::Index, byte: u8) {
        let mut bytes = serde_json::to_vec(&sample()).unwrap();
        let place = place.index(bytes.len());
        bytes[place] = byte;
        if let Ok(manifest) = parse(&bytes, &id()) {
            let change = &manifest.changes[0];
            let file = change.file.as_ref().unwrap();
            prop_assert_eq!(Path::new(&manifest.workspace).join(&file.relative), Path::new(&change.target));
            prop_assert!(!file.backup.contains('/') && !change.target.contains(".."));
        }
    }

    #[test]
    fn a_manifest_cut_short_is_refused(length: prop::sample::Index) {
        let bytes = serde_json::to_vec(&sample()).unwrap();
        prop_assert!(parse(&bytes[..length.index(bytes.len())], &id()).is_err());
    }

    #[test]
    fn deep_nesting_is_refused_without_a_crash(depth in 200_usize..50_000) {
        let bytes = format!("{{\"format_version\":1,\"changes\":{}", "[".repeat(depth));
        prop_assert!(parse(bytes.as_bytes(), &id()).is_err());
    }
}
