//! The row of a fix table that does what the flags of `heal edit` ask for: printed for a person, and read like any
//! other, so that an edit by hand is what a fix would do.

use std::path::Path;

use anyhow::{Result, anyhow, bail};
use serde_yaml::Value;

use crate::catalogue::{Dialect, Fix, Origin, parse_fixes};
use crate::cli::{EditArgs, EditFormat};

/// Stands for the name of a pattern that a person fills in.
const PATTERN: &str = "name_of_a_pattern";
/// What faults of the row are said to stand in.
const PLACE: &str = "the command line";

/// A row of a fix table.
pub(super) struct Row {
    /// As it would stand in a table.
    pub text: String,
    /// What the tables' own reader makes of it.
    pub fix: Fix,
}

/// The row for one edit of `file`.
pub(super) fn of(arguments: &EditArgs, file: &str) -> Result<Row> {
    let mut keys = vec![("file", text(file))];
    keys.extend(locator(arguments, file)?);
    keys.extend(operation(arguments));
    keys.extend(limits(arguments));
    let keys: Vec<String> = keys.iter().map(|(key, value)| format!("{key}: {}", flow(value))).collect();
    let name = name_of(file);
    let text = format!(
        "fixes:\n  - name: {name}\n    for: [{PATTERN}]\n    description: {}\n    steps:\n      - edit: {{{}}}\n",
        flow(&text(&format!("Edit {file}"))),
        keys.join(", "),
    );
    let origin = Origin { file: PLACE.into(), builtin: false };
    let mut rows = parse_fixes(text.as_bytes(), &origin).map_err(|error| in_words(&error, &name))?;
    let row = rows.pop().ok_or_else(|| anyhow!("the flags make no fix"))?;
    Ok(Row { text, fix: row.fix })
}

/// A fault without its place in a row that nobody has seen yet.
fn in_words(error: &anyhow::Error, name: &str) -> anyhow::Error {
    let told = format!("{error:#}");
    let row = format!("fix `{name}`: ");
    anyhow!("{}", told.split_once(&row).map_or(told.as_str(), |(_, why)| why))
}

fn locator(arguments: &EditArgs, file: &str) -> Result<Vec<(&'static str, Value)>> {
    if let Some(regex) = &arguments.regex {
        return Ok(vec![("regex", text(regex))]);
    }
    let Some(path) = &arguments.path else {
        // All of a file is restored; what else needs a path, the reader of the row says.
        return Ok(Vec::new());
    };
    let format = arguments.format.or_else(|| EditFormat::of(file));
    let (key, dialect) = match format {
        Some(EditFormat::Yaml) => ("yaml_path", None),
        Some(EditFormat::Json) => ("json_path", None),
        Some(EditFormat::Toml) => ("toml_path", None),
        Some(EditFormat::Of(dialect)) if dialect == Dialect::Jsonc => ("json_path", Some(dialect.as_str())),
        Some(EditFormat::Of(dialect)) => ("ini_path", Some(dialect.as_str())),
        // The dialects of keys and values are told by the file's name, or refused.
        None => ("ini_path", None),
    };
    // A name that tells as much needs no word about it.
    let dialect = dialect.filter(|_| arguments.format.is_some_and(|format| Some(format) != EditFormat::of(file)));
    let mut keys = vec![(key, Value::Sequence(elements(path)?))];
    keys.extend(dialect.map(|dialect| ("dialect", text(dialect))));
    Ok(keys)
}

/// `a.b.0`, or a list as a fix has it.
fn elements(path: &str) -> Result<Vec<Value>> {
    if path.trim_start().starts_with('[') {
        return match serde_yaml::from_str(path) {
            Ok(Value::Sequence(elements)) => Ok(elements),
            Ok(_) => bail!("the path {path} is no list"),
            Err(error) => bail!("the path {path} is no list as a fix has it: {error}"),
        };
    }
    if path.split('.').any(str::is_empty) {
        bail!("the path {path} has an empty part; a key with a dot in it is written as a list: '[a, \"b.c\"]'");
    }
    let element = |part: &str| part.parse::<u64>().map_or_else(|_| text(part), |index| Value::Number(index.into()));
    Ok(path.split('.').map(element).collect())
}

