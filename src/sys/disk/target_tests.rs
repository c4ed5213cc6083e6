//! Opening targets that are not what they seem.

use std::fs;
use std::os::unix::fs::symlink;

use super::*;

fn refused(root: &Path, path: &str) -> TargetError {
    open_target(root, Path::new(path), 1000).unwrap_err()
}

#[test]
fn every_way_to_name_a_file_below_the_root() {
    let dir = tempfile::tempdir().unwrap();
    let real = dir.path().canonicalize().unwrap();
    fs::create_dir_all(real.join("app/conf.d")).unwrap();
    fs::write(real.join("app/conf.d/x.yaml"), b"a: 1\n").unwrap();
    symlink("app", real.join("alias")).unwrap();
    let root = real.join("app");
    let absolute = root.join("conf.d/x.yaml");
    let around = format!("{}/../app/./conf.d/x.yaml", root.display());
    for path in
        ["conf.d/x.yaml", "./conf.d/../conf.d/x.yaml", "../app/conf.d/x.yaml", absolute.to_str().unwrap(), &around]
    {
        let target = open_target(&root, Path::new(path), 1000).unwrap();
        assert_eq!((&target.relative, &target.path), (&PathBuf::from("conf.d/x.yaml"), &absolute), "{path}");
        assert_eq!((target.bytes.as_slice(), target.identity.size), (b"a: 1\n".as_slice(), 5));
        assert_eq!(target.sha256, sha256(b"a: 1\n"));
    }
    // The root itself may be reached through a link, and so may an absolute path to it.
    let alias = real.join("alias");
    assert_eq!(open_target(&alias, &alias.join("conf.d/x.yaml"), 1000).unwrap().path, absolute);
    assert_eq!(open_target(&alias, Path::new("conf.d/x.yaml"), 1000).unwrap().path, absolute);
    assert_eq!(open_target(Path::new("/"), absolute.strip_prefix("/").unwrap(), 1000).unwrap().path, absolute);
}

#[test]
fn what_lies_outside_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("root");
    fs::create_dir(&root).unwrap();
    fs::write(dir.path().join("outside"), b"").unwrap();
    fs::create_dir(dir.path().join("root2")).unwrap();
    fs::write(dir.path().join("root2/x"), b"").unwrap();
    for path in ["../outside", "/etc/passwd", "a/../../outside", "../root2/x"] {
        assert_eq!(refused(&root, path).code(), "outside_root", "{path}");
    }
    for path in ["", ".", "/../.."] {
        assert!(matches!(refused(&root, path).kind, Kind::NotRegular | Kind::Outside), "{path}");
    }
}

#[test]
fn links_on_the_way_and_at_the_end_are_refused_by_their_real_path() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().canonicalize().unwrap();
    fs::create_dir(root.join("real")).unwrap();
    fs::write(root.join("real/file"), b"").unwrap();
    symlink("real", root.join("way")).unwrap();
    symlink("real/file", root.join("end")).unwrap();
    symlink("nowhere", root.join("dangling")).unwrap();
    symlink("/etc/passwd", root.join("out")).unwrap();
    for (path, real) in
        [("way/file", "real/file"), ("end", "real/file"), ("out", "/etc/passwd"), ("dangling", "dangling")]
    {
        let error = refused(&root, path);
        assert_eq!(error.code(), "symlink", "{path}");
        assert!(error.to_string().contains(real), "{error}");
    }
    let elsewhere = tempfile::tempdir().unwrap();
    symlink(&root, elsewhere.path().join("alias")).unwrap();
    let error = open_target(&root, &elsewhere.path().join("alias/real/file"), 1000).unwrap_err();
    assert_eq!(error.code(), "symlink");
}

#[test]
fn only_a_plain_file_with_one_name_and_within_bounds() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    fs::write(root.join("one"), b"").unwrap();
    fs::hard_link(root.join("one"), root.join("two")).unwrap();
    fs::create_dir(root.join("folder")).unwrap();
    rustix::fs::mknodat(rustix::fs::CWD, root.join("fifo"), rustix::fs::FileType::Fifo, rustix::fs::Mode::RWXU, 0)
        .unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(root.join("socket")).unwrap();
    fs::write(root.join("large"), [b'x'; 1001]).unwrap();
    fs::write(root.join("exact"), [b'x'; 1000]).unwrap();
    for (path, code) in [
        ("one", "hard_link"),
        ("two", "hard_link"),
        ("folder", "not_regular"),
        ("fifo", "not_regular"),
        ("socket", "not_regular"),
        ("large", "too_large"),
        ("none", "missing"),
        ("none/none", "missing"),
        ("exact/none", "missing"),
    ] {
        assert_eq!(refused(root, path).code(), code, "{path}");
    }
    assert!(open_target(root, Path::new("exact"), 1000).is_ok());
    assert!(open_target(&root.join("no root"), Path::new("exact"), 1000).is_err());
}

#[test]
fn a_file_open_in_an_editor_is_refused() {
    for (name, beside) in
        [("a.conf", ".a.conf.swp"), (".env", ".env.swp"), ("a.conf", ".#a.conf"), ("a.conf", "#a.conf#")]
    {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(name), b"").unwrap();
        fs::write(dir.path().join("a.conf~"), b"").unwrap();
        assert!(open_target(dir.path(), Path::new(name), 1000).is_ok());
        symlink("someone@host.123", dir.path().join(beside)).unwrap();
        let error = refused(dir.path(), name);
        assert_eq!(error.code(), "editor_open");
        assert!(error.to_string().contains(beside), "{error}");
    }
}
