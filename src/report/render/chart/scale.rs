//! Round axis steps.

/// Ticks at 1, 2 or 5 times a power of ten, about `wanted` of them, that enclose the values; zero is
/// always inside, because a bar or line that does not start there misleads.
pub fn ticks(low: f64, high: f64, wanted: usize) -> Vec<f64> {
    let (low, high) = (low.min(0.0), high.max(0.0));
    let span = if high > low { high - low } else { 1.0 };
    let rough = span / wanted.max(1) as f64;
    let power = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|m| m * power).find(|step| *step >= rough).unwrap_or(power * 10.0);
    let (first, last) = ((low / step).floor() as i64, (high / step).ceil() as i64);
    (first..=last.max(first + 1)).map(|n| n as f64 * step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_round_and_zero_is_inside() {
        assert_eq!(ticks(3.0, 41.0, 4), [0.0, 20.0, 40.0, 60.0]);
        assert_eq!(ticks(-7.0, 3.0, 4), [-10.0, -5.0, 0.0, 5.0]);
        assert_eq!(ticks(0.0, 0.0, 4).first(), Some(&0.0));
    }
}
