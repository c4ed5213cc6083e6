//! The names of heal's own temporary files.

const PREFIX: &str = ".heal-";
const SUFFIX: &str = ".tmp";

/// A new name, `.heal-<16 hex digits>.tmp`.
#[must_use]
pub fn temporary_name() -> String {
    format!("{PREFIX}{}{SUFFIX}", crate::sys::random::hex::<8>())
}

/// Whether `name` is one that [`temporary_name`] makes.
#[must_use]
pub fn is_temporary_name(name: &str) -> bool {
    let middle = name.strip_prefix(PREFIX).and_then(|rest| rest.strip_suffix(SUFFIX));
    middle.is_some_and(|hex| hex.len() == 16 && hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_own_names_and_no_others() {
        assert!(is_temporary_name(&temporary_name()));
        for name in
            [".heal-x.tmp", ".heal-0123456789abcdeg.tmp", "heal-0123456789abcdef.tmp", ".heal-é123456789abcde.tmp"]
        {
            assert!(!is_temporary_name(name), "{name}");
        }
    }
}
