//! Numbers between bounds, digit by digit.

use serde_json::{Map, Value};

use super::grammar::{Builder, ByteSet, NodeId};

/// Most digits before the point where a schema sets no bound, so that every reader keeps them exactly.
const DIGITS: u32 = 15;
/// Digits after the point, unless a bound has more.
const DECIMALS: u32 = 2;
/// Most digits after the point of a bound.
const MAX_DECIMALS: u32 = 9;

/// What a schema says of a number's size.
pub(super) struct Bounds {
    min: Option<Bound>,
    max: Option<Bound>,
}

/// A bound: `mantissa` · 10^`exponent`.
#[derive(Clone, Copy)]
struct Bound {
    mantissa: i128,
    exponent: i32,
    /// The number itself is outside.
    exclusive: bool,
}

impl Bounds {
    /// Reads the four keywords.
    ///
    /// # Errors
    /// The keyword, and what is wrong with it.
    pub fn read(schema: &Map<String, Value>) -> Result<Self, (&'static str, &'static str)> {
        let bound = |keyword: &'static str, exclusive: bool| match schema.get(keyword) {
            None => Ok(None),
            Some(value) => match Bound::read(value, exclusive) {
                Some(bound) => Ok(Some(bound)),
                None => Err((keyword, "must be a number of at most 18 digits")),
            },
        };
        let both = |a: &'static str, b: &'static str| match (bound(a, false)?, bound(b, true)?) {
            (Some(_), Some(_)) => Err((b, "cannot be combined with the inclusive bound")),
            (bound, exclusive) => Ok(bound.or(exclusive)),
        };
        Ok(Self {
            min: both("minimum", "exclusiveMinimum")?,
            max: both("maximum", "exclusiveMaximum")?,
        })
    }

    /// Whole numbers within the bounds; `None` if there are none.
    pub fn integer(&self, to: &mut Builder) -> Option<NodeId> {
        self.with_decimals(0, to)
    }

    /// Numbers within the bounds, with a point or without; `None` if there are none.
    pub fn number(&self, to: &mut Builder) -> Option<NodeId> {
        let bounds = self.min.iter().chain(&self.max);
        let decimals = bounds.map(|bound| bound.exponent.min(0).unsigned_abs());
        let decimals = decimals.max().unwrap_or_default().max(DECIMALS);
        let ways: Vec<NodeId> = (0..=decimals)
            .filter_map(|decimals| self.with_decimals(decimals, to))
            .collect();
        (!ways.is_empty()).then(|| to.alt(ways))
    }

    /// Numbers with exactly so many digits after the point.
    fn with_decimals(&self, decimals: u32, to: &mut Builder) -> Option<NodeId> {
        let open = 10i128.pow(DIGITS + decimals) - 1;
        let (min, max) = match (self.min, self.max) {
            (None, None) => (-open, open),
            (Some(min), None) => {
                let min = min.least(decimals);
                (min, open.max(min.saturating_add(open)))
            }
            (None, Some(max)) => {
                let max = max.most(decimals);
                ((-open).min(max.saturating_sub(open)), max)
            }
            (Some(min), Some(max)) => (min.least(decimals), max.most(decimals)),
        };
        let mut ways = Vec::new();
        if min <= -1 && min <= max {
            let minus = to.literal("-");
            let (least, most) = (max.min(-1).unsigned_abs(), min.unsigned_abs());
            let digits = range(least, most, decimals, to);
            ways.push(to.seq(vec![minus, digits]));
        }
        if max >= 0 && min <= max {
            ways.push(range(min.max(0) as u128, max as u128, decimals, to));
        }
        (!ways.is_empty()).then(|| to.alt(ways))
    }
}

impl Bound {
    fn read(value: &Value, exclusive: bool) -> Option<Self> {
        let text = value.as_number()?.to_string();
        let (text, exponent) = match text.split_once(['e', 'E']) {
            Some((text, exponent)) => (text, exponent.parse::<i32>().ok()?),
            None => (&*text, 0),
        };
        let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
        let decimals = decimals.trim_end_matches('0');
        let mantissa = format!("{whole}{decimals}").parse::<i128>().ok()?;
        let exponent = exponent.checked_sub(i32::try_from(decimals.len()).ok()?)?;
        if !(-(MAX_DECIMALS as i32)..=18).contains(&exponent)
            || mantissa.unsigned_abs() >= 10u128.pow(20)
        {
            return None;
        }
        Some(Self {
            mantissa,
            exponent,
            exclusive,
        })
    }

