//! The message begins in the same place whatever the fields of a header hold.

use super::header;
use super::tests::clock;

const MESSAGE: &str = "connection to peer lost after 5 retries";

/// All lines of a format, each `{a|b}` filled with each of its values.
fn lines(format: &str, line: &str, out: &mut Vec<String>) {
    let Some((before, rest)) = format.split_once('{').filter(|(before, _)| !before.ends_with('\\')) else {
        match format.split_once("\\{") {
            Some((before, rest)) => lines(rest, &format!("{line}{before}{{"), out),
            None => out.push(format!("{line}{format}")),
        }
        return;
    };
    let (inside, rest) = rest.split_once('}').unwrap();
    for value in inside.split('|') {
        lines(rest, &format!("{line}{before}{value}"), out);
    }
}

#[test]
fn fields_do_not_move_the_message() {
    let clock = clock();
    let mut wrong = Vec::new();
    let mut all = 0;
    for format in include_str!("formats.txt").lines().filter(|row| !row.starts_with("# ")) {
        let mut expanded = Vec::new();
        lines(&format.replace("{}", MESSAGE), "", &mut expanded);
        for line in expanded.iter().map(|line| line.replace("\\}", "}")) {
            let message = header(line.as_bytes(), &clock).message;
            if line.get(message.clone()) != Some(MESSAGE) {
                wrong.push(format!("{line}\n    {}", &line[message]));
            }
            all += 1;
        }
    }
    assert!(wrong.is_empty(), "{} of {all}:\n{}", wrong.len(), wrong.join("\n"));
}
