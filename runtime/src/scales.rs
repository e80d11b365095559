//! Fees by a scale.

use crate::fault::Fault;
use dunlin_machine::ir::{Scale, ScalePart};
use dunlin_machine::value::Date;

/// The fee for an amount, by the version that holds on the day.
///
/// # Errors
/// On a day before the first version, and where the fee becomes too large.
pub(crate) fn fee(scale: &Scale, amount: i64, day: Date) -> Result<i64, Fault> {
    let in_force = scale.versions.iter().rev().find(|version| version.from.is_none_or(|from| from <= day));
    let rows = in_force.ok_or(Fault::BeforeFirstRow(scale.name, day))?;
    let (mut fee, mut low) = (rows.fee, rows.up_to);
    for row in &rows.parts {
        let end = row.to.map_or(amount, |to| to.min(amount));
        if end <= low {
            break;
        }
        let more = begun(row, low, end)?.checked_mul(row.more);
        fee = more.and_then(|more| fee.checked_add(more)).ok_or(Fault::Overflow)?;
        low = end;
    }
    Ok(fee)
}

/// How many parts are begun between two amounts, the second larger.
fn begun(row: &ScalePart, low: i64, end: i64) -> Result<i64, Fault> {
    let last = end.checked_sub(low).and_then(|above| above.checked_sub(1)).ok_or(Fault::Overflow)?;
    last.checked_div(row.part).and_then(|whole| whole.checked_add(1)).ok_or(Fault::Overflow)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;
    use dunlin_machine::ir::{RuleId, ScaleRows, TextId};

    /// § 13 RVG in the version from 2025-06-01, in cents.
    fn lawyers() -> Scale {
        let part = |part, to, more| ScalePart { rule: RuleId(0), part, to, more };
        let rows = ScaleRows {
            rule: RuleId(0),
            from: Date::new(2025, 6, 1),
            up_to: 50_000,
            fee: 5_150,
            parts: vec![
                part(50_000, Some(200_000), 4_150),
                part(100_000, Some(1_000_000), 5_950),
                part(300_000, Some(2_500_000), 5_500),
                part(500_000, Some(5_000_000), 8_600),
            ],
        };
        Scale { name: TextId(0), versions: vec![rows], verified_until: None }
    }

    #[test]
    fn a_part_that_is_begun_counts_whole() {
        let day = Date::new(2026, 1, 5).expect("a day");
        let fees = [
            (1, 5_150),
            (50_000, 5_150),
            (50_001, 9_300),
            (160_000, 17_600),
            (500_100, 41_400),
            (2_600_000, 101_300),
            (-5, 5_150),
        ];
        for (amount, expected) in fees {
            assert_eq!(fee(&lawyers(), amount, day), Ok(expected), "{amount}");
        }
    }

    #[test]
    fn before_its_first_version_a_scale_knows_no_fee() {
        let day = Date::new(2025, 5, 31).expect("a day");
        assert_eq!(fee(&lawyers(), 1, day), Err(Fault::BeforeFirstRow(TextId(0), day)));
    }
}
