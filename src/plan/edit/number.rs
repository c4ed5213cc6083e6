//! Exact decimal arithmetic on numbers as files write them.

use rust_decimal::{Decimal, RoundingStrategy};

use super::Code;
use crate::catalogue::{By, Change};

type Fault = (Code, String);

/// The number after a change, written like the old one; `None` when it is at its bound already.
pub(super) fn change(text: &str, unit: Option<&str>, change: &Change, up: bool) -> Result<Option<String>, Fault> {
    let digits = strip_unit(text, unit)?;
    let old = parse(digits).ok_or_else(|| not_a_number(text))?;
    if old <= Decimal::ZERO {
        return Err((Code::NotPositive, format!("{text} is not greater than 0; only positive numbers are scaled")));
    }
    let whole = !digits.contains('.');
    let beyond = if up {
        change.max_value.is_some_and(|most| old >= most)
    } else {
        change.min_value.is_some_and(|least| old <= least)
    };
    if beyond {
        return Ok(None);
    }
    let new = moved(old, change.by, up).ok_or_else(|| (Code::Overflow, format!("{text} cannot be changed exactly")))?;
    let new = clamp(new, change, whole);
    let wrong_way = if up { new <= old } else { new >= old };
    if wrong_way || new <= Decimal::ZERO {
        return Ok(None);
    }
    Ok(Some(format!("{}{}", write(new, whole), unit.unwrap_or_default())))
}

/// `-?(0|[1-9]\d*)(\.\d+)?`, held exactly.
pub(super) fn parse(text: &str) -> Option<Decimal> {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').map_or((unsigned, None), |(whole, rest)| (whole, Some(rest)));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let canonical = whole == "0" || !whole.starts_with('0');
    if !digits(whole) || !canonical || fraction.is_some_and(|fraction| !digits(fraction)) {
        return None;
    }
    Decimal::from_str_exact(text).ok()
}

fn strip_unit<'a>(text: &'a str, unit: Option<&str>) -> Result<&'a str, Fault> {
    match unit {
        None => Ok(text),
        Some(unit) => text
            .strip_suffix(unit)
            .ok_or_else(|| (Code::WrongUnit, format!("{text} does not end with the unit `{unit}` that the fix names"))),
    }
}

fn not_a_number(text: &str) -> Fault {
    let digits = text.trim_start_matches(['-', '+']);
    let suffix = digits.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    // `0xff` is a number of another base.
    let based = ["0x", "0X", "0o", "0b"].iter().any(|base| digits.starts_with(base));
    let is_unit = digits.starts_with(|c: char| c.is_ascii_digit())
        && !based
        && !suffix.is_empty()
        && suffix.chars().all(|c| c.is_ascii_alphabetic() || c == '%' || c == 'µ')
        && parse(&digits[..digits.len() - suffix.len()]).is_some();
    if is_unit {
        return (Code::HasUnit, format!("{text} has the unit `{suffix}`; `unit: {suffix}` in the fix allows it"));
    }
    (Code::NotANumber, format!("{text} is no plain decimal number"))
}

fn moved(old: Decimal, by: By, up: bool) -> Option<Decimal> {
    match by {
        By::Factor(factor) if up => old.checked_mul(factor),
        // A decrease by 2 halves, and so does one by 0.5.
        By::Factor(factor) if factor < Decimal::ONE => old.checked_mul(factor),
        By::Factor(factor) => old.checked_div(factor),
        By::Amount(amount) if up => old.checked_add(amount),
        By::Amount(amount) => old.checked_sub(amount),
    }
}

fn clamp(new: Decimal, change: &Change, whole: bool) -> Decimal {
    let mut new = if whole { new.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero) } else { new };
    if let Some(most) = change.max_value {
        new = new.min(if whole { most.floor() } else { most });
    }
    if let Some(least) = change.min_value {
        new = new.max(if whole { least.ceil() } else { least });
    }
    new
}

/// An integer stays one; a decimal keeps at least one place.
fn write(new: Decimal, whole: bool) -> String {
    let plain = new.normalize();
    if whole || plain.scale() > 0 { plain.to_string() } else { format!("{plain}.0") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by(factor: &str, least: Option<i64>, most: Option<i64>) -> Change {
        Change {
            by: By::Factor(factor.parse().unwrap()),
            min_value: least.map(Decimal::from),
            max_value: most.map(Decimal::from),
        }
    }

    #[test]
    fn numbers_grow_within_their_bounds_and_keep_their_kind() {
        for (text, factor, least, most, expected) in [
            ("30", "1.5", None, Some(120), Some("45")),
            ("90", "1.5", None, Some(120), Some("120")),
            ("120", "1.5", None, Some(120), None),
            ("200", "1.5", None, Some(120), None),
            ("5", "1.5", None, None, Some("8")),
            ("15.0", "2", None, None, Some("30.0")),
            ("0.1", "3", None, None, Some("0.3")),
            ("1", "2", Some(5), Some(30), Some("5")),
            ("10", "1.01", None, None, None),
        ] {
            assert_eq!(change(text, None, &by(factor, least, most), true).unwrap().as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn numbers_shrink() {
        let amount = Change { by: By::Amount(Decimal::from(20)), min_value: Some(Decimal::from(15)), max_value: None };
        assert_eq!(change("30", None, &amount, false).unwrap().as_deref(), Some("15"));
        assert_eq!(change("15", None, &amount, false).unwrap(), None);
        assert_eq!(change("30", None, &by("2", None, None), false).unwrap().as_deref(), Some("15"));
        assert_eq!(change("30", None, &by("0.5", None, None), false).unwrap().as_deref(), Some("15"));
        let below_zero = Change { by: By::Amount(Decimal::from(40)), min_value: None, max_value: None };
        assert_eq!(change("30", None, &below_zero, false).unwrap(), None);
    }

    #[test]
    fn what_is_no_plain_number_is_refused() {
        for (text, code) in [
            ("0x1f", "not_a_number"),
            ("1_000", "not_a_number"),
            ("22:30", "not_a_number"),
            ("1e3", "not_a_number"),
            ("007", "not_a_number"),
            ("30s", "has_unit"),
            ("512Mi", "has_unit"),
            ("0", "not_positive"),
            ("-4", "not_positive"),
            ("", "not_a_number"),
            ("9999999999999999999999999999999999", "not_a_number"),
        ] {
            assert_eq!(change(text, None, &by("2", None, None), true).unwrap_err().0.as_str(), code, "{text}");
        }
        assert_eq!(change("30s", Some("s"), &by("2", None, None), true).unwrap().as_deref(), Some("60s"));
        assert_eq!(change("30", Some("s"), &by("2", None, None), true).unwrap_err().0, Code::WrongUnit);
    }
}
