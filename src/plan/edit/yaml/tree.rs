//! A YAML text as nodes with their byte spans, and as events for the proof.

use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::Range;

use granit_parser::{Event, Options, Parser, ScalarStyle, Span, StructureStyle};

use crate::plan::edit::{Code, Refusal};

/// Deepest nesting.
const MAX_DEPTH: usize = 64;
const BOM: &str = "\u{feff}";

/// Index of a node.
pub(in crate::plan::edit) type Id = usize;

/// One node.
#[derive(Debug)]
pub(in crate::plan::edit) struct Node {
    pub kind: Kind,
    /// Its value as written; of a collection, where it begins.
    pub span: Range<usize>,
    /// 0: none.
    pub anchor: usize,
    /// A tag that is not of the core schema, or that changes what a plain scalar means.
    pub tagged: bool,
}

impl Node {
    /// Whether nothing is written here, which means null: `key:`.
    pub fn is_implicit_null(&self) -> bool {
        let plain = matches!(&self.kind, Kind::Scalar { style: ScalarStyle::Plain, .. });
        plain && self.span.is_empty() && self.anchor == 0 && !self.tagged
    }
}

/// What a node is.
#[derive(Debug)]
pub(in crate::plan::edit) enum Kind {
    Scalar {
        value: String,
        style: ScalarStyle,
    },
    Map {
        entries: Vec<(Id, Id)>,
        flow: bool,
    },
    List {
        items: Vec<Id>,
        flow: bool,
    },
    /// Of the node with this anchor.
    Alias(usize),
}

/// All documents of a text.
#[derive(Debug, Default)]
pub(in crate::plan::edit) struct Tree {
    pub nodes: Vec<Node>,
    /// The root of each document.
    pub documents: Vec<Id>,
    /// Anchors that an alias refers to.
    pub used: HashSet<usize>,
}

impl Tree {
    /// Whether there is no value at all.
    pub fn is_empty(&self) -> bool {
        self.documents.is_empty()
    }
}

/// Parses a text.
pub(in crate::plan::edit) fn parse(text: &str) -> Result<Tree, Refusal> {
    let mut builder = Builder { tree: Tree::default(), open: Vec::new(), text };
    for_each(text, &mut |event, span| builder.take(event, span))?;
    Ok(builder.tree)
}

/// What must stay equal, without its places.
pub(super) struct Stream<'a> {
    /// Everything but the comments.
    pub events: Vec<Event<'a>>,
    /// The comments' words, in order. Where the parser places one among the events hangs on what stands beside it.
    pub comments: Vec<Cow<'a, str>>,
}

/// The events of a text.
pub(super) fn stream(text: &str) -> Result<Stream<'_>, Refusal> {
    let mut stream = Stream { events: Vec::new(), comments: Vec::new() };
    for_each(text, &mut |event, _| {
        match event {
            Event::Comment(words, _) => stream.comments.push(words),
            event => stream.events.push(event),
        }
        Ok(())
    })?;
    Ok(stream)
}

/// Comments may fill pages; and what a block of text at the very end means must not hang on the line end after it.
fn options() -> Options {
    granit_parser::options! {
        max_buffered_comment_events: 1 << 20,
        block_scalar_eof_without_line_feed: true,
    }
}

fn for_each<'a>(
    text: &'a str,
    take: &mut dyn FnMut(Event<'a>, Range<usize>) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    let body = text.strip_prefix(BOM).unwrap_or(text);
    let shift = text.len() - body.len();
    let mut depth = 0_usize;
    for next in Parser::new_from_str_with_options(body, options()) {
        let (event, span) = next.map_err(|error| {
            let offset = error.marker().byte_offset().unwrap_or(0) + shift;
            let reason = error.to_string();
            let reason = reason.split(" at char ").next().unwrap_or_default();
            let reason = reason.split(" at byte ").next().unwrap_or_default();
            Refusal::at(text, offset, Code::NotYaml, format!("the file is not valid YAML: {reason}"))
        })?;
        let range = bytes(&span, shift).ok_or_else(|| Refusal::new(Code::NotProven, "a place could not be told"))?;
        match event {
            Event::SequenceStart(..) | Event::MappingStart(..) => depth += 1,
            Event::SequenceEnd | Event::MappingEnd => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_DEPTH {
            return Err(Refusal::at(
                text,
                range.start,
                Code::TooDeep,
                format!("nested more than {MAX_DEPTH} levels deep"),
            ));
        }
        take(event, range)?;
    }
    Ok(())
}

fn bytes(span: &Span, shift: usize) -> Option<Range<usize>> {
    Some(span.start.byte_offset()? + shift..span.end.byte_offset()? + shift)
}

struct Builder<'a> {
    tree: Tree,
    /// Open collections; of a map also the key that waits for its value.
    open: Vec<(Id, Option<Id>)>,
    text: &'a str,
}