    /// The bound in units of the last decimal, rounded down, and whether it was rounded.
    fn scaled(&self, decimals: u32) -> (i128, bool) {
        let exponent = self.exponent + decimals as i32;
        let power = 10i128.pow(exponent.unsigned_abs());
        if exponent >= 0 {
            (self.mantissa * power, false)
        } else {
            (
                self.mantissa.div_euclid(power),
                self.mantissa.rem_euclid(power) != 0,
            )
        }
    }

    /// The least number of so many decimals that is not below the bound.
    fn least(&self, decimals: u32) -> i128 {
        let (floor, rounded) = self.scaled(decimals);
        floor + i128::from(rounded || self.exclusive)
    }

    /// The greatest that is not above it.
    fn most(&self, decimals: u32) -> i128 {
        let (floor, rounded) = self.scaled(decimals);
        floor - i128::from(self.exclusive && !rounded)
    }
}

/// The numbers from `least` to `most`, whose last digits stand behind the point.
fn range(least: u128, most: u128, decimals: u32, to: &mut Builder) -> NodeId {
    let mut ways = Vec::new();
    // Widths all of whose numbers are within the range.
    let mut whole: Option<(u32, u32)> = None;
    // A digit before the point even if it is 0, and no other 0 at the beginning.
    let mut low = 0;
    for digits in decimals + 1..=38 {
        let next = 10u128.pow(digits);
        if most < low {
            break;
        }
        if low > 0 && least <= low && next - 1 <= most {
            whole.get_or_insert((digits, digits)).1 = digits;
        } else if least < next {
            let width = digits as usize;
            let first = format!("{:0width$}", least.max(low));
            let last = format!("{:0width$}", most.min(next - 1));
            let (first, last) = (first.as_bytes(), last.as_bytes());
            ways.push(between(first, last, decimals as usize, to));
        }
        low = next;
    }
    if let Some((least, most)) = whole {
        let first = to.set((b'1'..=b'9').collect());
        let digit = to.set((b'0'..=b'9').collect());
        let rest = to.repeat(digit, least - decimals - 1, most - decimals - 1);
        let mut parts = vec![first, rest];
        if decimals > 0 {
            parts.push(to.literal("."));
            parts.push(to.repeat(digit, decimals, decimals));
        }
        ways.push(to.seq(parts));
    }
    to.alt(ways)
}

/// The digits from `first` to `last`, two texts of one length.
fn between(first: &[u8], last: &[u8], decimals: usize, to: &mut Builder) -> NodeId {
    if decimals > 0 && first.len() == decimals {
        let point = to.literal(".");
        let rest = between(first, last, 0, to);
        return to.seq(vec![point, rest]);
    }
    let ([a, first_rest @ ..], [b, last_rest @ ..]) = (first, last) else {
        return to.empty();
    };
    let zeros = vec![b'0'; first_rest.len()];
    let nines = vec![b'9'; first_rest.len()];
    let mut ways = Vec::new();
    let mut way = |start: u8, end: u8, first: &[u8], last: &[u8], to: &mut Builder| {
        if start <= end {
            let digit = to.set((start..=end).collect::<ByteSet>());
            let rest = between(first, last, decimals, to);
            ways.push(to.seq(vec![digit, rest]));
        }
    };
    if a == b {
        way(*a, *a, first_rest, last_rest, to);
        return to.alt(ways);
    }
    // A digit of its own only where what follows is limited.
    let (mut start, mut end) = (*a, *b);
    if first_rest != zeros {
        way(*a, *a, first_rest, &nines, to);
        start += 1;
    }
    if last_rest != nines {
        way(*b, *b, &zeros, last_rest, to);
        end -= 1;
    }
    way(start, end, &zeros, &nines, to);
    to.alt(ways)
}
