//! Every value of a file, edited by its path.

use std::cell::Cell;

use heal::catalogue::Edit;
use heal::plan::edit::{Changed, Proposal, propose};
use serde_json::json;

use crate::change;
use crate::figures::Figures;
use crate::kinds::{Kind, Tree, Word};

/// What no reader may take for anything but text, whatever stands around it.
const AWKWARD: &str = "it's: \"no\" #1\t- {x}, [y] \\ é";

/// A place in what the other parser reads.
#[derive(Clone, Debug, PartialEq)]
enum Step {
    Index(usize),
    /// The entry's place, and the key that a path names it by.
    Entry(usize, Option<String>),
    Tag,
}

struct Place {
    document: usize,
    steps: Vec<Step>,
}

/// Edits the file at every value, in several ways each, and adds a key to every map.
pub fn every(kind: &Kind, name: &str, text: &str, figures: &mut Figures) {
    let Some(documents) = (kind.read)(text) else {
        figures.unread += 1;
        return;
    };
    figures.files += 1;
    let file = File { kind, name, text, documents: &documents, turn: Cell::new(text.len()) };
    for (document, tree) in documents.iter().enumerate() {
        let mut at = Place { document, steps: Vec::new() };
        file.walk(tree, &mut at, figures);
    }
}

struct File<'a> {
    kind: &'a Kind,
    name: &'a str,
    text: &'a str,
    documents: &'a [Tree],
    /// Which of several edits is next.
    turn: Cell<usize>,
}

impl File<'_> {
    fn walk(&self, tree: &Tree, at: &mut Place, figures: &mut Figures) {
        match tree {
            Tree::Leaf(word) => self.leaf(word, at, figures),
            Tree::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    at.steps.push(Step::Index(index));
                    self.walk(item, at, figures);
                    at.steps.pop();
                }
            }
            Tree::Map(entries) => {
                self.add_key(at, figures);
                for (index, (key, value)) in entries.iter().enumerate() {
                    at.steps.push(Step::Entry(index, name_of(key)));
                    self.walk(value, at, figures);
                    at.steps.pop();
                }
            }
            Tree::Tagged(_, inner) => {
                at.steps.push(Step::Tag);
                self.walk(inner, at, figures);
                at.steps.pop();
            }
        }
    }

    fn leaf(&self, word: &Word, at: &Place, figures: &mut Figures) {
        figures.values += 1;
        let Some(path) = path_of(at) else {
            figures.unnamed += 1;
            return;
        };
        let text = |text: &str| (json!({"set": {"text": text}}), Word::Text(text.to_owned()));
        let mut edits = vec![text("healed")];
        // One of the others in turn: all of them, over the file.
        self.turn.set(self.turn.get() + 1);
        edits.push(match self.turn.get() % 5 {
            0 => text("on"),
            1 => (json!({"set": {"number": "8217"}}), Word::Number("8217".to_owned())),
            2 => (json!({"set": {"bool": true}}), Word::Bool(true)),
            3 if self.kind.null => (json!({"set": "null"}), Word::Null),
            _ => text(AWKWARD),
        });
        if let Word::Number(old) = word
            && let Ok(old) = old.parse::<i64>()
        {
            let change = json!({"by": {"amount": "1"}, "min_value": null, "max_value": null});
            edits.push((json!({"increase": change}), Word::Number((i128::from(old) + 1).to_string())));
        }
        for (operation, expected) in edits {
            let edit = self.edit(at, &path, &operation, false);
            let mut wanted = self.documents.to_vec();
            *place(&mut wanted[at.document], &at.steps) = Tree::Leaf(expected);
            self.judge(&edit, &wanted, figures);
        }
    }

    fn add_key(&self, at: &Place, figures: &mut Figures) {
        let Some(mut path) = path_of(at).or_else(|| at.steps.is_empty().then(Vec::new)) else { return };
        path.push(json!({"key": "added_by_heal"}));
        let edit = self.edit(at, &path, &json!({"set": {"text": "new"}}), true);
        let mut wanted = self.documents.to_vec();
        if let Tree::Map(entries) = place(&mut wanted[at.document], &at.steps) {
            let leaf = |text: &str| Tree::Leaf(Word::Text(text.to_owned()));
            entries.push((leaf("added_by_heal"), leaf("new")));
        }
        self.judge(&edit, &wanted, figures);
    }

    fn edit(&self, at: &Place, path: &[serde_json::Value], operation: &serde_json::Value, create: bool) -> Edit {
        let several = self.kind.documents && self.documents.len() > 1;
        serde_json::from_value(json!({
            "file": self.name,
            "locator": {self.kind.locator: path},
            "operation": operation,
            "document": several.then(|| json!({"number": at.document})),
            "unit": null, "expect_current": null, "expect_matches": 1, "create_missing": create,
            "write_mode": "replace",
        }))
        .unwrap()
    }

    fn judge(&self, edit: &Edit, wanted: &[Tree], figures: &mut Figures) {
        let what = format!("{}: {:?} {:?}", self.name, edit.locator, edit.operation);
        match propose(self.text.as_bytes(), edit) {
            Err(refusal) => change::refused(&what, &refusal, figures),
            Ok(Proposal::AlreadyOptimal { .. }) if self.same(self.documents, wanted) => figures.exact += 1,
            Ok(Proposal::Change(changed)) => match self.fault(edit, &changed, wanted) {
                None => figures.exact += 1,
                Some(why) => figures.wrong.push(format!("{what}: {why}")),
            },
            Ok(other) => figures.wrong.push(format!("{what}: {other:?}")),
        }
    }

    /// What is wrong with a change.
    fn fault(&self, edit: &Edit, changed: &Changed, wanted: &[Tree]) -> Option<String> {
        match (self.kind.read)(&changed.text) {
            None => Some(format!("the other parser cannot read `{}`", changed.new)),
            Some(read) if !self.same(&read, wanted) => {
                Some(format!("the other parser reads `{}` otherwise", changed.new))
            }
            Some(_) => change::fault(self.text, edit, changed),
        }
    }

    fn same(&self, read: &[Tree], wanted: &[Tree]) -> bool {
        let sorted = |trees: &[Tree]| trees.iter().cloned().map(sorted).collect::<Vec<_>>();
        read == wanted || (!self.kind.ordered && sorted(read) == sorted(wanted))
    }
}

