//! What the real readers make of what is written: git, PHP, Python, `my_print_defaults` and the shell.
#![allow(clippy::disallowed_methods, clippy::print_stdout, reason = "the tests ask the programs themselves")]

use std::path::Path;
use std::process::Command;

use super::super::super::kit_tests::{ini, set};
use super::super::super::{Proposal, propose};
use crate::catalogue::{Dialect, Edit};

const VALUES: [&str; 22] = [
    "x",
    "a b",
    "it's",
    "say \"x\"",
    "both ' and \"",
    "a;b",
    "a ; b",
    "a#b",
    "a # b",
    "# a",
    " around ",
    "C:\\temp",
    "end\\",
    "$HOME ${HOME}",
    "`id`",
    "50%",
    "ü",
    "a=b:c",
    "[x]",
    "",
    "\\n\\s\\\"",
    "!x(y)&z|",
];

/// Each value that can be written, set on each of `keys`, as the reader prints it.
fn readers_agree(dialect: Dialect, source: &str, keys: &[&str], read: &dyn Fn(&Path, &str) -> Command) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file.ini");
    let program = read(&file, "x|x").get_program().to_owned();
    if Command::new(&program).arg("--version").output().is_err() {
        println!("skipped: there is no {}", program.display());
        return;
    }
    let mut asked = 0;
    for key in keys {
        for value in VALUES {
            let wanted = Edit { create_missing: true, ..ini(key, dialect, set(value)) };
            let Ok(Proposal::Change(change)) = propose(source.as_bytes(), &wanted) else { continue };
            std::fs::write(&file, &change.text).unwrap();
            let output = read(&file, key).output().unwrap();
            let said = String::from_utf8(output.stdout).unwrap();
            let said = said.strip_suffix('\n').unwrap_or(&said);
            assert_eq!(said, value, "{key}: {}\n{}", change.text, String::from_utf8_lossy(&output.stderr));
            asked += 1;
        }
    }
    assert!(asked > keys.len() * 6, "only {asked} values could be written");
}

fn split(words: &str) -> (&str, &str) {
    words.split_once('|').unwrap_or(("", words))
}

#[test]
fn git_reads_what_is_written() {
    let source = "[a]\n\tplain = 1 ; c\n\tquoted = \"x y\" # c\n\tmixed = a \"b c\"\n";
    readers_agree(Dialect::Git, source, &["a|plain", "a|quoted", "a|mixed", "a|new"], &|file, key| {
        let mut command = Command::new("git");
        command.args(["config", "-f"]).arg(file).args(["--get", &key.replace('|', ".")]);
        command
    });
}

#[test]
fn php_reads_what_is_written() {
    let source = "[a]\nplain = 1 ; c\nquoted = \"x y\" ; c\nsingle = 'x'\n";
    readers_agree(Dialect::Php, source, &["a|plain", "a|quoted", "a|single", "a|new"], &|file, key| {
        let mut command = Command::new("php");
        let code = "$all = parse_ini_file($argv[1]); echo $all[$argv[2]];";
        command.args(["-n", "-r", code, "--"]).arg(file).arg(split(key).1);
        command
    });
}

#[test]
fn python_reads_what_is_written() {
    let source = "[a]\nplain = 1\ncolon : x\n";
    readers_agree(Dialect::Configparser, source, &["a|plain", "a|colon", "a|new"], &|file, key| {
        let mut command = Command::new("python3");
        let code = "import configparser, sys; c = configparser.ConfigParser(); c.read(sys.argv[1], 'utf-8'); \
                    sys.stdout.buffer.write(c[sys.argv[2]][sys.argv[3]].encode())";
        command.args(["-c", code]).arg(file).args([split(key).0, split(key).1]);
        command
    });
}

#[test]
fn mysql_reads_what_is_written() {
    let source = "[a]\nplain = 1 # c\nquoted = \"x y\" # c\nsingle = 'x'\n";
    if Command::new("my_print_defaults").arg("--version").output().is_err() {
        println!("skipped: there is no my_print_defaults");
        return;
    }
    readers_agree(Dialect::Mysql, source, &["a|plain", "a|quoted", "a|single", "a|new"], &|file, key| {
        let mut command = Command::new("sh");
        let code = "my_print_defaults --defaults-file=\"$1\" a | sed -n \"s/^--$2=//p\"";
        command.args(["-c", code, "sh"]).arg(file).arg(split(key).1);
        command
    });
}

#[test]
fn the_shell_reads_what_is_written() {
    let source = "A=1 # c\nexport B=\"x y\" # c\nC='x'\n";
    readers_agree(Dialect::Env, source, &["A", "B", "C", "NEW"], &|file, key| {
        let mut command = Command::new("bash");
        command.args(["-c", ". \"$1\"; printf '%s' \"${!2}\"", "bash"]).arg(file).arg(key);
        command
    });
}
