//! Exact numbers: sums that look whether they fit, and products of 128 bits that are rounded once.

use super::code::{Body, Func, Val, Width};
use super::faults::Fault;
use super::module::Emit;
use Width::I64;

/// The same as [`plus`], where it stands: for what every step adds.
pub(super) fn sum(b: &mut Body, left: &Val, right: &Val) -> Val {
    let sum = b.keep(left.add(right));
    // Both have one sign, and the sum has another.
    b.when(left.xor(&sum).and(right.xor(&sum)).lt(0i64), |b| b.fail(Fault::Overflow.number()));
    sum
}

/// The sum of two wide numbers; fails where it does not fit.
pub(super) fn plus(e: &Emit<'_>) -> Func {
    e.func("plus", &[I64, I64], Some(I64), true, |_, b| {
        let (left, right) = (b.arg(0), b.arg(1));
        let sum = sum(b, &left, &right);
        b.give(sum);
    })
}

/// The difference of two wide numbers; fails where it does not fit.
pub(super) fn minus(e: &Emit<'_>) -> Func {
    e.func("minus", &[I64, I64], Some(I64), true, |_, b| {
        let (left, right) = (b.arg(0), b.arg(1));
        let rest = b.keep(left.sub(&right));
        b.when(left.xor(&right).and(left.xor(&rest)).lt(0i64), |b| b.fail(Fault::Overflow.number()));
        b.give(rest);
    })
}

/// The product of two wide numbers; fails where it does not fit.
pub(super) fn times(e: &Emit<'_>) -> Func {
    e.func("times", &[I64, I64], Some(I64), true, |e, b| {
        let low = b.call(product(e), &[b.arg(0), b.arg(1)]);
        // It fits where the upper half is nothing but the sign of the lower.
        b.when(upper(e).ne(low.shr(63i64)), |b| b.fail(Fault::Overflow.number()));
        b.give(low);
    })
}

/// The upper half of the latest product or quotient of 128 bits.
pub(super) fn upper(e: &Emit<'_>) -> Val {
    Val::global(e.named_global("upper", I64), I64)
}

/// The product of two numbers with sign: its lower half, and [`upper`].
pub(super) fn product(e: &Emit<'_>) -> Func {
    e.func("product", &[I64, I64], Some(I64), false, |e, b| {
        let (left, right) = (b.arg(0), b.arg(1));
        let half = |v: &Val| v.and(0xffff_ffffi64);
        let (a, c) = (half(&left), half(&right));
        let (a_up, c_up) = (left.shr(32i64), right.shr(32i64));
        let low = b.keep(a.mul(&c));
        // The middle terms: with a sign, because the upper halves have one.
        let first = b.keep(a_up.mul(&c).add(low.shr_u(32i64)));
        let second = b.keep(a.mul(&c_up).add(half(&first)));
        let top = a_up.mul(&c_up).add(first.shr(32i64)).add(second.shr(32i64));
        b.set_global(e.named_global("upper", I64), top);
        b.give(left.mul(&right));
    })
}

/// A number of 128 bits, given as upper and lower half, by one of 64 bits above 0, rounded half away from zero; fails
/// where the result does not fit in 64 bits.
pub(super) fn rounded(e: &Emit<'_>) -> Func {
    e.func("rounded", &[I64, I64, I64], Some(I64), true, |e, b| {
        let (high, low, by) = (b.arg(0), b.arg(1), b.arg(2));
        let negative = b.keep(high.lt(0i64));
        // What it is without its sign.
        let borrow = low.ne(0i64);
        let plain_high =
            b.choose(&negative, |b| b.keep(Val::from(0i64).sub(&high).sub(extended(&borrow))), |_| high.clone());
        let plain_low = b.choose(&negative, |b| b.keep(Val::from(0i64).sub(&low)), |_| low.clone());
        let whole = b.call(quotient(e), &[plain_high, plain_low, by.clone()]);
        let rest = b.keep(upper(e));
        // A half goes away from zero: what is missing to the divisor is not more than the rest.
        let up = rest.ne(0i64).and(by.sub(&rest).le_u(&rest));
        let whole = b.keep(whole.add(extended(&up)));
        b.when(whole.lt(0i64).and(negative.not().or(whole.ne(i64::MIN))), |b| b.fail(Fault::Overflow.number()));
        b.give(Val::from(0i64).sub(&whole).or_else(&negative, &whole));
    })
}

