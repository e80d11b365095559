//! Fee scales: so much up to an amount, and so much more for each further part begun.

use dunlin_machine::ir::{self, RuleId, ScaleId, ScalePart, ScaleRows, Type};
use dunlin_machine::value::Date;

use super::context::Checker;
use super::dated;
use super::expr::{in_each_currency, typed};
use super::modules::Declared;
use super::types::in_currency;
use crate::diagnostic::{Diagnostic, codes};
use crate::model::Expr;
use crate::syntax::tree::{
    self, Argument, DateLiteral, DottedName, ExprKind, Span, StepRow, StepRowKind, Steps, StepsBody,
};

/// One version of a scale as it is written: an amount for all cases, or one for each currency of the strategy.
struct Version {
    rule: RuleId,
    from: Option<Date>,
    up_to: Vec<i64>,
    fee: Vec<i64>,
    parts: Vec<Part>,
}

/// What further parts add, as it is written.
struct Part {
    rule: RuleId,
    size: Vec<i64>,
    to: Option<Vec<i64>>,
    more: Vec<i64>,
}

impl Version {
    /// For how many currencies it says its amounts.
    fn currencies(&self) -> usize {
        let of_part = |part: &Part| part.size.len().max(part.more.len()).max(part.to.as_ref().map_or(1, Vec::len));
        let of_parts = self.parts.iter().map(of_part).max().unwrap_or(1);
        of_parts.max(self.up_to.len()).max(self.fee.len())
    }

    fn of_currency(&self, currency: usize) -> Option<ScaleRows> {
        let amount = |values: &[i64]| in_currency(values, currency);
        let part = |part: &Part| {
            let to = part.to.as_deref().and_then(amount);
            Some(ScalePart { rule: part.rule, part: amount(&part.size)?, to, more: amount(&part.more)? })
        };
        let parts = self.parts.iter().map(part).collect::<Option<_>>()?;
        let (up_to, fee) = (amount(&self.up_to)?, amount(&self.fee)?);
        Some(ScaleRows { rule: self.rule, from: self.from, up_to, fee, parts })
    }
}

