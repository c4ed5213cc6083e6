//! Statistics that one wild value does not move.

/// The middle of the values; of an even number the mean of the two in the middle. `None` without any.
pub(super) fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let upper = *sorted.get(sorted.len() / 2)?;
    if sorted.len() % 2 == 1 {
        return Some(upper);
    }
    let lower = *sorted.get((sorted.len() / 2).checked_sub(1)?)?;
    Some(f64::midpoint(lower, upper))
}

/// How far from the middle the values usually are.
pub(super) fn deviation(values: &[f64], middle: f64) -> f64 {
    let distances: Vec<f64> = values.iter().map(|value| (value - middle).abs()).collect();
    median(&distances).unwrap_or(0.0)
}

/// How a series goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Slope {
    /// The median of the slopes between all pairs, by step (Theil and Sen).
    pub by_step: f64,
    /// From -1 (each value lower than all before) to 1.
    pub agreement: f64,
}

/// The slope of a series; its length is bounded by the caller.
pub(super) fn slope(values: &[f64]) -> Option<Slope> {
    let mut slopes = Vec::new();
    let mut signs = 0.0;
    for (at, earlier) in values.iter().enumerate() {
        let mut steps = 0.0;
        for later in values.iter().skip(at + 1) {
            steps += 1.0;
            let rise = later - earlier;
            slopes.push(rise / steps);
            signs += if rise > 0.0 {
                1.0
            } else if rise < 0.0 {
                -1.0
            } else {
                0.0
            };
        }
    }
    let by_step = median(&slopes)?;
    #[expect(clippy::cast_precision_loss, reason = "a few hundred pairs")]
    let pairs = slopes.len() as f64;
    Some(Slope { by_step, agreement: signs / pairs })
}

/// A count as a number to calculate with; beyond 2^53 the last digits do not matter.
#[expect(clippy::cast_precision_loss, reason = "only its size matters")]
pub(super) const fn number(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_wild_value_moves_nothing() {
        assert_eq!(median(&[1.0, 2.0, 3.0, 2.0, 9000.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0]), Some(2.5));
        assert_eq!(median(&[]), None);
        assert!((deviation(&[1.0, 2.0, 3.0, 2.0, 9000.0], 2.0) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn a_slope_is_that_of_most_pairs() {
        let rising = slope(&[0.0, 2.0, 4.0, 6.0, 500.0, 10.0]).unwrap();
        assert!((rising.by_step - 2.0).abs() < 1e-9 && rising.agreement > 0.7, "{rising:?}");
        assert_eq!(slope(&[3.0, 3.0, 3.0]), Some(Slope { by_step: 0.0, agreement: 0.0 }));
        assert_eq!(slope(&[3.0]), None);
    }
}