fn operation(arguments: &EditArgs) -> Vec<(&'static str, Value)> {
    let (word, value) = match (&arguments.set, &arguments.replace) {
        (Some(value), _) => ("set", Some(scalar(value))),
        (None, Some(literal)) => ("replace", Some(text(literal))),
        (None, None) if arguments.increase => ("increase", None),
        (None, None) if arguments.decrease => ("decrease", None),
        (None, None) if arguments.delete => ("delete", None),
        (None, None) if arguments.restore => ("restore", None),
        (None, None) => ("verify_only", None),
    };
    let mut keys = vec![("operation", text(word))];
    keys.extend(value.map(|value| ("value", value)));
    keys
}

fn limits(arguments: &EditArgs) -> Vec<(&'static str, Value)> {
    let read = |key, given: &Option<String>| given.as_deref().map(|given| (key, scalar(given)));
    let literal = |key, given: &Option<String>| given.as_deref().map(|given| (key, text(given)));
    let structure = |key, given: &Option<String>| {
        given.as_deref().map(|given| (key, serde_yaml::from_str(given).unwrap_or_else(|_| text(given))))
    };
    let given = [
        read("factor", &arguments.factor),
        read("amount", &arguments.amount),
        read("min_value", &arguments.min_value),
        read("max_value", &arguments.max_value),
        literal("unit", &arguments.unit),
        read("expect_current", &arguments.expect_current),
        read("expect_matches", &arguments.expect_matches),
        arguments.create_missing.then_some(("create_missing", Value::Bool(true))),
        read("document", &arguments.document),
        structure("document_match", &arguments.document_match),
        literal("each", &arguments.each),
        literal("from", &arguments.from),
        structure("validate", &arguments.validate),
        literal("write_mode", &arguments.write_mode),
    ];
    given.into_iter().flatten().collect()
}

fn text(words: &str) -> Value {
    Value::String(words.to_owned())
}

/// A number, a boolean, null, or quoted text, as a table reads it; anything else is text as it stands.
fn scalar(word: &str) -> Value {
    let quoted = word.starts_with(['"', '\'']);
    match serde_yaml::from_str(word) {
        Ok(Value::String(words)) if quoted => Value::String(words),
        // Digits that no reader keeps would not come back as they were given.
        Ok(Value::Number(number)) if number.to_string() == word || word.parse::<f64>().is_ok() => Value::Number(number),
        Ok(Value::Bool(flag)) if flag.to_string() == word => Value::Bool(flag),
        Ok(Value::Null) if word == "null" => Value::Null,
        _ => text(word),
    }
}

/// A value on one line.
fn flow(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(words) => word(words),
        Value::Sequence(items) => format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", ")),
        Value::Mapping(entries) => {
            let pair = |(key, value): (&Value, &Value)| format!("{}: {}", flow(key), flow(value));
            format!("{{{}}}", entries.iter().map(pair).collect::<Vec<_>>().join(", "))
        }
        Value::Tagged(tagged) => flow(&tagged.value),
    }
}

/// Plain where nobody takes it for something else, in single quotes where that is enough.
fn word(words: &str) -> String {
    const TAKEN: [&str; 10] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "none"];
    let plain = words.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '_')
        && words.chars().all(|c| c.is_ascii_alphanumeric() || "_-./ ".contains(c))
        && !words.ends_with(' ')
        && !TAKEN.contains(&words.to_ascii_lowercase().as_str());
    if plain {
        words.to_owned()
    } else if words.chars().any(char::is_control) {
        // JSON's escapes are YAML's.
        serde_json::json!(words).to_string()
    } else {
        format!("'{}'", words.replace('\'', "''"))
    }
}

