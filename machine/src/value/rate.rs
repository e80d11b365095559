//! Rates: shares and yearly interest, as parts of one.

use core::fmt;

use serde::{Deserialize, Serialize};

use super::Overflow;
use super::decimal::{self, Decimal, DecimalTextError};

/// A rate in billionths: 5 % is 50,000,000. Percentage points are the same unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Rate(pub i64);

/// A hundredth has 7 of the 9 decimals.
const PERCENT_DECIMALS: u8 = 7;

impl Rate {
    /// 0 %.
    pub const ZERO: Rate = Rate(0);
    /// The whole: 100 %.
    pub const ONE: Rate = Rate(1_000_000_000);

    /// The sum of both.
    ///
    /// # Errors
    /// [`Overflow::Amount`] beyond 64 bits.
    pub fn plus(self, other: Rate) -> Result<Rate, Overflow> {
        self.0.checked_add(other.0).map(Rate).ok_or(Overflow::Amount)
    }

    /// The difference; may be negative, as base rates were from 2013 to 2022.
    ///
    /// # Errors
    /// [`Overflow::Amount`] beyond 64 bits.
    pub fn minus(self, other: Rate) -> Result<Rate, Overflow> {
        self.0.checked_sub(other.0).map(Rate).ok_or(Overflow::Amount)
    }

    /// Reads the number before a `%`: `5`, `8.62`, `-0.88`, with at most 7 decimals.
    ///
    /// # Errors
    /// Says what is wrong with the text.
    pub fn parse(text: &str) -> Result<Rate, DecimalTextError> {
        decimal::read(text, PERCENT_DECIMALS).map(Rate)
    }
}

/// The number before the `%`, without zeros at its end: `8.62`.
impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Decimal { units: self.0, decimals: PERCENT_DECIMALS, trim: true }.fmt(f)
    }
}
