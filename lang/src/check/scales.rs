//! Fee scales: so much up to an amount, and so much more for each further part begun.

use dunlin_machine::ir::{self, ScaleId, ScalePart, ScaleRows, Type};
use dunlin_machine::value::Date;

use super::context::Checker;
use super::dated;
use super::expr::typed;
use super::modules::Declared;
use crate::diagnostic::{Diagnostic, codes};
use crate::model::Expr;
use crate::syntax::tree::{
    self, Argument, DateLiteral, DottedName, ExprKind, Span, StepRow, StepRowKind, Steps, StepsBody,
};

/// The scale that a declaration writes; none where it has errors, which are reported.
pub(super) fn scale(checker: &mut Checker, declared: &Steps, span: Span) -> Option<ir::Scale> {
    let before = checker.diagnostics.len();
    reads_an_amount(checker, declared);
    let (versions, last) = match &declared.body {
        StepsBody::Rows(rows) => (version(checker, None, rows, span).into_iter().collect(), None),
        StepsBody::Dated(dated) => (versions(checker, dated), dated.last().map(|last| last.from)),
    };
    let verified_until = declared.verified_until.and_then(|day| verified(checker, last, day));
    let name = checker.text(&declared.name.text());
    let sound = !checker.diagnostics.iter().skip(before).any(|d| d.severity == crate::diagnostic::Severity::Error);
    sound.then_some(ir::Scale { name, versions, verified_until })
}

fn verified(checker: &mut Checker, last: Option<DateLiteral>, day: DateLiteral) -> Option<Date> {
    match last {
        Some(last) => dated::verified(checker, last, day),
        None => checker.date(day),
    }
}

/// A scale is read by one amount, and gives one.
fn reads_an_amount(checker: &mut Checker, declared: &Steps) {
    let name = declared.name.text();
    let types: Vec<Option<Type>> = declared
        .parameters
        .iter()
        .map(|parameter| parameter.ty.as_ref().and_then(|ty| checker.type_of(ty, &name)).map(|(ty, _)| ty))
        .collect();
    let given = declared.ty.as_ref().and_then(|ty| checker.type_of(ty, &name)).map(|(ty, _)| ty);
    let gives = declared.ty.is_none() || given == Some(Type::Money);
    if types.as_slice() != [Some(Type::Money)] || !gives {
        let message = format!("The fee scale `{name}` does not read one amount and give one");
        let error = checker.error(codes::SCALE_COLUMNS, declared.name.span, message);
        checker.report(error.help(format!("write `{name} = steps(amount : money) : money {{ … }}`")));
    }
}

fn versions(checker: &mut Checker, dated: &[tree::DatedSteps]) -> Vec<ScaleRows> {
    let days: Vec<DateLiteral> = dated.iter().map(|rows| rows.from).collect();
    let mut versions = Vec::new();
    for (index, rows) in dated.iter().enumerate() {
        dated::in_order(checker, days.get(..index).unwrap_or(&[]), rows.from);
        let from = checker.date(rows.from);
        let version = version(checker, from, &rows.rows, rows.span);
        versions.extend(version.filter(|_| from.is_some()));
    }
    versions
}

fn version(checker: &mut Checker, from: Option<Date>, rows: &[StepRow], span: Span) -> Option<ScaleRows> {
    let Some((first, rest)) = rows.split_first() else {
        let span = checker.first_line(span);
        let error = checker.error(codes::SCALE_ROWS, span, "This fee scale has no rows, so it gives no fee");
        checker.report(error.help("begin with the fee up to an amount: `..500 EUR => 51.50 EUR`"));
        return None;
    };
    let up_to = first_end(checker, first);
    let fee = checker.constant(&first.amount, Type::Money);
    let rule = checker.rule_at(first.span, &first.law);
    let mut parts = Vec::new();
    let mut end = up_to;
    for (n, row) in rest.iter().enumerate() {
        let last = n + 1 == rest.len();
        let part = self::part(checker, row, end, last);
        end = part.as_ref().and_then(|part| part.to);
        parts.push(part);
    }
    let parts: Option<Vec<ScalePart>> = parts.into_iter().collect();
    if let (Some(end), Some(row)) = (end.filter(|_| parts.is_some()), rows.last()) {
        warn_of_end(checker, row, end);
    }
    Some(ScaleRows { rule, from, up_to: up_to?, fee: fee?, parts: parts? })
}

