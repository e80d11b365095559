//! A portfolio in a few figures.

use crate::{CaseResult, Portfolio};
use dunlin_machine::ir::{Channels, Machine, StageId, TextId};
use dunlin_machine::value::{Instant, Money, Overflow, Zone};
use std::collections::{BTreeMap, BTreeSet};

/// Who pays within so many days after a message counts as having paid on it.
pub const DAYS_TO_PAY: i32 = 7;

/// A portfolio in a few figures. Amounts are sums over cases of one currency.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// How many cases were run.
    pub cases: u64,
    /// How many cases could not be run.
    pub failed: u64,
    /// How many events were refused.
    pub refused: u64,
    /// How many cases are in each outcome or stage at the end.
    pub places: BTreeMap<StageId, u64>,
    /// Messages, by template.
    pub sends: BTreeMap<TextId, Sends>,
    /// Effects, by kind.
    pub effects: BTreeMap<&'static str, u64>,
    /// Amounts, by position of the currency.
    pub totals: BTreeMap<u8, Totals>,
}

/// Messages of one template.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sends {
    /// How many went out.
    pub sent: u64,
    /// How many, by the channels that went out together.
    pub channels: BTreeMap<Channels, u64>,
    /// To how many cases.
    pub cases: u64,
    /// In how many of these a payment was booked within [`DAYS_TO_PAY`] days after such a message.
    pub paid: u64,
}

/// What was owed and paid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Open at the end.
    pub balance: Money,
    /// Open principal at the end.
    pub principal: Money,
    /// Interest at the end.
    pub interest: Money,
    /// Open costs at the end.
    pub costs: Money,
    /// Paid and not returned.
    pub paid: Money,
}

impl Summary {
    /// The figures of a portfolio.
    ///
    /// # Errors
    /// [`Overflow`] where a sum exceeds 64 bits of minor units.
    pub fn of(machine: &Machine, portfolio: &Portfolio) -> Result<Self, Overflow> {
        let mut summary = Self::default();
        let utc = Zone::utc();
        let zone = machine.zones.first().unwrap_or(&utc);
        for case in &portfolio.cases {
            match case {
                Ok(result) => summary.take(result, zone)?,
                Err(_) => summary.failed += 1,
            }
        }
        Ok(summary)
    }

    fn take(&mut self, case: &CaseResult, zone: &Zone) -> Result<(), Overflow> {
        self.cases += 1;
        self.refused += case.refused.len() as u64;
        *self.places.entry(case.row.stage).or_default() += 1;
        let totals = self.totals.entry(case.row.currency).or_default();
        totals.balance = totals.balance.plus(case.row.balance)?;
        totals.principal = totals.principal.plus(case.row.principal)?;
        totals.interest = totals.interest.plus(case.row.interest)?;
        totals.costs = totals.costs.plus(case.row.costs)?;
        totals.paid = totals.paid.plus(case.row.paid)?;
        self.take_effects(case, zone);
        Ok(())
    }

    fn take_effects(&mut self, case: &CaseResult, zone: &Zone) {
        let (mut reached, mut paid) = (BTreeSet::new(), BTreeSet::new());
        for effect in &case.effects {
            *self.effects.entry(effect.kind).or_default() += 1;
            let (Some(name), "send") = (effect.name, effect.kind) else { continue };
            let sends = self.sends.entry(name).or_default();
            sends.sent += 1;
            *sends.channels.entry(effect.channels).or_default() += 1;
            sends.cases += u64::from(reached.insert(name));
            if case.payments.iter().any(|payment| soon_after(zone, effect.at, *payment)) {
                sends.paid += u64::from(paid.insert(name));
            }
        }
    }
}

/// Days are counted on the calendar of the strategy's zone, as the limits of `contact` are.
fn soon_after(zone: &Zone, sent: Instant, paid: Instant) -> bool {
    let day = |at| zone.local(at).0.days();
    paid >= sent && day(paid) - day(sent) <= DAYS_TO_PAY
}
