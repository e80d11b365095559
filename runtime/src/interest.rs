//! Interest: simple, by the day, exact inside and rounded once where it is read or fixed (semantics, section 6).

use crate::case::Claim;
use crate::fault::Fault;
use crate::ledger::add;
use crate::run::{Figures, KnownRate, Run, Weighed};
use dunlin_machine::ir::{InterestRule, Year};
use dunlin_machine::value::{Date, Rate, div_half_away};

/// How many sums of weights are kept; a later one takes the place of an earlier one.
const WEIGHED: usize = 64;

/// A rate counts billionths.
const RATE: i64 = 1_000_000_000;

impl Run<'_> {
    /// Interest of all claims to today.
    #[inline]
    pub(crate) fn interest(&mut self) -> Result<i64, Fault> {
        if let Some(known) = self.work.interest_today {
            return Ok(known);
        }
        self.work.figures = Figures::default();
        let sum = match self.known_interest() {
            Some(sum) => sum,
            None => self.count_interest()?,
        };
        self.work.interest_today = Some(sum);
        Ok(sum)
    }

    #[inline(never)]
    fn count_interest(&mut self) -> Result<i64, Fault> {
        let mut sum = 0;
        for at in 0..self.case.ledger.claims.len() {
            sum = add(sum, self.interest_of(at, self.today)?)?;
        }
        Ok(sum)
    }

    /// Interest of all claims to today where what their days count is known of each.
    #[inline]
    fn known_interest(&self) -> Option<i64> {
        let rule = self.m.ledger.interest.as_ref().filter(|rule| self.weighs_by_day(rule))?;
        let mut claims = self.case.ledger.claims.iter();
        claims.try_fold(0i64, |sum, claim| sum.checked_add(self.known_interest_of(rule, claim)?))
    }

    /// Whether what days count is the same for every claim: the rate reads nothing but the day, and interest never rests.
    fn weighs_by_day(&self, rule: &InterestRule) -> bool {
        self.names.rate_by_day() && rule.added_changes.is_empty() && self.case.ledger.free_days.is_empty()
    }

    /// Interest of one claim to today where what its days count is known.
    #[inline]
    fn known_interest_of(&self, rule: &InterestRule, claim: &Claim) -> Option<i64> {
        if claim.principal == 0 || claim.next > self.today {
            return Some(claim.interest);
        }
        let sum = self.known_weight(rule, claim.next, self.today)?;
        claim.interest.checked_add(share(sum.into(), claim.principal, rule.year).ok()?)
    }

    /// What days count, times their rates, where it was counted before but for days of the same rate at the end.
    #[inline]
    fn known_weight(&self, rule: &InterestRule, from: Date, to: Date) -> Option<i64> {
        let known = self.work.weighed.get(place_of(from))?;
        if known.from != from || known.to > to || to > known.until {
            return None;
        }
        known.sum.checked_add(weight_after(rule.year, known.to, to)?.checked_mul(known.rate.0)?)
    }

    /// Interest of one claim to a day, that day included.
    pub(crate) fn interest_of(&mut self, at: usize, to: Date) -> Result<i64, Fault> {
        let (fixed, principal, next) = match self.case.ledger.claims.get(at) {
            Some(c) => (c.interest, c.principal, c.next),
            None => return Ok(0),
        };
        add(fixed, self.accrued(at, principal, next, to)?)
    }

    /// What a principal of that claim bears from one day to another, both included, rounded once.
    pub(crate) fn accrued(&mut self, claim: usize, principal: i64, from: Date, to: Date) -> Result<i64, Fault> {
        let Some(rule) = self.m.ledger.interest.as_ref() else { return Ok(0) };
        if principal == 0 || from > to {
            return Ok(0);
        }
        let sum = match self.weighs_by_day(rule) {
            true => self.weigh_on(rule, claim, from, to)?,
            false => self.weigh(rule, claim, from, to)?,
        };
        share(sum, principal, rule.year)
    }

    /// What the days from one to the other count, times their rates.
    fn weigh(&mut self, rule: &InterestRule, claim: usize, from: Date, to: Date) -> Result<i128, Fault> {
        let mut sum: i128 = 0;
        let mut day = from;
        while day <= to {
            let last = self.same_rate_until(day, to)?;
            if !self.is_free_day(day) {
                let rate = self.rate_between(claim, day, last)?;
                let weight = i128::from(weight(rule.year, day, last)?);
                let part = weight.checked_mul(rate.0.into()).ok_or(Fault::Overflow)?;
                sum = sum.checked_add(part).ok_or(Fault::Overflow)?;
            }
            day = last.add_days(1)?;
        }
        Ok(sum)
    }

    /// The same where the rate reads nothing but the day and interest never rests. It says nothing of any case: what was
    /// counted from a day on is kept, and only later days are added.
    fn weigh_on(&mut self, rule: &InterestRule, claim: usize, from: Date, to: Date) -> Result<i128, Fault> {
        if let Some(sum) = self.known_weight(rule, from, to) {
            return Ok(sum.into());
        }
        let known = self.work.weighed.get(place_of(from)).copied();
        let known = known.filter(|known| known.from == from && (from..to).contains(&known.to));
        let (begun, sum) = known.map_or((from, 0), |known| (known.to, i128::from(known.sum)));
        let begin = if known.is_some() { begun.add_days(1)? } else { from };
        let before = core::mem::take(&mut self.work.figures);
        let sum = sum + self.weigh_by_stretches(rule, claim, begin, to)?;
        if self.work.figures == Figures::default()
            && let Ok(sum) = i64::try_from(sum)
        {
            let stretch = rule.changes.partition_point(|c| *c <= to);
            let rate = self.work.rates.get(stretch).copied().flatten().filter(|rate| rate.read.0 <= to);
            let (rate, until) = rate.map_or((Rate(0), to), |known| (known.rate, known.read.1.max(to)));
            let weighed = Weighed { from, to, sum, rate, until };
            // Of what is not known yet nothing is said: it ends before it begins.
            self.work
                .weighed
                .resize(WEIGHED, Weighed { from: Date::LAST, to: Date::FIRST, until: Date::FIRST, ..weighed });
            if let Some(place) = self.work.weighed.get_mut(place_of(from)) {
                *place = weighed;
            }
        }
        self.work.figures.provisional |= before.provisional;
        self.work.figures.added |= before.added;
        Ok(sum)
    }

    /// The same where the rate reads nothing but the day and interest never rests: stretch after stretch of one rate.
    fn weigh_by_stretches(&mut self, rule: &InterestRule, claim: usize, from: Date, to: Date) -> Result<i128, Fault> {
        let mut stretch = rule.changes.partition_point(|c| *c <= from);
        let mut sum: i128 = 0;
        let mut day = from;
        loop {
            let next = rule.changes.get(stretch).filter(|next| **next <= to).copied();
            let last = next.map_or(Ok(to), |next| next.add_days(-1))?;
            let rate = self.rate_of_stretch(stretch, claim, day, last)?;
            let weight = weight(rule.year, day, last)?;
            // 64 bits times 64 bits are within 128, and so are as many of them as there are days.
            sum += i128::from(weight) * i128::from(rate.0);
            let Some(next) = next else { return Ok(sum) };
            day = next;
            while rule.changes.get(stretch).is_some_and(|change| *change <= day) {
                stretch += 1;
            }
        }
    }

    /// The rate of days that share it.
    fn rate_between(&mut self, claim: usize, day: Date, last: Date) -> Result<Rate, Fault> {
        let rule = self.m.ledger.interest.as_ref().filter(|rule| rule.added_changes.is_empty());
        let stretch = match rule {
            Some(rule) if self.names.rate_by_day() => rule.changes.partition_point(|c| *c <= day),
            _ => return self.read_rate(claim, day, last),
        };
        self.rate_of_stretch(stretch, claim, day, last)
    }

    /// The rate of days in a stretch of one rate, by its number.
    fn rate_of_stretch(&mut self, stretch: usize, claim: usize, day: Date, last: Date) -> Result<Rate, Fault> {
        let known = self.work.rates.get(stretch).copied().flatten();
        if let Some(known) = known.filter(|known| known.read.0 <= day && last <= known.read.1) {
            return Ok(known.rate);
        }
        let before = core::mem::take(&mut self.work.figures);
        let rate = self.read_rate(claim, day, last)?;
        if self.work.figures == Figures::default() {
            let read = known.map_or((day, last), |known| (known.read.0.min(day), known.read.1.max(last)));
            self.work.rates.resize(self.work.rates.len().max(stretch + 1), None);
            if let Some(place) = self.work.rates.get_mut(stretch) {
                *place = Some(KnownRate { rate, read });
            }
        }
        self.work.figures.provisional |= before.provisional;
        self.work.figures.added |= before.added;
        Ok(rate)
    }

    fn read_rate(&mut self, claim: usize, day: Date, last: Date) -> Result<Rate, Fault> {
        let rate = self.rate_on(claim, day)?;
        if last > day {
            // Read for the last day too: the figures may have been checked for the first days alone.
            self.rate_on(claim, last)?;
        }
        Ok(rate)
    }

    /// The last day from `day` to `to` with the same rate and the same answer to whether interest runs.
    fn same_rate_until(&self, day: Date, to: Date) -> Result<Date, Fault> {
        let mut last = to;
        let mut end_before = |next: Date| -> Result<(), Fault> {
            if next > day && next <= last {
                last = next.add_days(-1)?;
            }
            Ok(())
        };
        if let Some(rule) = self.m.ledger.interest.as_ref() {
            for changes in [&rule.changes, &rule.added_changes] {
                if let Some(change) = changes.get(changes.partition_point(|c| *c <= day)) {
                    end_before(*change)?;
                }
            }
        }
        for (from, until) in &self.case.ledger.free_days {
            end_before(*from)?;
            if let Some(until) = until {
                end_before(until.add_days(1)?)?;
            }
        }
        Ok(last)
    }

    fn is_free_day(&self, day: Date) -> bool {
        self.case.ledger.free_days.iter().any(|(from, until)| *from <= day && until.is_none_or(|u| day <= u))
    }

    pub(crate) fn rate_on(&mut self, claim: usize, day: Date) -> Result<Rate, Fault> {
        let Some(rule) = self.m.ledger.interest.as_ref() else { return Ok(Rate(0)) };
        self.as_of(claim, Some(day), |run| run.eval(rule.rate)).map(Rate)
    }
}