/// The scale that a declaration writes, one for all cases or one for each currency of the strategy; none where it has
/// errors, which are reported.
pub(super) fn scale(checker: &mut Checker, declared: &Steps, span: Span) -> Option<Vec<ir::Scale>> {
    let before = checker.diagnostics.len();
    reads_an_amount(checker, declared);
    let (versions, last): (Vec<Version>, _) = match &declared.body {
        StepsBody::Rows(rows) => (version(checker, None, rows, span).into_iter().collect(), None),
        StepsBody::Dated(dated) => (versions(checker, dated), dated.last().map(|last| last.from)),
    };
    let verified_until = declared.verified_until.and_then(|day| verified(checker, last, day));
    let name = checker.text(&declared.name.text());
    let sound = !checker.diagnostics.iter().skip(before).any(|d| d.severity == crate::diagnostic::Severity::Error);
    let of_currency = |currency: usize| {
        let versions = versions.iter().map(|version| version.of_currency(currency)).collect::<Option<_>>()?;
        Some(ir::Scale { name, versions, verified_until })
    };
    let currencies = versions.iter().map(Version::currencies).max().unwrap_or(1);
    if sound { (0..currencies).map(of_currency).collect() } else { None }
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

fn versions(checker: &mut Checker, dated: &[tree::DatedSteps]) -> Vec<Version> {
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

fn version(checker: &mut Checker, from: Option<Date>, rows: &[StepRow], span: Span) -> Option<Version> {
    let Some((first, rest)) = rows.split_first() else {
        let span = checker.first_line(span);
        let error = checker.error(codes::SCALE_ROWS, span, "This fee scale has no rows, so it gives no fee");
        checker.report(error.help("begin with the fee up to an amount: `..500 EUR => 51.50 EUR`"));
        return None;
    };
    let up_to = first_end(checker, first);
    let fee = checker.constants(&first.amount, Type::Money);
    let rule = checker.rule_at(first.span, &first.law);
    let mut parts = Vec::new();
    let mut end = up_to.clone();
    for (n, row) in rest.iter().enumerate() {
        let last = n + 1 == rest.len();
        let part = self::part(checker, row, end.as_deref(), last);
        end = part.as_ref().and_then(|part| part.to.clone());
        parts.push(part);
    }
    let parts: Option<Vec<Part>> = parts.into_iter().collect();
    if let (Some(end), Some(row)) = (end.filter(|_| parts.is_some()), rows.last()) {
        warn_of_end(checker, row, &end);
    }
    Some(Version { rule, from, up_to: up_to?, fee: fee?, parts: parts? })
}

/// The end of the first row, `..500 EUR`.
fn first_end(checker: &mut Checker, row: &StepRow) -> Option<Vec<i64>> {
    if let StepRowKind::UpTo(range) = &row.kind
        && let ExprKind::Range { low: None, high: Some(high) } = &range.kind
    {
        return checker.constants(high, Type::Money);
    }
    let error = checker.error(codes::SCALE_ROWS, row.span, "A fee scale begins with the fee up to an amount");
    checker.report(error.help("write it first: `..500 EUR => 51.50 EUR`"));
    None
}

/// `each 500 EUR to 2_000 EUR => + 41.50 EUR`, above `low`.
fn part(checker: &mut Checker, row: &StepRow, low: Option<&[i64]>, last: bool) -> Option<Part> {
    let StepRowKind::Each { part, to } = &row.kind else {
        let error = checker.error(codes::SCALE_ROWS, row.span, "Only the first row of a fee scale gives a whole fee");
        checker.report(error.help("say what each further part adds: `each 500 EUR to 2_000 EUR => + 41.50 EUR`"));
        return None;
    };
    let size = checker.constants(part, Type::Money);
    let end = to.as_ref().map(|to| (to.span, checker.constants(to, Type::Money)));
    let more = checker.constants(&row.amount, Type::Money);
    if size.as_ref().is_some_and(|sizes| sizes.iter().any(|size| *size <= 0)) {
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
            if low.is_some_and(|low| !all_above(&to, low)) {
                let error =
                    checker.error(codes::SCALE_ROWS, span, "This row ends where the one above it ends, or before");
                checker.report(error.help("write the rows from low to high"));
                return None;
            }
            Some(to)
        }
    };
    let rule = checker.rule_at(row.span, &row.law);
    Some(Part { rule, size: size?, to, more: more? })
}

/// Whether an amount is larger than another in every currency.
fn all_above(amounts: &[i64], low: &[i64]) -> bool {
    let mut each = 0..amounts.len().max(low.len());
    each.all(|currency| in_currency(amounts, currency) > in_currency(low, currency))
}

fn warn_of_end(checker: &mut Checker, row: &StepRow, end: &[i64]) {
    let show = |(currency, end): (usize, &i64)| super::tables::show_in(&checker.model, Type::Money, *end, currency);
    let words = end.iter().enumerate().map(show).collect::<Vec<_>>().join(" | ");
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
        let ids = self.scale_of(declared, name.span)?;
        let [argument] = arguments else {
            let message = format!("The fee scale `{}` is read by one amount", name.text());
            let error = self.error(codes::WRONG_NUMBER_OF_ARGUMENTS, span, message);
            self.report(error.help(format!("write `{}(balance)`", name.text())));
            return None;
        };
        let amount = self.expr(&argument.value, Some(Type::Money))?;
        let read = |id: &ScaleId| typed(ir::Expr::Scale(*id, amount.clone(), None), Type::Money);
        in_each_currency(ids.iter().map(read).collect())
    }

    /// Whether a scale has versions by date, among which `at` can choose.
    pub(super) fn is_dated_scale(&self, id: ScaleId) -> bool {
        let scale = self.model.scales.get(id.index());
        scale.is_some_and(|scale| scale.versions.iter().any(|version| version.from.is_some()))
    }
}
