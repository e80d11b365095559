//! Amounts of a strategy in several currencies: what a fact or a param says for a case in each.

use serde::{Deserialize, Serialize};

use super::{Fact, Param};

/// What a fact of money admits in a further currency of the strategy, in minor units of that currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FurtherFact {
    /// Smallest and largest value allowed.
    pub bounds: Option<(Option<i64>, Option<i64>)>,
    /// What it is where the case does not say.
    pub default: Option<i64>,
}

/// What a parameter of money is in a further currency of the strategy, in minor units of that currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FurtherParam {
    /// Its value.
    pub value: i64,
    /// The bounds that the author set.
    pub bounds: Option<(i64, i64)>,
}

impl Fact {
    /// Smallest and largest value allowed for a case in a currency, by its position in
    /// [`Machine::currencies`](super::Machine::currencies).
    #[must_use]
    pub fn bounds_in(&self, currency: usize) -> Option<(Option<i64>, Option<i64>)> {
        further(&self.further, currency).map_or(self.bounds, |further| further.bounds)
    }

    /// What it is where a case in that currency does not say.
    #[must_use]
    pub fn default_in(&self, currency: usize) -> Option<i64> {
        further(&self.further, currency).map_or(self.default, |further| further.default)
    }
}

impl Param {
    /// Its value for a case in a currency, by its position in [`Machine::currencies`](super::Machine::currencies).
    #[must_use]
    pub fn value_in(&self, currency: usize) -> i64 {
        further(&self.further, currency).map_or(self.value, |further| further.value)
    }

    /// Its bounds for a case in that currency.
    #[must_use]
    pub fn bounds_in(&self, currency: usize) -> Option<(i64, i64)> {
        further(&self.further, currency).map_or(self.bounds, |further| further.bounds)
    }
}

/// What is said of a currency that is not the first.
fn further<T>(all: &[T], currency: usize) -> Option<&T> {
    all.get(currency.checked_sub(1)?)
}
