//! Reads the top-level members of a JSON object on one line, without building a tree.

use super::cursor::Cursor;

/// A member's value, as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// Between the quotes, escapes as they are.
    Text(&'a [u8]),
    /// A number, `true`, `false` or `null`.
    Bare(&'a [u8]),
    /// An object or a list, brackets included.
    Nested(&'a [u8]),
}

impl<'a> Value<'a> {
    /// Its bytes, whatever it is.
    pub const fn bytes(self) -> &'a [u8] {
        match self {
            Self::Text(bytes) | Self::Bare(bytes) | Self::Nested(bytes) => bytes,
        }
    }
}

/// Whether the line is an object.
pub fn is_object(line: &[u8]) -> bool {
    line.trim_ascii_start().starts_with(b"{")
}

/// The members of the object that the line is; ends early where it is no JSON.
pub fn members(line: &[u8]) -> Members<'_> {
    let mut cursor = Cursor::new(line, 0);
    space(&mut cursor);
    let open = cursor.eat(b'{');
    Members { cursor, open }
}

/// See [`members`].
#[derive(Debug)]
pub struct Members<'a> {
    cursor: Cursor<'a>,
    open: bool,
}

impl<'a> Iterator for Members<'a> {
    type Item = (&'a [u8], Value<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        if !self.open {
            return None;
        }
        self.open = false;
        let cursor = &mut self.cursor;
        space(cursor);
        let key = text(cursor)?;
        space(cursor);
        if !cursor.eat(b':') {
            return None;
        }
        space(cursor);
        let value = match cursor.peek()? {
            b'"' => Value::Text(text(cursor)?),
            b'{' | b'[' => Value::Nested(nested(cursor)),
            _ => Value::Bare(cursor.take_while(|byte| !matches!(byte, b',' | b'}' | b' ' | b'\t' | b'\r' | b'\n'))),
        };
        space(cursor);
        self.open = cursor.eat(b',');
        Some((key, value))
    }
}

fn space(cursor: &mut Cursor<'_>) {
    cursor.take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'));
}

/// A string; what is cut off before its closing quote counts as one.
fn text<'a>(cursor: &mut Cursor<'a>) -> Option<&'a [u8]> {
    if !cursor.eat(b'"') {
        return None;
    }
    let start = cursor.at;
    loop {
        cursor.take_while(|byte| byte != b'"' && byte != b'\\');
        if !cursor.eat(b'\\') {
            break;
        }
        if cursor.peek().is_some() {
            cursor.at += 1;
        }
    }
    let value = cursor.since(start);
    cursor.eat(b'"');
    Some(value)
}

fn nested<'a>(cursor: &mut Cursor<'a>) -> &'a [u8] {
    let start = cursor.at;
    let mut depth = 0_usize;
    while let Some(byte) = cursor.peek() {
        match byte {
            b'"' => {
                text(cursor);
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        cursor.at += 1;
        if depth == 0 {
            break;
        }
    }
    cursor.since(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_members_past_nested_values_and_escapes() {
        let line = br#" {"t":{"$date":"x}"},"msg":"a \"b\" }","n": 1.5 ,"l":[1,{"a":"]"}],"last":true}"#;
        let found: Vec<_> = members(line).map(|(key, value)| (key, value.bytes())).collect();
        let expected: [(&[u8], &[u8]); 5] = [
            (b"t", br#"{"$date":"x}"}"#),
            (b"msg", br#"a \"b\" }"#),
            (b"n", b"1.5"),
            (b"l", br#"[1,{"a":"]"}]"#),
            (b"last", b"true"),
        ];
        assert_eq!(found, expected);
        assert_eq!(members(b"[1]").count(), 0);
        assert_eq!(members(br#"{"cut":"off\"#).count(), 1);
    }
}