/// A name for the fix, made of the file's.
fn name_of(file: &str) -> String {
    let stem = Path::new(file).file_name().map(|name| name.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    let words: String = stem.chars().map(plain).collect();
    format!("edit_{}", words.trim_matches('_'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::{By, Edit, Locator, Operation, PathElement, Scalar, Step};

    fn edit_of(arguments: &EditArgs) -> (String, Edit) {
        let row = of(arguments, &arguments.file).unwrap();
        let Some(Step::Edit(edit)) = row.fix.steps.first() else { panic!("{:?}", row.fix) };
        (row.text, edit.clone())
    }

    fn arguments(file: &str, path: &str) -> EditArgs {
        EditArgs { file: file.to_owned(), path: Some(path.to_owned()), ..EditArgs::default() }
    }

    #[test]
    fn flags_become_the_row_that_does_the_same() {
        let set = |value: &str| EditArgs { set: Some(value.to_owned()), ..arguments("a.yaml", "b.0.c") };
        let (text, edit) = edit_of(&set("30"));
        assert!(text.contains("- edit: {file: a.yaml, yaml_path: [b, 0, c], operation: set, value: 30}"), "{text}");
        assert_eq!(edit.operation, Operation::Set(Scalar::Number(30.into())));
        for (given, value) in [
            ("\"30\"", Scalar::Text("30".into())),
            ("null", Scalar::Null),
            ("", Scalar::Text(String::new())),
            ("true", Scalar::Bool(true)),
            ("yes", Scalar::Text("yes".into())),
            ("[a, b]", Scalar::Text("[a, b]".into())),
            ("a: b", Scalar::Text("a: b".into())),
            ("it's \"so\"", Scalar::Text("it's \"so\"".into())),
            ("two\nlines", Scalar::Text("two\nlines".into())),
            ("a #b", Scalar::Text("a #b".into())),
            ("~", Scalar::Text("~".into())),
            ("1.50", Scalar::Number("1.5".parse().unwrap())),
            ("-5", Scalar::Number((-5).into())),
        ] {
            assert_eq!(edit_of(&set(given)).1.operation, Operation::Set(value), "{given}");
        }
    }

    #[test]
    fn paths_bounds_and_regexes_are_carried_over() {
        let raise = EditArgs {
            increase: true,
            factor: Some("1.5".to_owned()),
            max_value: Some("120".to_owned()),
            unit: Some("s".to_owned()),
            ..arguments("a.yml", "[items, {match: {name: web}}, 'a.b']")
        };
        let (_, edit) = edit_of(&raise);
        let Operation::Increase(change) = &edit.operation else { panic!("{edit:?}") };
        assert_eq!((change.by, change.max_value), (By::Factor("1.5".parse().unwrap()), Some(120.into())));
        let Locator::YamlPath(path) = &edit.locator else { panic!("{edit:?}") };
        assert_eq!(path.last(), Some(&PathElement::Key("a.b".to_owned())));
        let regex = EditArgs {
            file: "nginx.conf".to_owned(),
            regex: Some(r"it's (?P<value>\S+);".to_owned()),
            replace: Some("$1".to_owned()),
            ..EditArgs::default()
        };
        let (text, edit) = edit_of(&regex);
        assert_eq!(edit.locator, Locator::Regex(r"it's (?P<value>\S+);".to_owned()), "{text}");
        assert_eq!(edit.operation, Operation::Replace("$1".to_owned()));
    }

    #[test]
    fn what_makes_no_fix_says_why_in_words() {
        let no_factor = EditArgs { increase: true, ..arguments("a.yaml", "b") };
        assert_eq!(of(&no_factor, "a.yaml").err().unwrap().to_string(), "this operation needs `factor` or `amount`");
        let empty_part = EditArgs { set: Some("1".to_owned()), ..arguments("a.yaml", "b..c") };
        assert!(of(&empty_part, "a.yaml").is_err());
    }
}