/// Parts of a year, in the unit of [`year_weight`], that the days from one to the other count, both included.
fn weight(year: Year, from: Date, to: Date) -> Result<i64, Fault> {
    let days = i64::from(to.days() - from.days()) + 1;
    Ok(match year {
        Year::Days365 | Year::Days360 => days,
        Year::Months30 => days30(to) - days30(from.add_days(-1)?),
        Year::Actual => {
            let mut sum = 0;
            let mut day = from;
            while day <= to {
                let last = day.end_of_year().min(to);
                let in_year = i64::from(last.days() - day.days()) + 1;
                // A day of a common year weighs 1/365 = 366 parts of 365 × 366, one of a leap year 365 of them.
                sum += in_year * if is_leap(day.year()) { 365 } else { 366 };
                day = last.add_days(1)?;
            }
            sum
        }
    })
}

/// What the days after one count, to another that is not before it; none where that cannot be counted.
#[inline]
fn weight_after(year: Year, day: Date, to: Date) -> Option<i64> {
    match year {
        Year::Days365 | Year::Days360 => Some(i64::from(to.days() - day.days())),
        _ if day == to => Some(0),
        _ => weight(year, day.add_days(1).ok()?, to).ok(),
    }
}

/// Where the sum of the days from one on is kept.
fn place_of(from: Date) -> usize {
    usize::try_from(from.days()).unwrap_or(0) % WEIGHED
}

