//! Random histories of a log and of heal: whatever happens to the files, each line is told once.

use std::fs;
use std::path::PathBuf;

use proptest::prelude::*;

use super::{Log1, Sanitizer};

/// How a log is rotated.
#[derive(Clone, Copy, Debug)]
enum Scheme {
    Rename,
    RenameAndCompress,
    CopyTruncate,
    Date,
    Zstd,
    /// Copied, not cut: the log goes on.
    Copy,
    /// An editor writes the same text to a new file.
    Rewrite,
}

#[derive(Clone, Debug)]
enum Deed {
    Append(usize),
    Half,
    Rotate(Scheme),
    /// All older parts are compressed.
    Compress,
    /// One older part stands beside its compressed copy, which is cut in the middle.
    CompressHalf,
    Run,
    /// A run whose results are not stored.
    Crash,
    /// From now on the names in the log's path are secrets, or no longer.
    Rule(bool),
}

struct World {
    log: Log1,
    number: usize,
    written: Vec<String>,
    read: Vec<String>,
    half: Option<String>,
    rotations: usize,
}

impl World {
    fn new() -> Self {
        let log = Log1::new();
        log.append("");
        Self { log, number: 0, written: Vec::new(), read: Vec::new(), half: None, rotations: 0 }
    }

    fn older(&self, ending: &str) -> PathBuf {
        let mut name = self.log.path().into_os_string();
        name.push(ending);
        name.into()
    }

    fn line(&mut self) -> String {
        self.number += 1;
        format!("2025-12-04 14:30:22 ERROR number {:05}", self.number)
    }

    fn deed(&mut self, deed: &Deed) {
        match deed {
            Deed::Append(lines) => {
                for _ in 0..*lines {
                    if let Some(half) = self.half.take() {
                        self.log.append(" whole\n");
                        self.written.push(format!("{half} whole"));
                    } else {
                        let text = self.line();
                        self.log.append(&format!("{text}\n"));
                        self.written.push(text);
                    }
                }
            }
            Deed::Half if self.half.is_none() => {
                let text = self.line();
                self.log.append(&text);
                self.half = Some(text);
            }
            Deed::Half => {}
            Deed::Rotate(scheme) => self.rotate(*scheme),
            Deed::Compress => {
                for path in self.parts() {
                    Self::squeeze(&path, None);
                    fs::remove_file(path).unwrap();
                }
            }
            Deed::CompressHalf => {
                if let Some(path) = self.parts().first() {
                    Self::squeeze(path, Some(0.6));
                }
            }
            Deed::Run => {
                let told = self.log.run().0;
                self.read.extend(told);
            }
            Deed::Rule(holds) => {
                let rules = ["\\.tmp[^/]*", "app"].map(str::to_owned);
                self.log.names = Sanitizer::new(if *holds { &rules } else { &[] }).unwrap();
            }
            Deed::Crash => {
                let positions = self.log.positions.clone();
                self.log.run();
                self.log.positions = positions;
            }
        }
    }

    /// Older parts that are not compressed.
    fn parts(&self) -> Vec<PathBuf> {
        let folder = self.log.path().parent().unwrap().to_owned();
        let mut parts: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        parts.retain(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            name != "app.log" && !name.ends_with("gz") && !name.ends_with("zst")
        });
        parts.sort();
        parts
    }

    fn squeeze(path: &PathBuf, part: Option<f64>) {
        let text = fs::read(path).unwrap();
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut encoder, &text).unwrap();
        let mut bytes = encoder.finish().unwrap();
        if let Some(part) = part {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
            bytes.truncate((bytes.len() as f64 * part) as usize);
        }
        let mut name = path.clone().into_os_string();
        name.push(".gz");
        fs::write(&name, bytes).unwrap();
        let time = fs::metadata(path).unwrap().modified().unwrap();
        fs::File::options().append(true).open(&name).unwrap().set_modified(time).unwrap();
    }

    /// Every older part gets the next number.
    fn shift(&self) {
        for number in (1..60).rev() {
            for ending in ["", ".gz", ".zst"] {
                let from = self.older(&format!(".{number}{ending}"));
                if from.exists() {
                    fs::rename(from, self.older(&format!(".{}{ending}", number + 1))).unwrap();
                }
            }
        }
    }

    fn rotate(&mut self, scheme: Scheme) {
        let path = self.log.path();
        if fs::metadata(&path).unwrap().len() == 0 || self.rotations > 40 {
            return;
        }
        if matches!(scheme, Scheme::Copy | Scheme::Rewrite) && self.half.is_some() {
            // What is half a line in a copy of a log that goes on is nobody's line.
            self.deed(&Deed::Append(1));
        }
        self.rotations += 1;
        let text = fs::read(&path).unwrap();
        if !matches!(scheme, Scheme::Copy | Scheme::Rewrite) {
            // Nobody writes its other half.
            self.written.extend(self.half.take());
        }
        self.shift();
        match scheme {
            Scheme::Rename => fs::rename(&path, self.older(".1")).unwrap(),
            Scheme::RenameAndCompress => {
                fs::rename(&path, self.older(".1")).unwrap();
                Self::squeeze(&self.older(".1"), None);
                fs::remove_file(self.older(".1")).unwrap();
            }
            Scheme::Date => fs::rename(&path, self.older(&format!("-202611{:02}", self.rotations))).unwrap(),
            Scheme::Zstd => {
                fs::write(self.older(".1.zst"), zstd::encode_all(text.as_slice(), 1).unwrap()).unwrap();
                fs::remove_file(&path).unwrap();
            }
            Scheme::CopyTruncate => {
                fs::copy(&path, self.older(".1")).unwrap();
                fs::File::options().write(true).truncate(true).open(&path).unwrap();
            }
            Scheme::Copy => {
                fs::copy(&path, self.older(".1")).unwrap();
            }
            Scheme::Rewrite => self.log.replace(&String::from_utf8(text).unwrap()),
        }
        self.log.append("");
    }
}

fn deed() -> impl Strategy<Value = Deed> {
    let scheme = prop_oneof![
        Just(Scheme::Rename),
        Just(Scheme::RenameAndCompress),
        Just(Scheme::CopyTruncate),
        Just(Scheme::Date),
        Just(Scheme::Zstd),
        Just(Scheme::Copy),
        Just(Scheme::Rewrite),
    ];
    prop_oneof![
        5 => (1_usize..40).prop_map(Deed::Append),
        2 => Just(Deed::Half),
        4 => scheme.prop_map(Deed::Rotate),
        1 => Just(Deed::Compress),
        1 => Just(Deed::CompressHalf),
        4 => Just(Deed::Run),
        1 => Just(Deed::Crash),
        1 => any::<bool>().prop_map(Deed::Rule),
    ]
}

/// How many histories: more of them with `PROPTEST_CASES`.
fn cases() -> ProptestConfig {
    ProptestConfig { cases: ProptestConfig::default().cases.max(256), ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn lose_and_double_nothing(secret in any::<bool>(), deeds in proptest::collection::vec(deed(), 1..25)) {
        let mut world = World::new();
        world.deed(&Deed::Rule(secret));
        for deed in deeds.iter().chain(&[Deed::Append(1), Deed::Run, Deed::Run]) {
            world.deed(deed);
        }
        let (mut read, mut written) = (world.read, world.written);
        read.sort();
        written.sort();
        prop_assert_eq!(read, written);
    }
}
