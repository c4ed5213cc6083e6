//! What a text is, whatever it was made of.

use super::*;
use std::io::Write;

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn of(bytes: Vec<u8>) -> Text {
    Text::of_stream(Cursor::new(bytes)).unwrap().unwrap()
}

/// All of it, and whether it is damaged.
fn all(mut text: Text) -> (Vec<u8>, Option<String>) {
    let mut buffer = Vec::new();
    loop {
        let at = buffer.len() as u64;
        match text.read(&mut buffer, at, 1000) {
            Ok(0) => return (buffer, None),
            Ok(_) => {}
            Err(error) => return (buffer, Some(error.to_string())),
        }
    }
}

fn sample() -> Vec<u8> {
    (0..5000).flat_map(|number| format!("line {number} {}\n", number * 7919 % 1013).into_bytes()).collect()
}

#[test]
fn what_was_compressed_is_read() {
    let text = sample();
    let (first, second) = text.split_at(20_000);
    let zst = |part: &[u8]| zstd::encode_all(part, 3).unwrap();
    for bytes in [
        text.clone(),
        gzip(&text),
        [gzip(first), gzip(second)].concat(),
        zst(&text),
        [zst(first), zst(second)].concat(),
    ] {
        assert_eq!(all(of(bytes)), (text.clone(), None));
    }
}

#[test]
fn what_came_before_the_damage_is_read() {
    let text = sample();
    for mut bytes in [gzip(&text), zstd::encode_all(text.as_slice(), 3).unwrap()] {
        bytes.truncate(bytes.len() / 2);
        let (read, trouble) = all(of(bytes.clone()));
        assert!(trouble.is_some());
        assert!(text.starts_with(&read));
        bytes.truncate(12);
        assert!(all(of(bytes)).1.is_some());
    }
}

#[test]
fn a_flood_ends() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("flood.gz");
    let bytes = gzip(&vec![b'a'; 40 << 20]);
    std::fs::write(&path, &bytes).unwrap();
    let (file, stat) = LogFile::open(&path).unwrap();
    let (read, trouble) = all(Text::of_file(file, stat.size).unwrap().unwrap());
    assert!(read.len() as u64 <= bound(stat.size) && read.len() > 7 << 20, "{}", read.len());
    assert!(trouble.unwrap().contains("200 times"));
}

#[test]
fn utf_16_becomes_utf_8() {
    let text = "größer 😀 ERROR\r\nnext\n";
    let little: Vec<u8> = [0xfeff_u16].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = [0xfeff_u16].into_iter().chain(text.encode_utf16()).flat_map(u16::to_be_bytes).collect();
    for bytes in [little.clone(), big, gzip(&little)] {
        assert_eq!(String::from_utf8(all(of(bytes)).0).unwrap(), text);
    }
    assert_eq!(all(of([&little[..], b"x"].concat())).0, "größer 😀 ERROR\r\nnext\n\u{fffd}".as_bytes());
}

#[test]
fn a_place_is_found_in_a_stream_as_in_a_file() {
    let text = sample();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("plain");
    std::fs::write(&path, &text).unwrap();
    for offset in [0, 1, 500, 1024, 1500, 30_000, text.len() as u64] {
        for context in [0, 2000, 64 * 1024] {
            let (file, stat) = LogFile::open(&path).unwrap();
            let mut plain = Text::of_file(file, stat.size).unwrap().unwrap();
            let mut stream = of(gzip(&text));
            let (left, right) = (plain.go_to(offset, context).unwrap(), stream.go_to(offset, context).unwrap());
            let (left, right) = (left.unwrap(), right.unwrap());
            assert_eq!((left.head, left.before), (right.head, right.before), "{offset} {context}");
            let mut rest = Vec::new();
            let mut at = offset;
            loop {
                match stream.read(&mut rest, at, 4096).unwrap() {
                    0 => break,
                    length => at += length as u64,
                }
            }
            assert_eq!(rest, text[usize::try_from(offset).unwrap()..]);
        }
    }
    assert!(of(gzip(&text)).go_to(text.len() as u64 + 1, 0).unwrap().is_none());
}

#[test]
fn what_is_no_text_is_named() {
    for (bytes, word) in [
        (&b"\xfd7zXZ\0\0\x04"[..], "xz"),
        (b"BZh91AY&", "bzip2"),
        (b"\x04\x22\x4d\x18....", "lz4"),
        (b"LPKSHHRH", "journal"),
    ] {
        let foreign = Text::of_stream(Cursor::new(bytes.to_vec())).unwrap().unwrap_err();
        assert!(foreign.0.contains(word), "{foreign:?}");
    }
    assert_eq!(all(of(Vec::new())), (Vec::new(), None));
    assert_eq!(all(of(b"x".to_vec())).0, b"x");
}
