//! Secrets of a file that is only known to have keys, sections, quotes and indentation.

use super::{Key, NAMING, Secret};
use crate::sanitize::secret_kind;

/// The secrets of a text, by its lines.
pub(super) fn secrets(text: &str) -> Vec<Secret> {
    let mut reader = Reader::default();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        reader.line(line.trim_end(), at);
        at += line.len();
    }
    reader.secrets
}

/// What belongs to the value of a secret's key, behind its line.
enum Goes {
    /// Lines up to this quote or tag.
    Until(&'static str),
    /// Lines that are indented deeper; as a list also those with a dash.
    Indented { list: bool },
    /// The next line.
    Next,
}

struct Open {
    indent: usize,
    kind: &'static str,
    goes: Goes,
}

#[derive(Default)]
struct Reader {
    secrets: Vec<Secret>,
    section: Option<&'static str>,
    open: Option<Open>,
    /// `name: DB_PASSWORD` stood on the line before.
    named: Option<&'static str>,
}

impl Reader {
    fn line(&mut self, line: &str, at: usize) {
        let body = line.trim_start();
        let indent = line.len() - body.len();
        if body.is_empty() || self.goes_on(body, indent, at + indent) || body.starts_with(['#', ';']) {
            return;
        }
        if let Some(header) = body.strip_prefix('[').filter(|_| !body.contains('=')) {
            let names = header.split([']', '.', '[', ' ', '"', ':']);
            self.section = names.filter(|name| !name.is_empty()).find_map(secret_kind);
            return;
        }
        if let Some(tag) = body.strip_prefix('<').and_then(|tag| tag.strip_suffix('>')) {
            let name = tag.rsplit(':').next().unwrap_or_default();
            if let Some(kind) = secret_kind(name).filter(|_| !tag.contains(['>', '/'])) {
                self.open = Some(Open { indent, kind, goes: Goes::Until("</") });
            }
            return;
        }
        self.pair(body, indent, at + indent);
    }

    fn pair(&mut self, body: &str, indent: usize, at: usize) {
        let named = self.named.take();
        let Some(pair) = Pair::of(body) else { return };
        let above = self.section.or_else(|| named.filter(|_| pair.key == "value"));
        let key = Key { own: "", kind: above }.below(pair.key);
        if NAMING.contains(&pair.key) {
            self.named = secret_kind(unquoted(pair.value));
        }
        let Some(kind) = key.kind.filter(|_| pair.sure || secret_kind(pair.key).is_some()) else { return };
        self.mask(&pair, key, at);
        let quote = ["\"\"\"", "'''", "\"", "'"].into_iter().find(|quote| pair.value.starts_with(quote));
        let open = quote.filter(|quote| !pair.value.get(quote.len()..).unwrap_or_default().contains(quote));
        let goes = match open {
            Some(quote) => Goes::Until(quote),
            None if pair.value.ends_with('\\') => Goes::Next,
            None => Goes::Indented { list: pair.value.is_empty() },
        };
        // Of a section each line stands for itself.
        let whole = secret_kind(pair.key).is_some() || open.is_some();
        self.open = whole.then_some(Open { indent, kind, goes });
    }

    fn mask(&mut self, pair: &Pair<'_>, key: Key<'_>, at: usize) {
        let value = pair.value.trim_end_matches([',', ';']);
        if let Some(kind) = key.hides(unquoted(value)) {
            let start = at + pair.at;
            self.secrets.push(Secret { span: start..start + value.len(), kind });
        }
    }

    /// Whether the line belongs to the secret before it.
    fn goes_on(&mut self, body: &str, indent: usize, at: usize) -> bool {
        let Some(open) = self.open.take() else { return false };
        let key = Key { own: "", kind: Some(open.kind) };
        let whole = Pair { key: "", value: body, at: 0, sure: true };
        match open.goes {
            Goes::Until(end) => {
                if let Some(end) = body.find(end) {
                    self.mask(&Pair { value: body.get(..end).unwrap_or_default(), ..whole }, key, at);
                } else {
                    self.mask(&whole, key, at);
                    self.open = Some(open);
                }
                true
            }
            Goes::Next => {
                self.mask(&whole, key, at);
                self.open = body.ends_with('\\').then_some(open);
                true
            }
            Goes::Indented { list } => {
                let item = list && indent == open.indent && body.starts_with('-');
                if indent <= open.indent && !item {
                    return false;
                }
                if let Some(pair) = Pair::of(body).filter(|pair| pair.sure) {
                    self.mask(&pair, key.below(pair.key), at);
                } else {
                    let value = body.trim_start_matches("- ");
                    self.mask(&Pair { value, at: body.len() - value.len(), ..whole }, key, at);
                }
                self.open = Some(open);
                true
            }
        }
    }
}

/// A key and its value.
struct Pair<'a> {
    key: &'a str,
    value: &'a str,
    /// Of the value.
    at: usize,
    /// A sign stands between the two, no blank.
    sure: bool,
}

impl<'a> Pair<'a> {
    /// `key = value`, `- "key": value`, `export KEY=value`, `key value`.
    fn of(body: &'a str) -> Option<Self> {
        let head = body.trim_start_matches(['-', '?', '{', ' ']);
        let head = head.strip_prefix("export ").or_else(|| head.strip_prefix("set ")).unwrap_or(head).trim_start();
        let sign = head.find(['=', ':']).filter(|sign| {
            let key = head.get(..*sign).unwrap_or_default().trim_end();
            !key.is_empty() && !key.contains(char::is_whitespace)
        });
        let (key, rest) = match sign {
            Some(sign) => (head.get(..sign)?, head.get(sign + 1..)?.trim_start_matches(['=', '>'])),
            None => head.split_once(char::is_whitespace)?,
        };
        let value = rest.trim_start();
        // Several words behind a blank are a sentence.
        let word = value.starts_with(['"', '\'']) || !value.contains(char::is_whitespace);
        let pair = Self { key: unquoted(key.trim()), value, at: body.len() - value.len(), sure: sign.is_some() };
        (pair.sure || word).then_some(pair)
    }
}

fn unquoted(value: &str) -> &str {
    value.trim_matches(['"', '\'', ',', ' '])
}