impl Builder<'_> {
    fn take(&mut self, event: Event<'_>, span: Range<usize>) -> Result<(), Refusal> {
        let node = |kind, anchor, tagged| Node { kind, span: span.clone(), anchor, tagged };
        match event {
            Event::Scalar(value, style, anchor, tag) => {
                let tagged = tag.is_some();
                self.add(node(Kind::Scalar { value: value.into_owned(), style }, anchor, tagged))?;
            }
            Event::Alias(anchor) => {
                self.tree.used.insert(anchor);
                self.add(node(Kind::Alias(anchor), 0, false))?;
            }
            Event::SequenceStart(style, anchor, tag) => {
                let kind = Kind::List { items: Vec::new(), flow: style == StructureStyle::Flow };
                let id = self.add(node(kind, anchor, tag.is_some_and(|tag| tag.is_custom())))?;
                self.open.push((id, None));
            }
            Event::MappingStart(style, anchor, tag) => {
                let kind = Kind::Map { entries: Vec::new(), flow: style == StructureStyle::Flow };
                let id = self.add(node(kind, anchor, tag.is_some_and(|tag| tag.is_custom())))?;
                self.open.push((id, None));
            }
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some((id, _)) = self.open.pop()
                    && let Some(node) = self.tree.nodes.get_mut(id)
                {
                    node.span.end = span.end;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn add(&mut self, node: Node) -> Result<Id, Refusal> {
        let id = self.tree.nodes.len();
        let collection = matches!(node.kind, Kind::Map { .. } | Kind::List { .. });
        let start = node.span.start;
        self.tree.nodes.push(node);
        let Some((parent, key)) = self.open.last_mut() else {
            self.tree.documents.push(id);
            return Ok(id);
        };
        match self.tree.nodes.get_mut(*parent).map(|node| &mut node.kind) {
            Some(Kind::List { items, .. }) => {
                items.push(id);
                self.place_empty_item(id);
            }
            Some(Kind::Map { entries, .. }) => match key.take() {
                Some(key) => {
                    entries.push((key, id));
                    self.place_implicit_null(id);
                }
                None if collection => {
                    let reason = "the file looks like a template (a map or list as a key, as in `{{ name }}`)";
                    return Err(Refusal::at(self.text, start, Code::Template, reason));
                }
                None => *key = Some(id),
            },
            _ => {}
        }
        Ok(id)
    }

    /// The parser places a value that is not written right behind its key: it belongs behind the colon.
    fn place_implicit_null(&mut self, id: Id) {
        let Some(node) = self.tree.nodes.get_mut(id).filter(|node| node.is_implicit_null()) else { return };
        let rest = self.text.get(node.span.start..).unwrap_or_default();
        let colon = rest.trim_start_matches([' ', '\t']);
        if colon.starts_with(':') {
            // A blank that stands there already stays before the value.
            let blank = usize::from(colon.starts_with(": "));
            let at = node.span.start + rest.len() - colon.len() + 1 + blank;
            node.span = at..at;
        }
    }

    /// The parser places an item that is not written behind the comment on its line: it belongs behind the dash.
    fn place_empty_item(&mut self, id: Id) {
        let Some(node) = self.tree.nodes.get_mut(id).filter(|node| node.is_implicit_null()) else { return };
        let before = self.text.get(..node.span.start).unwrap_or_default();
        let line = before.get(before.rfind('\n').map_or(0, |at| at + 1)..).unwrap_or_default();
        let dashes = line.trim_start_matches([' ', '\t', '-']);
        if dashes.starts_with('#') {
            let lead = line.get(..line.len() - dashes.len()).unwrap_or_default().trim_end();
            let at = before.len() - line.len() + lead.len();
            node.span = at..at;
        }
    }
}
