//! How many: far more than ever, more and more, or too little known to tell.

use chrono::DateTime;

use super::numbers::{deviation, median, number, slope};
use super::series::Series;
use super::{Case, Fact, Scene, span};

/// Pieces of time that a comparison needs before it.
const LEAST: usize = 12;
/// Fewer events in a piece are no burst, whatever was before.
const FLOOR: f64 = 10.0;
/// So many times the usual, at least.
const TIMES: f64 = 3.0;
/// So many usual deviations above the middle, at least.
const DEVIATIONS: f64 = 6.0;
/// A deviation from the median as large as that of a normal distribution.
const NORMAL: f64 = 1.4826;
/// Points that a trend is made of.
const POINTS: usize = 24;
/// A trend changes by so much of the mean over the whole time, at least.
const CHANGE: f64 = 1.0;
/// So many more pairs go the trend's way than against it.
const AGREEMENT: f64 = 0.4;

pub(super) fn of(scene: &Scene, case: &Case) -> Vec<Fact> {
    let Some(series) = Series::of(case, LEAST) else {
        let text = "too little is known of earlier times to tell a burst or a trend".to_owned();
        return vec![Fact { kind: "history", text, evidence: Vec::new(), telling: false }];
    };
    burst(scene, case, &series).into_iter().chain(trend(case, &series)).collect()
}

/// The highest piece of this run, compared with all before it.
fn burst(scene: &Scene, case: &Case, series: &Series) -> Option<Fact> {
    let fresh = series.counts.iter().enumerate().skip(series.fresh);
    let (at, peak) =
        fresh.fold((0, 0.0), |best: (usize, f64), (at, count)| if *count > best.1 { (at, *count) } else { best });
    let before = series.counts.get(..at).filter(|before| before.len() >= LEAST)?;
    let active: Vec<f64> = before.iter().copied().filter(|count| *count > 0.0).collect();
    let bound = |values: &[f64]| {
        let middle = median(values).unwrap_or(0.0);
        (middle * TIMES).max(middle + DEVIATIONS * NORMAL * deviation(values, middle)).max(FLOOR)
    };
    // A series that is mostly quiet is compared with the times when it was not.
    if peak <= bound(before).max(bound(&active)) {
        return None;
    }
    let usual = median(before).unwrap_or(0.0);
    let when = i64::try_from(at).ok().and_then(|at| series.start.checked_add(at.checked_mul(series.length)?));
    let when = when.and_then(|seconds| DateTime::from_timestamp(seconds, 0))?.fixed_offset();
    let length = span(series.length);
    let text = format!(
        "burst: {peak} in {length} from {}, where {usual} is usual (median of {} pieces of {length}; highest {})",
        scene.clock(when, None),
        before.len(),
        before.iter().copied().fold(0.0, f64::max),
    );
    Some(Fact { kind: "burst", text, evidence: case.evidence(), telling: true })
}

/// Where the whole series goes.
fn trend(case: &Case, series: &Series) -> Option<Fact> {
    let group = series.counts.len().div_ceil(POINTS).max(1);
    let points: Vec<f64> = series.counts.rchunks_exact(group).map(|piece| piece.iter().sum()).rev().collect();
    let slope = slope(&points)?;
    let length = number(points.len() as u64);
    let mean = points.iter().sum::<f64>() / length.max(1.0);
    let change = slope.by_step * (length - 1.0) / mean.max(0.5);
    let word = match change {
        change if change >= CHANGE && slope.agreement >= AGREEMENT => "rising",
        change if change <= -CHANGE && slope.agreement <= -AGREEMENT => "falling",
        _ => "steady",
    };
    let seconds = i64::try_from(group).unwrap_or(1).saturating_mul(series.length);
    let piece = span(seconds);
    let whole = span(seconds.saturating_mul(i64::try_from(points.len()).unwrap_or(1)));
    let text = match word {
        "steady" => format!("{word}: {mean:.1} each {piece}, over {whole}"),
        _ => format!("{word}: {} each {piece}, over {whole} with {mean:.1} each {piece}", signed(slope.by_step)),
    };
    Some(Fact { kind: "trend", text, evidence: case.evidence(), telling: word != "steady" })
}

/// With its sign, and with as many places as it takes to tell it from nothing.
fn signed(number: f64) -> String {
    if number.abs() < 0.05 { format!("{number:+.2}") } else { format!("{number:+.1}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_rises_slowly_rises() {
        assert_eq!([signed(0.043), signed(-0.03), signed(2.0)], ["+0.04", "-0.03", "+2.0"]);
    }
}
