//! Decimal text to whole units and back, for amounts and rates alike.

use core::fmt;

/// Why a text is not an amount or a rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecimalTextError {
    /// Not digits with at most one point: `12.50`, `5_000`, `-3`.
    NotANumber,
    /// A comma, whether meant as the decimal point or between thousands.
    Comma,
    /// More digits after the point than there may be.
    TooManyDecimals {
        /// How many there may be.
        allowed: u8,
    },
    /// Beyond 64 bits of the smallest unit.
    TooLarge,
}

/// Why a text is not an amount of money.
pub type MoneyTextError = DecimalTextError;

impl fmt::Display for DecimalTextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotANumber => f.write_str("this is not a number; write it like 1234.50 or 5_000"),
            Self::Comma => f.write_str("decimals follow a point, and thousands take `_`: 2.50, 5_000"),
            Self::TooManyDecimals { allowed: 0 } => f.write_str("there may be no decimals here"),
            Self::TooManyDecimals { allowed: 1 } => f.write_str("there may be at most 1 decimal here"),
            Self::TooManyDecimals { allowed } => {
                write!(f, "there may be at most {allowed} decimals here")
            }
            Self::TooLarge => f.write_str("the amount is larger than Dunlin can count"),
        }
    }
}

impl core::error::Error for DecimalTextError {}

/// Reads `text` as a whole number of units of which `10^decimals` make one.
pub(super) fn read(text: &str, decimals: u8) -> Result<i64, DecimalTextError> {
    if text.contains(',') {
        return Err(DecimalTextError::Comma);
    }
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, part) = match digits.split_once('.') {
        Some((_, "")) => return Err(DecimalTextError::NotANumber),
        Some(parts) => parts,
        None => (digits, ""),
    };
    if !whole.split('_').all(|group| !group.is_empty() && all_digits(group)) || !all_digits(part) {
        return Err(DecimalTextError::NotANumber);
    }
    if part.len() > usize::from(decimals) {
        return Err(DecimalTextError::TooManyDecimals { allowed: decimals });
    }
    let missing = usize::from(decimals) - part.len();
    units(whole.bytes().filter(|b| *b != b'_').chain(part.bytes()).chain(core::iter::repeat_n(b'0', missing)), negative)
        .ok_or(DecimalTextError::TooLarge)
}

fn all_digits(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit())
}

fn units(mut digits: impl Iterator<Item = u8>, negative: bool) -> Option<i64> {
    // Summed below zero, because the least 64-bit number has no positive counterpart.
    let below =
        digits.try_fold(0_i64, |sum, digit| sum.checked_mul(10)?.checked_sub(i64::from(digit) - i64::from(b'0')))?;
    if negative { Some(below) } else { below.checked_neg() }
}

/// Writes `units` with a point before the last `decimals` digits.
pub(super) struct Decimal {
    pub(super) units: i64,
    pub(super) decimals: u8,
    /// Leaves out zeros at the end of the decimals, and the point if none are left.
    pub(super) trim: bool,
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.units < 0 { "-" } else { "" };
        let one = 10_u64.saturating_pow(u32::from(self.decimals));
        let (whole, mut part) = (self.units.unsigned_abs() / one, self.units.unsigned_abs() % one);
        let mut width = usize::from(self.decimals);
        while self.trim && width > 0 && part.is_multiple_of(10) {
            part /= 10;
            width -= 1;
        }
        match width {
            0 => write!(f, "{sign}{whole}"),
            _ => write!(f, "{sign}{whole}.{part:0width$}"),
        }
    }
}
