//! Counts of what was right, with the interval in which the true share is.

use std::collections::BTreeMap;
use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

/// How many of how many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    pub right: u32,
    pub of: u32,
}

impl Count {
    pub fn one(right: bool) -> Self {
        Self {
            right: right.into(),
            of: 1,
        }
    }

    /// The 95 % interval of Wilson (1927) for the share.
    pub fn wilson(self) -> [f64; 2] {
        const Z: f64 = 1.959_964;
        if self.of == 0 {
            return [0.0, 1.0];
        }
        let n = f64::from(self.of);
        let p = f64::from(self.right) / n;
        let middle = p + Z * Z / (2.0 * n);
        let half = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
        [-1.0, 1.0].map(|side| ((middle + side * half) / (1.0 + Z * Z / n)).clamp(0.0, 1.0))
    }

    /// As a row says it: `51 of 60, 85 % (74–92)`.
    pub fn describe(self) -> String {
        let percent = |share: f64| (100.0 * share).round();
        let [low, high] = self.wilson().map(percent);
        let share = percent(f64::from(self.right) / f64::from(self.of.max(1)));
        format!("{} of {}, {share} % ({low}–{high})", self.right, self.of)
    }
}

impl AddAssign for Count {
    fn add_assign(&mut self, other: Self) {
        self.right += other.right;
        self.of += other.of;
    }
}

/// Counts by what they measure.
pub type Counts = BTreeMap<String, Count>;

pub fn add(sum: &mut Counts, counts: &Counts) {
    for (measure, count) in counts {
        *sum.entry(measure.clone()).or_default() += *count;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_wilsons() {
        let [low, high] = Count { right: 51, of: 60 }.wilson();
        assert!((low - 0.7389).abs() < 1e-3 && (high - 0.9189).abs() < 1e-3);
        let [low, high] = Count { right: 0, of: 30 }.wilson();
        assert!(low.abs() < 1e-9 && (high - 0.1135).abs() < 1e-3);
    }

    #[test]
    fn a_count_describes_itself() {
        let count = Count { right: 51, of: 60 };
        assert_eq!(count.describe(), "51 of 60, 85 % (74–92)");
    }
}
