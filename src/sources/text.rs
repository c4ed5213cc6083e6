//! The text of a file: as it stands, or decompressed, or made UTF-8 from UTF-16.

use std::cell::Cell;
use std::fmt;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::rc::Rc;

use encoding_rs_io::DecodeReaderBytesBuilder;

use super::generation::PROOF;
use super::gzip::Gzip;
use crate::sys::logfile::LogFile;
use crate::sys::signal;

/// A decompressed text is at most so long.
const LONGEST: u64 = 8 << 30;
/// Nor is it longer than so many times what is decompressed.
const EXPANSION: u64 = 200;
/// A text of up to this many bytes floods nobody, however well it was compressed.
const HARMLESS: u64 = 1 << 20;
/// Larger windows of zstd are refused: 2 to the power of this many bytes.
const WINDOW_LOG: u32 = 25;
/// So many first bytes tell what a file is.
const MAGIC: usize = 8;
/// Bytes read at once while a place is looked for.
const BLOCK: usize = 256 * 1024;

/// A text to be read. Offsets count its bytes, not those of the file.
#[derive(Debug)]
pub(super) enum Text {
    /// At any place.
    Plain(LogFile),
    /// From its start on, once.
    Stream(Stream),
}

/// What is no text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Foreign(pub(super) &'static str);

/// A text that comes in one piece.
pub(super) struct Stream {
    reader: Box<dyn Read>,
    at: u64,
    limit: u64,
    /// Who writes it may take his time.
    waits: bool,
    /// Something behind its end was left out.
    garbage: Rc<Cell<bool>>,
}

impl fmt::Debug for Stream {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Stream").field("at", &self.at).finish_non_exhaustive()
    }
}

/// What a text looks like at both ends of what was read of it.
pub(super) struct Ends {
    pub(super) head: Vec<u8>,
    /// What stands before the place.
    pub(super) before: Vec<u8>,
}

impl Text {
    /// The text of a file of `size` bytes.
    ///
    /// # Errors
    /// As the kernel says.
    pub(super) fn of_file(file: LogFile, size: u64) -> io::Result<Result<Self, Foreign>> {
        let magic = file.read_range(0, MAGIC)?;
        Ok(match Form::of(&magic) {
            Form::Text => Ok(Self::Plain(file)),
            Form::Foreign(what) => Err(Foreign(what)),
            form => {
                let (reader, garbage) = decoded(BufReader::new(file.into_reader()), form)?;
                Ok(Self::Stream(Stream { reader, garbage, at: 0, limit: bound(size), waits: false }))
            }
        })
    }

    /// What a pipe or a terminal brings; it may be compressed, too.
    ///
    /// # Errors
    /// As the kernel says.
    pub(super) fn of_stream(reader: impl Read + 'static) -> io::Result<Result<Self, Foreign>> {
        let (magic, reader) = peek(reader, MAGIC)?;
        Ok(match Form::of(&magic) {
            Form::Foreign(what) => Err(Foreign(what)),
            form => {
                let limit = if form == Form::Text { u64::MAX } else { LONGEST };
                let (reader, garbage) = decoded(reader, form)?;
                Ok(Self::Stream(Stream { reader, garbage, at: 0, limit, waits: form == Form::Text }))
            }
        })
    }

    /// Whether it can be read at any place, so that its file's size is its length.
    pub(super) const fn is_plain(&self) -> bool {
        matches!(self, Self::Plain(_))
    }

    /// Whether something behind the end of its compressed text was left out; known once that was read.
    pub(super) fn leaves_out(&self) -> bool {
        matches!(self, Self::Stream(stream) if stream.garbage.get())
    }

    /// Appends the bytes at `at` to `buffer`; none where the text ends. A stream is read in order.
    ///
    /// # Errors
    /// As the kernel and the decoder say, and when the bound is hit.
    pub(super) fn read(&mut self, buffer: &mut Vec<u8>, at: u64, most: usize) -> io::Result<usize> {
        match self {
            Self::Plain(file) => file.read_at(buffer, at, most),
            Self::Stream(stream) if stream.at == at => stream.read(buffer, most),
            Self::Stream(_) => Err(io::Error::other("a stream is read in order")),
        }
    }

