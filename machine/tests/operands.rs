//! Listing the operands of an expression and mapping them meet the same operands in the same order.

mod sample;

use std::convert::Infallible;

use dunlin_machine::ir::{CalendarId, Comparison, DatedId, Expr, ExprId, Quantity, ScaleId, TableId};

#[test]
fn listing_and_mapping_agree() {
    let [a, b, c] = [ExprId(1), ExprId(2), ExprId(3)];
    let more = [
        Expr::Or(a, b),
        Expr::CompareDurations(Comparison::Less, a, b),
        Expr::If(a, b, c),
        Expr::Min(a, b),
        Expr::Max(a, b),
        Expr::Subtract(a, b),
        Expr::Multiply(a, b),
        Expr::DatePlus(a, b),
        Expr::DateMinus(a, b),
        Expr::DaysBetween(a, b),
        Expr::EndOfMonth(a),
        Expr::EndOfYear(a),
        Expr::NextWorkingDay(a, Some(CalendarId(1))),
        Expr::Weekday(a),
        Expr::Table(TableId(0), vec![c, b, a]),
        Expr::Dated(DatedId(0), Some(a)),
        Expr::Scale(ScaleId(0), b, Some(a)),
        Expr::InCurrency(vec![b, a]),
        Expr::Read(Quantity::PaidWithin(a)),
        Expr::Read(Quantity::Contacts(a)),
        Expr::Read(Quantity::ReachedWithin(a)),
    ];
    for expr in sample::machine().exprs.into_iter().chain(more) {
        let mut met = Vec::new();
        let Ok(same) = expr.try_map(|id| {
            met.push(*id);
            Ok::<_, Infallible>(*id)
        });
        assert_eq!(met.iter().collect::<Vec<_>>(), expr.operands());
        assert_eq!(same, expr);
    }
}
