//! Text compressed by gzip: member after member, and what tools leave behind the last one.

use std::cell::Cell;
use std::io::{self, BufRead, Read};
use std::rc::Rc;

use flate2::bufread::GzDecoder;

/// So many bytes behind the last member tell whether they are padding.
const PADDING: u64 = 1 << 20;

/// Decompresses all members. Zeros behind the last one are padding, as tape leaves it; whatever else stands there is
/// left out and told, as gzip does it.
pub(super) struct Gzip<R> {
    member: Option<GzDecoder<Ahead<R>>>,
    garbage: Rc<Cell<bool>>,
}

impl<R: BufRead> Gzip<R> {
    /// A reader, and what will say whether something was left out at the end.
    pub(super) fn new(reader: R) -> (Self, Rc<Cell<bool>>) {
        let garbage = Rc::new(Cell::new(false));
        let member = GzDecoder::new(Ahead { bytes: [0; 2], left: 0, reader });
        (Self { member: Some(member), garbage: Rc::clone(&garbage) }, garbage)
    }

    /// What follows a member.
    fn next(&mut self, mut rest: Ahead<R>) -> io::Result<()> {
        match rest.look_ahead()? {
            [] => {}
            [0x1f] => return Err(io::ErrorKind::UnexpectedEof.into()),
            [0x1f, 0x8b] => self.member = Some(GzDecoder::new(rest)),
            _ => self.garbage.set(!is_padding(rest)?),
        }
        Ok(())
    }
}

impl<R: BufRead> Read for Gzip<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(member) = &mut self.member {
            let length = member.read(buffer)?;
            if length > 0 || buffer.is_empty() {
                return Ok(length);
            }
            if let Some(member) = self.member.take() {
                self.next(member.into_inner())?;
            }
        }
        Ok(0)
    }
}

fn is_padding(rest: impl BufRead) -> io::Result<bool> {
    let mut rest = rest.take(PADDING);
    loop {
        let bytes = rest.fill_buf()?;
        if bytes.is_empty() {
            return Ok(true);
        }
        if bytes.iter().any(|byte| *byte != 0) {
            return Ok(false);
        }
        let length = bytes.len();
        rest.consume(length);
    }
}

/// A reader whose next two bytes have been looked at.
struct Ahead<R> {
    bytes: [u8; 2],
    /// So many of them, the last ones, are still to be read.
    left: usize,
    reader: R,
}

impl<R: BufRead> Ahead<R> {
    /// The next two bytes, which stay; fewer where the text ends.
    fn look_ahead(&mut self) -> io::Result<&[u8]> {
        let mut two = Vec::with_capacity(2);
        self.by_ref().take(2).read_to_end(&mut two)?;
        self.left = two.len();
        let start = self.bytes.len() - self.left;
        let kept = self.bytes.get_mut(start..).unwrap_or_default();
        kept.copy_from_slice(&two);
        Ok(kept)
    }
}

impl<R: BufRead> BufRead for Ahead<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.left == 0 {
            return self.reader.fill_buf();
        }
        Ok(self.bytes.get(self.bytes.len() - self.left..).unwrap_or_default())
    }

    fn consume(&mut self, length: usize) {
        if self.left == 0 {
            self.reader.consume(length);
        } else {
            self.left = self.left.saturating_sub(length);
        }
    }
}

impl<R: BufRead> Read for Ahead<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let bytes = self.fill_buf()?;
        let length = bytes.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..length), bytes.get(..length)) {
            to.copy_from_slice(from);
        }
        self.consume(length);
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    /// The text, whether something was left out, and whether it is damaged.
    fn read(bytes: &[u8]) -> (String, bool, bool) {
        let (mut gzip, garbage) = Gzip::new(io::BufReader::with_capacity(7, bytes));
        let mut text = Vec::new();
        let damaged = gzip.read_to_end(&mut text).is_err();
        (String::from_utf8(text).unwrap(), garbage.get(), damaged)
    }

    #[test]
    fn what_stands_behind_the_last_member_is_told_apart() {
        let one = gzip(b"one\n");
        for (behind, text, garbage, damaged) in [
            (&[][..], "one\n", false, false),
            (&[0; 4096], "one\n", false, false),
            (&[0; 1], "one\n", false, false),
            (b"garbage", "one\n", true, false),
            (b"\0\0\0x", "one\n", true, false),
            (&[&[0; 99][..], &one].concat(), "one\n", true, false),
            (&one, "one\none\n", false, false),
            (&[&one[..], &[0; 512]].concat(), "one\none\n", false, false),
            (&one[..1], "one\n", false, true),
            (&one[..2], "one\n", false, true),
            (&one[..12], "one\no", false, true),
            (&one[..one.len() - 1], "one\none\n", false, true),
        ] {
            assert_eq!(read(&[&one, behind].concat()), (text.to_owned(), garbage, damaged), "{behind:?}");
        }
    }

    #[test]
    fn many_members_are_read_one_after_the_other() {
        let many = gzip(b"x").repeat(20_000);
        assert_eq!(read(&many), ("x".repeat(20_000), false, false));
    }
}