    /// What the text begins with, up to `most` bytes, without reading past it. Of a pipe, what it gives at once. What
    /// is wrong with it is told when it is read.
    pub(super) fn beginning(&mut self, most: usize) -> Vec<u8> {
        match self {
            Self::Plain(file) => file.read_range(0, most).unwrap_or_default(),
            Self::Stream(stream) => stream.beginning(most),
        }
    }

    /// Goes to `offset`, and tells what stands before it: at least what proves it, up to `context` bytes. `None` when
    /// the text ends before.
    ///
    /// # Errors
    /// As the kernel says. A damaged stream ends where it is damaged.
    pub(super) fn go_to(&mut self, offset: u64, context: usize) -> io::Result<Option<Ends>> {
        let reach = usize::try_from(offset).unwrap_or(usize::MAX);
        let wanted = reach.min(context.max(PROOF));
        match self {
            Self::Plain(file) => {
                let head = file.read_range(0, reach.min(PROOF))?;
                let before = file.read_range(offset - wanted as u64, wanted)?;
                Ok((before.len() == wanted).then_some(Ends { head, before }))
            }
            Self::Stream(stream) => {
                let mut ends = Ends { head: Vec::new(), before: Vec::new() };
                while stream.at < offset {
                    if signal::interrupted() {
                        return Ok(None);
                    }
                    let most = usize::try_from(offset - stream.at).unwrap_or(BLOCK).min(BLOCK);
                    match stream.read(&mut ends.before, most) {
                        Ok(0) | Err(_) => return Ok(None),
                        Ok(_) => ends.shorten(wanted),
                    }
                }
                ends.shorten(wanted);
                Ok(Some(ends))
            }
        }
    }

    /// Reads a stream to its end, and tells how long it is and what stands at its ends. A damaged one ends where it is
    /// damaged; `true` says so.
    pub(super) fn read_to_end(&mut self) -> (u64, Ends, bool) {
        let mut ends = Ends { head: Vec::new(), before: Vec::new() };
        let mut at = 0;
        loop {
            match self.read(&mut ends.before, at, BLOCK) {
                Ok(_) if signal::interrupted() => return (at, ends, true),
                Ok(0) => return (at, ends, false),
                Ok(length) => at += length as u64,
                Err(_) => return (at, ends, true),
            }
            ends.shorten(PROOF);
        }
    }
}

impl Ends {
    /// Keeps the first bytes of the text, and the last ones.
    fn shorten(&mut self, keep: usize) {
        if self.head.len() < PROOF {
            // What was dropped before stands in the head.
            let known = self.head.len();
            let more = self.before.get(known..).unwrap_or_default();
            self.head.extend_from_slice(more.get(..more.len().min(PROOF - known)).unwrap_or_default());
        }
        let surplus = self.before.len().saturating_sub(keep.max(PROOF));
        self.before.drain(..surplus);
    }
}

impl Stream {
    fn beginning(&mut self, most: usize) -> Vec<u8> {
        let mut head = vec![0; most];
        let mut length = 0;
        let mut trouble = None;
        while length < most {
            match self.reader.read(head.get_mut(length..).unwrap_or_default()) {
                Ok(0) => break,
                Ok(more) => length += more,
                Err(error) if error.kind() == io::ErrorKind::Interrupted && !signal::interrupted() => {
                    continue;
                }
                Err(error) => trouble = Some(error),
            }
            // The first bytes of a pipe were looked at, and come alone.
            if trouble.is_some() || (self.waits && length > MAGIC) {
                break;
            }
        }
        head.truncate(length);
        let rest = std::mem::replace(&mut self.reader, Box::new(io::empty()));
        let again = Cursor::new(head.clone());
        self.reader = match trouble {
            Some(error) => Box::new(again.chain(Failing(Some(error)))),
            None => Box::new(again.chain(rest)),
        };
        head
    }

