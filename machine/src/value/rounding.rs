//! The one rounding of the language: to the nearest whole, halves away from zero.

use super::Overflow;

/// `num / den`, rounded to the nearest whole number; a half goes away from zero (2.5 to 3, -2.5 to -3).
///
/// # Errors
/// [`Overflow::Amount`] when `den` is zero or the quotient exceeds 128 bits.
pub const fn div_half_away(num: i128, den: i128) -> Result<i128, Overflow> {
    let (Some(whole), Some(rest)) = (num.checked_div(den), num.checked_rem(den)) else {
        return Err(Overflow::Amount);
    };
    let rest = rest.unsigned_abs();
    // Twice the rest could exceed 128 bits, what is missing to the divisor cannot.
    if rest == 0 || rest < den.unsigned_abs() - rest {
        return Ok(whole);
    }
    let away = if (num < 0) == (den < 0) { 1 } else { -1 };
    // OK because a quotient with a rest has a divisor of at least 2, so it is at most half the range.
    Ok(whole + away)
}