/// With the keys of each map in one order.
fn sorted(tree: Tree) -> Tree {
    match tree {
        Tree::Map(entries) => {
            let mut entries: Vec<_> = entries.into_iter().map(|(key, value)| (key, sorted(value))).collect();
            entries.sort_by_key(|(key, _)| name_of(key));
            Tree::Map(entries)
        }
        Tree::List(items) => Tree::List(items.into_iter().map(sorted).collect()),
        other => other,
    }
}

/// The path of a fix to this place, if there is one.
fn path_of(at: &Place) -> Option<Vec<serde_json::Value>> {
    let element = |step: &Step| match step {
        Step::Index(index) => Some(Some(json!({"index": index}))),
        Step::Entry(_, name) => name.as_ref().map(|name| Some(json!({"key": name}))),
        Step::Tag => Some(None),
    };
    let path: Vec<_> = at.steps.iter().map(element).collect::<Option<Vec<_>>>()?.into_iter().flatten().collect();
    (!path.is_empty()).then_some(path)
}

fn name_of(key: &Tree) -> Option<String> {
    match key {
        Tree::Leaf(Word::Text(text) | Word::Number(text)) => Some(text.clone()),
        Tree::Leaf(Word::Bool(flag)) => Some(flag.to_string()),
        _ => None,
    }
}

fn place<'t>(tree: &'t mut Tree, steps: &[Step]) -> &'t mut Tree {
    steps.iter().fold(tree, |tree, step| match (tree, step) {
        (Tree::List(items), Step::Index(index)) => &mut items[*index],
        (Tree::Map(entries), Step::Entry(index, _)) => &mut entries[*index].1,
        (Tree::Tagged(_, inner), Step::Tag) => inner,
        (tree, _) => tree,
    })
}