    fn read(&mut self, buffer: &mut Vec<u8>, most: usize) -> io::Result<usize> {
        let start = buffer.len();
        let left = self.limit - self.at;
        // One byte more than may be tells that the bound is hit.
        let most = usize::try_from(left.saturating_add(1)).unwrap_or(usize::MAX).min(most);
        buffer.resize(start + most, 0);
        let result = loop {
            match self.reader.read(buffer.get_mut(start..).unwrap_or_default()) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted && !signal::interrupted() => {}
                result => break result,
            }
        };
        buffer.truncate(start + result.as_ref().map_or(0, |length| *length));
        let length = result?;
        if length as u64 > left {
            buffer.truncate(start);
            let text = format!("it holds more than {} bytes of text, 200 times its size or 8 GiB", self.limit);
            return Err(io::Error::other(text));
        }
        self.at += length as u64;
        Ok(length)
    }
}

fn bound(size: u64) -> u64 {
    size.saturating_mul(EXPANSION).clamp(HARMLESS, LONGEST)
}

/// What the first bytes tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Text,
    Gzip,
    Zstd,
    Utf16,
    Foreign(&'static str),
}

impl Form {
    fn of(magic: &[u8]) -> Self {
        match magic {
            [0x1f, 0x8b, 8, ..] => Self::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Self::Zstd,
            [0xff, 0xfe, 0, 0, ..] => Self::Foreign("UTF-32"),
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Self::Utf16,
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Self::Foreign("a file compressed by xz"),
            [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, 0x59, 0x26] => Self::Foreign("a file compressed by bzip2"),
            [0x04, 0x22, 0x4d, 0x18, ..] => Self::Foreign("a file compressed by lz4"),
            b"LPKSHHRH" => Self::Foreign("a journal of systemd"),
            _ => Self::Text,
        }
    }
}

type Decoded = (Box<dyn Read>, Rc<Cell<bool>>);

fn decoded(reader: impl BufRead + 'static, form: Form) -> io::Result<Decoded> {
    let mut garbage = Rc::new(Cell::new(false));
    let inner: Box<dyn Read> = match form {
        Form::Gzip => {
            let (gzip, told) = Gzip::new(reader);
            garbage = told;
            Box::new(gzip)
        }
        Form::Zstd => {
            let mut decoder = zstd::stream::read::Decoder::with_buffer(reader)?;
            decoder.window_log_max(WINDOW_LOG)?;
            Box::new(decoder)
        }
        Form::Utf16 => return Ok((utf8(reader), garbage)),
        Form::Text | Form::Foreign(_) => return Ok((Box::new(reader), garbage)),
    };
    // What is damaged from its first byte on is told when it is read.
    let mut inner = inner;
    let mut start = [0; 2];
    let (length, trouble) = match inner.read(&mut start) {
        Ok(1) => match inner.read(start.get_mut(1..).unwrap_or_default()) {
            Ok(more) => (1 + more, None),
            Err(error) => (1, Some(error)),
        },
        Ok(length) => (length, None),
        Err(error) => (0, Some(error)),
    };
    let head = Cursor::new(start.get(..length).unwrap_or_default().to_vec());
    if let Some(error) = trouble {
        return Ok((Box::new(head.chain(Failing(Some(error)))), garbage));
    }
    let whole = head.chain(inner);
    Ok((if Form::of(&start) == Form::Utf16 { utf8(whole) } else { Box::new(whole) }, garbage))
}

fn utf8(reader: impl Read + 'static) -> Box<dyn Read> {
    Box::new(DecodeReaderBytesBuilder::new().bom_override(true).strip_bom(true).build(reader))
}

/// Fails as its reader did.
struct Failing(Option<io::Error>);

impl Read for Failing {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

/// The first bytes, and a reader that gives them again.
fn peek(mut reader: impl Read + 'static, most: usize) -> io::Result<(Vec<u8>, impl BufRead + 'static)> {
    let mut head = vec![0; most];
    let mut length = 0;
    while length < most {
        match reader.read(head.get_mut(length..).unwrap_or_default()) {
            Ok(0) => break,
            Ok(more) => length += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted && !signal::interrupted() => {}
            Err(error) => return Err(error),
        }
    }
    head.truncate(length);
    Ok((head.clone(), BufReader::new(Cursor::new(head).chain(reader))))
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests write the files that are read")]
mod tests;