/// The end of the first row, `..500 EUR`.
fn first_end(checker: &mut Checker, row: &StepRow) -> Option<i64> {
    if let StepRowKind::UpTo(range) = &row.kind
        && let ExprKind::Range { low: None, high: Some(high) } = &range.kind
    {
        return checker.constant(high, Type::Money);
    }
    let error = checker.error(codes::SCALE_ROWS, row.span, "A fee scale begins with the fee up to an amount");
    checker.report(error.help("write it first: `..500 EUR => 51.50 EUR`"));
    None
}

/// `each 500 EUR to 2_000 EUR => + 41.50 EUR`, above `low`.
fn part(checker: &mut Checker, row: &StepRow, low: Option<i64>, last: bool) -> Option<ScalePart> {
    let StepRowKind::Each { part, to } = &row.kind else {
        let error = checker.error(codes::SCALE_ROWS, row.span, "Only the first row of a fee scale gives a whole fee");
        checker.report(error.help("say what each further part adds: `each 500 EUR to 2_000 EUR => + 41.50 EUR`"));
        return None;
    };
    let size = checker.constant(part, Type::Money);
    let end = to.as_ref().map(|to| (to.span, checker.constant(to, Type::Money)));
    let more = checker.constant(&row.amount, Type::Money);
    if size.is_some_and(|size| size <= 0) {
        let error = checker.error(codes::SCALE_ROWS, part.span, "A part of nothing is never full");
        checker.report(error.help("write how much a part is: `each 500 EUR`"));
        return None;
    }
    let to = match end {
        None if !last => {
            let error =
                checker.error(codes::SCALE_ROWS, row.span, "This row has no end, so the rows below it never count");
            checker.report(error.help("say up to where it goes: `each 500 EUR to 2_000 EUR`"));
            return None;
        }
        None => None,
        Some((span, to)) => {
            let to = to?;
            if low.is_some_and(|low| to <= low) {
                let error =
                    checker.error(codes::SCALE_ROWS, span, "This row ends where the one above it ends, or before");
                checker.report(error.help("write the rows from low to high"));
                return None;
            }
            Some(to)
        }
    };
    let rule = checker.rule_at(row.span, &row.law);
    Some(ScalePart { rule, part: size?, to, more: more? })
}

fn warn_of_end(checker: &mut Checker, row: &StepRow, end: i64) {
    let words = super::tables::show(&checker.model, Type::Money, end);
    let message = format!("Above {words} this scale adds nothing more");
    let warning = Diagnostic::warning(codes::SCALE_ENDS, message).at(checker.file_id(), row.span, "the last row");
    let part = "add a row for all that is above: `each 50_000 EUR => + 175 EUR`";
    checker.report(warning.help(part));
}

impl Checker<'_> {
    /// `SCALE(amount)`.
    pub(super) fn scale_call(
        &mut self,
        declared: Declared,
        name: &DottedName,
        arguments: &[Argument],
        span: Span,
    ) -> Option<Expr> {
        let id = self.scale_of(declared, name.span)?;
        let [argument] = arguments else {
            let message = format!("The fee scale `{}` is read by one amount", name.text());
            let error = self.error(codes::WRONG_NUMBER_OF_ARGUMENTS, span, message);
            self.report(error.help(format!("write `{}(balance)`", name.text())));
            return None;
        };
        let amount = self.expr(&argument.value, Some(Type::Money))?;
        Some(typed(ir::Expr::Scale(id, amount, None), Type::Money))
    }

    /// Whether a scale has versions by date, among which `at` can choose.
    pub(super) fn is_dated_scale(&self, id: ScaleId) -> bool {
        let scale = self.model.scales.get(id.index());
        scale.is_some_and(|scale| scale.versions.iter().any(|version| version.from.is_some()))
    }
}