/// An amount for a sum of weights times rates, rounded once.
#[inline]
fn share(sum: i128, amount: i64, year: Year) -> Result<i64, Fault> {
    let parts = parts_of(year);
    // Most sums are small, and 64 bits are divided at once.
    if let Some(exact) = i64::try_from(sum).ok().and_then(|sum| sum.checked_mul(amount)) {
        return Ok(rounded(exact, parts));
    }
    let exact = sum.checked_mul(amount.into()).ok_or(Fault::Overflow)?;
    i64::try_from(div_half_away(exact, parts.into())?).map_err(|_| Fault::Overflow)
}

/// Parts of a part, rounded half away from nothing.
#[inline]
const fn rounded(exact: i64, parts: i64) -> i64 {
    let (whole, rest) = (exact / parts, exact % parts);
    if rest >= parts - rest {
        whole + 1
    } else if -rest >= parts + rest {
        whole - 1
    } else {
        whole
    }
}

/// How many parts a year of a whole has.
#[inline]
const fn parts_of(year: Year) -> i64 {
    RATE * year_weight(year)
}

/// How many parts a year has.
const fn year_weight(year: Year) -> i64 {
    match year {
        Year::Days365 => 365,
        Year::Days360 | Year::Months30 => 360,
        Year::Actual => 365 * 366,
    }
}

/// The position of a day where every month has 30 days: day 31 is day 30, the last day of February too.
fn days30(day: Date) -> i64 {
    let civil = day.civil();
    let of_month = if day == day.end_of_month() { 30 } else { i64::from(civil.day).min(30) };
    i64::from(civil.year) * 360 + (i64::from(civil.month) - 1) * 30 + of_month
}

const fn is_leap(year: i32) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}