/// A number of 128 bits without sign by one of 63 bits; [`upper`] is the rest. Fails where the quotient has more than 64 bits.
fn quotient(e: &Emit<'_>) -> Func {
    e.func("quotient", &[I64, I64, I64], Some(I64), true, |e, b| {
        let (high, low, by) = (b.arg(0), b.arg(1), b.arg(2));
        let to = e.named_global("upper", I64);
        b.when(high.eq(0i64), |b| {
            b.set_global(to, low.rem_u(&by));
            b.give(low.div_u(&by));
        });
        b.when(by.le_u(&high), |b| b.fail(Fault::Overflow.number()));
        // Bit by bit: amounts beyond 64 bits are rare.
        let (rest, left, whole) = (b.var(&high), b.var(&low), b.var(0i64));
        b.each(64, |b, _| {
            b.set(rest, rest.get().shl(1i64).or(left.get().shr_u(63i64)));
            b.set(left, left.get().shl(1i64));
            let fits = b.keep(by.le_u(rest.get()));
            b.set(whole, whole.get().shl(1i64).or(extended(&fits)));
            b.when(fits, |b| b.set(rest, rest.get().sub(&by)));
        });
        b.set_global(to, rest.get());
        b.give(whole.get());
    })
}

/// A number of 128 bits, given as upper and lower half, times one of 64 bits, by one above 0, rounded half away from zero;
/// fails where the result does not fit in 64 bits.
pub(super) fn part_of(e: &Emit<'_>) -> Func {
    e.func("part_of", &[I64, I64, I64, I64], Some(I64), true, |e, b| {
        let (high, low, factor, by) = (b.arg(0), b.arg(1), b.arg(2), b.arg(3));
        let product = b.call(product(e), &[low.clone(), factor.clone()]);
        let fits = high.eq(low.shr(63i64)).and(upper(e).eq(product.shr(63i64)));
        // Most amounts are small, and 64 bits are divided at once.
        b.when(fits.and(by.lt(1i64 << 60)), |b| {
            let whole = b.keep(product.div(&by));
            let twice = b.keep(product.sub(whole.mul(&by)).shl(1i64));
            let (up, down) = (twice.ge(&by), twice.le(Val::from(0i64).sub(&by)));
            b.give(whole.add(extended(&up)).sub(extended(&down)));
        });
        let more = b.keep(upper(e));
        let top = b.call(times(e), &[high, factor.clone()]);
        // The lower half has no sign: where it looks negative, it is 2^64 more.
        let more = more.add(factor.or_else(&low.lt(0i64), 0i64));
        let top = b.call(plus(e), &[top, more]);
        let part = b.call(rounded(e), &[top, product, b.arg(3)]);
        b.give(part);
    })
}

/// An amount times a rate in billionths, rounded once, half away from zero.
pub(super) fn times_rate(e: &Emit<'_>) -> Func {
    e.func("times_rate", &[I64, I64], Some(I64), true, |e, b| {
        let low = b.call(product(e), &[b.arg(0), b.arg(1)]);
        let high = b.keep(upper(e));
        let part = b.call(rounded(e), &[high, low, 1_000_000_000i64.into()]);
        b.give(part);
    })
}

/// A flag as a wide number.
pub(super) fn extended(flag: &Val) -> Val {
    flag.wide()
}

/// Fails unless the condition holds.
pub(super) fn require(b: &mut Body, holds: &Val, fault: Fault) {
    b.when(holds.not(), |b| b.fail(fault.number()));
}
