//! Expressions in the words of the language.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::{Words, value_text};
use crate::ir::{
    CalendarId, ChannelId, Comparison, Expr, ExprId, Quantity, ScaleId, StageId, TableId, TemplateId, Type,
};
use crate::value::Currency;

/// How many operations are written out before the rest is left to `…`: a shared part is written wherever it stands.
const LONGEST: usize = 1_000;

/// How tightly an expression holds together, from loose to tight.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Binding {
    Choice,
    Or,
    And,
    Not,
    Comparison,
    Sum,
    Product,
    Value,
}

impl Words<'_> {
    /// An expression; one that is a bare constant is written as a number.
    #[must_use]
    pub fn expression(&self, id: ExprId) -> String {
        Writer { words: self, left: LONGEST }.top(id, None)
    }

    /// An expression of which the place that it stands in knows the type.
    #[must_use]
    pub fn expression_as(&self, id: ExprId, ty: Type) -> String {
        Writer { words: self, left: LONGEST }.top(id, Some(ty))
    }

    fn type_of(&self, id: ExprId) -> Option<Type> {
        self.types.get(id.index()).copied().flatten()
    }
}

struct Writer<'a, 'm> {
    words: &'a Words<'m>,
    left: usize,
}

impl Writer<'_, '_> {
    fn top(&mut self, id: ExprId, ty: Option<Type>) -> String {
        self.written(id, ty).0
    }

    /// In parentheses where it is looser than its place.
    fn within(&mut self, id: ExprId, ty: Option<Type>, least: Binding) -> String {
        let (text, binding) = self.written(id, ty);
        if binding < least { format!("({text})") } else { text }
    }

    fn written(&mut self, id: ExprId, ty: Option<Type>) -> (String, Binding) {
        let found = self.words.machine.exprs.get(id.index());
        let (Some(expr), Some(left)) = (found, self.left.checked_sub(1)) else {
            return ("…".to_string(), Binding::Value);
        };
        self.left = left;
        let ty = ty.or(self.words.type_of(id));
        match expr {
            Expr::If(condition, then, otherwise) => {
                let condition = self.within(*condition, Some(Type::Bool), Binding::Or);
                let (then, otherwise) = (self.within(*then, ty, Binding::Or), self.top(*otherwise, ty));
                (format!("if {condition} then {then} else {otherwise}"), Binding::Choice)
            }
            Expr::Or(a, b) => self.infix(*a, "or", *b, Some(Type::Bool), Binding::Or),
            Expr::And(a, b) => self.infix(*a, "and", *b, Some(Type::Bool), Binding::And),
            Expr::Not(a) => (format!("not {}", self.within(*a, Some(Type::Bool), Binding::Value)), Binding::Not),
            Expr::Compare(comparison, a, b) => {
                let ty = self.words.type_of(*a).or(self.words.type_of(*b));
                self.compared(*comparison, *a, *b, ty)
            }
            Expr::CompareDurations(comparison, a, b) => self.compared(*comparison, *a, *b, Some(Type::Duration)),
            Expr::Known(a) => (format!("{} known", self.within(*a, None, Binding::Value)), Binding::Comparison),
            Expr::Add(a, b) => self.infix(*a, "+", *b, ty, Binding::Sum),
            Expr::Subtract(a, b) => self.infix(*a, "-", *b, ty, Binding::Sum),
            Expr::DatePlus(a, b) => self.mixed(*a, "+", *b, (Type::Date, Type::Duration), Binding::Sum),
            Expr::DateMinus(a, b) => self.mixed(*a, "-", *b, (Type::Date, Type::Duration), Binding::Sum),
            Expr::DaysBetween(a, b) => self.infix(*a, "-", *b, Some(Type::Date), Binding::Sum),
            Expr::Multiply(a, b) => self.product(*a, *b, ty),
            Expr::TimesRate(a, b) => self.mixed(*a, "*", *b, (Type::Money, Type::Rate), Binding::Product),
            Expr::Dated(id, Some(day)) => {
                let day = self.within(*day, Some(Type::Date), Binding::Value);
                (format!("{} at {day}", self.dated(id.index())), Binding::Comparison)
            }
            Expr::Scale(id, amount, Some(day)) => {
                let day = self.within(*day, Some(Type::Date), Binding::Value);
                (format!("{} at {day}", self.scale(*id, *amount)), Binding::Comparison)
            }
            // They are one name, read in each currency.
            Expr::InCurrency(amounts) if !amounts.is_empty() => self.written(amounts[0], ty),
            _ => (self.value(expr, ty), Binding::Value),
        }
    }

    fn infix(&mut self, a: ExprId, word: &str, b: ExprId, ty: Option<Type>, binding: Binding) -> (String, Binding) {
        let (left, right) = (self.within(a, ty, binding), self.within(b, ty, tighter(binding)));
        (format!("{left} {word} {right}"), binding)
    }

    fn mixed(&mut self, a: ExprId, word: &str, b: ExprId, types: (Type, Type), binding: Binding) -> (String, Binding) {
        let (left, right) = (self.within(a, Some(types.0), binding), self.within(b, Some(types.1), tighter(binding)));
        (format!("{left} {word} {right}"), binding)
    }

    fn compared(&mut self, comparison: Comparison, a: ExprId, b: ExprId, ty: Option<Type>) -> (String, Binding) {
        let (left, right) = (self.within(a, ty, Binding::Sum), self.within(b, ty, Binding::Sum));
        (format!("{left} {} {right}", sign(comparison)), Binding::Comparison)
    }

    /// Of an amount and a number, the number is the one that the amount is not.
    fn product(&mut self, a: ExprId, b: ExprId, ty: Option<Type>) -> (String, Binding) {
        let types = match (self.words.type_of(a), self.words.type_of(b)) {
            (_, Some(Type::Money)) | (Some(Type::Number), None) => (Type::Number, ty.unwrap_or(Type::Number)),
            _ => (ty.unwrap_or(Type::Number), Type::Number),
        };
        self.mixed(a, "*", b, types, Binding::Product)
    }

    /// What needs no parentheses anywhere.
    fn value(&mut self, expr: &Expr, ty: Option<Type>) -> String {
        let (words, m) = (self.words, self.words.machine);
        let date = Some(Type::Date);
        match expr {
            Expr::Const(value) => words.value(ty.unwrap_or(Type::Number), *value),
            Expr::Fact(id) => words.name(m.facts.get(id.index()).map(|fact| fact.name)).to_string(),
            Expr::Param(id) => words.name(m.params.get(id.index()).map(|param| param.name)).to_string(),
            Expr::Var(id) => words.name(m.vars.get(id.index()).map(|var| var.name)).to_string(),
            Expr::Kept(position) => self.kept(*position),
            Expr::Read(quantity) => self.quantity(quantity),
            Expr::Min(a, b) => format!("min({}, {})", self.top(*a, ty), self.top(*b, ty)),
            Expr::Max(a, b) => format!("max({}, {})", self.top(*a, ty), self.top(*b, ty)),
            Expr::EndOfMonth(a) => format!("end_of_month({})", self.top(*a, date)),
            Expr::EndOfYear(a) => format!("end_of_year({})", self.top(*a, date)),
            Expr::NextWorkingDay(a, calendar) => self.next_working_day(*a, *calendar),
            Expr::Weekday(a) => format!("weekday({})", self.top(*a, date)),
            Expr::Table(id, arguments) => self.table(*id, arguments),
            Expr::Dated(id, _) => self.dated(id.index()).to_string(),
            Expr::Scale(id, amount, _) => self.scale(*id, *amount),
            Expr::Amounts(values) => self.amounts(values),
            // Everything else was written before.
            _ => "…".to_string(),
        }
    }

    fn kept(&self, position: u16) -> String {
        let m = self.words.machine;
        let kept = m.kept.get(usize::from(position));
        let event = kept.and_then(|kept| m.events.get(kept.event.index()));
        let param = kept.and_then(|kept| event?.params.get(usize::from(kept.param)));
        format!("{}.{}", self.words.name(event.map(|e| e.name)), self.words.name(param.map(|p| p.name)))
    }

    fn next_working_day(&mut self, date: ExprId, calendar: Option<CalendarId>) -> String {
        let date = self.top(date, Some(Type::Date));
        let found = calendar.and_then(|id| self.words.machine.calendars.get(id.index()));
        let named = found.map_or_else(String::new, |calendar| format!(", {}", calendar.name));
        format!("next_working_day({date}{named})")
    }

    fn table(&mut self, id: TableId, arguments: &[ExprId]) -> String {
        let table = self.words.machine.tables.get(id.index());
        let column = |n: usize| table.and_then(|table| table.columns.get(n)).map(|(_, ty)| *ty);
        let written: Vec<_> = arguments.iter().enumerate().map(|(n, id)| self.top(*id, column(n))).collect();
        format!("{}({})", self.words.name(table.map(|table| table.name)), written.join(", "))
    }

    fn dated(&self, id: usize) -> &str {
        self.words.name(self.words.machine.dated.get(id).map(|dated| dated.name))
    }

    fn scale(&mut self, id: ScaleId, amount: ExprId) -> String {
        let name = self.words.name(self.words.machine.scales.get(id.index()).map(|scale| scale.name));
        format!("{name}({})", self.top(amount, Some(Type::Money)))
    }

    fn amounts(&self, values: &[i64]) -> String {
        let m = self.words.machine;
        let amount = |(currency, value): (&Currency, &i64)| value_text(m, Type::Money, *value, *currency);
        m.currencies.iter().zip(values).map(amount).collect::<Vec<_>>().join(" | ")
    }

    fn window(&mut self, id: ExprId) -> String {
        self.top(id, Some(Type::Duration))
    }

    fn quantity(&mut self, quantity: &Quantity) -> String {
        let words = self.words;
        match quantity {
            Quantity::CostsOf(kind) => format!("costs({})", words.text(*kind)),
            Quantity::PaidWithin(window) => format!("paid_within({})", self.window(*window)),
            Quantity::Attempts(id, window) => format!("attempts({}, {})", words.channel(*id), self.window(*window)),
            Quantity::Contacts(window) => format!("contacts({})", self.window(*window)),
            Quantity::ReachedWithin(window) => format!("reached_within({})", self.window(*window)),
            Quantity::Sent(id) => format!("sent({})", words.template(*id)),
            Quantity::FirstSent(id) => format!("first_sent({})", words.template(*id)),
            Quantity::LastSent(id) => format!("last_sent({})", words.template(*id)),
            Quantity::Reachable(id) => format!("reachable({})", words.channel(*id)),
            Quantity::Consent(id) => format!("consent({})", words.channel(*id)),
            Quantity::Barred(id) => format!("barred({})", words.channel(*id)),
            Quantity::Had(position) => {
                let noted = words.machine.noted.get(usize::from(*position));
                format!("had {}", noted.map_or_else(|| "?".to_string(), |noted| words.event(noted)))
            }
            Quantity::In(stages) => format!("in {}", words.any_of(stages)),
            Quantity::BeenIn(stages) => format!("been in {}", words.any_of(stages)),
            plain => word(plain).to_string(),
        }
    }
}

impl<'m> Words<'m> {
    /// The name of a channel.
    #[must_use]
    pub fn channel(&self, id: ChannelId) -> &'m str {
        self.name(self.machine.channels.get(usize::from(id.0)).copied())
    }

    /// The name of a template.
    #[must_use]
    pub fn template(&self, id: TemplateId) -> &'m str {
        self.name(self.machine.templates.get(id.index()).map(|template| template.name))
    }

    /// The name of a stage or outcome.
    #[must_use]
    pub fn stage(&self, id: StageId) -> &'m str {
        self.name(self.machine.stages.get(id.index()).map(|stage| stage.name))
    }
}

/// What an operand on the right side has to bind like, since all operators group to the left.
const fn tighter(binding: Binding) -> Binding {
    match binding {
        Binding::Choice => Binding::Or,
        Binding::Or => Binding::And,
        Binding::And => Binding::Not,
        Binding::Not | Binding::Comparison => Binding::Sum,
        Binding::Sum => Binding::Product,
        Binding::Product | Binding::Value => Binding::Value,
    }
}

const fn sign(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Equal => "=",
        Comparison::NotEqual => "is not",
        Comparison::Less => "<",
        Comparison::LessOrEqual => "<=",
        Comparison::Greater => ">",
        Comparison::GreaterOrEqual => ">=",
    }
}

/// The quantities that are one word, or two.
const fn word(quantity: &Quantity) -> &'static str {
    match quantity {
        Quantity::Balance => "balance",
        Quantity::Principal => "principal",
        Quantity::Interest => "interest",
        Quantity::Costs => "costs",
        Quantity::Paid => "paid",
        Quantity::Overdue => "overdue",
        Quantity::Disputed => "disputed",
        Quantity::Undisputed => "undisputed",
        Quantity::Fresh => "fresh",
        Quantity::Claimed => "claimed",
        Quantity::OverdueDays => "overdue_days",
        Quantity::OldestDue => "oldest_due",
        Quantity::Deadline => "deadline",
        Quantity::Claims => "claims",
        Quantity::Opened => "opened",
        Quantity::StageSince => "stage_since",
        Quantity::Today => "today",
        Quantity::Now => "now",
        Quantity::DisputeOpen => "dispute open",
        Quantity::PromiseOpen => "promise open",
        Quantity::PlanActive => "plan active",
        Quantity::PlanMissed => "plan.missed",
        Quantity::PlanPaid => "plan.paid",
        Quantity::PlanRemaining => "plan.remaining",
        Quantity::Titled => "titled",
        Quantity::Changed => "changed",
        Quantity::LimitationDate => "limitation_date",
        Quantity::DebtorKind => "debtor.kind",
        Quantity::DebtorLanguage => "debtor.language",
        Quantity::DebtorRegion => "debtor.region",
        Quantity::DebtorTimeZone => "debtor.time_zone",
        Quantity::DebtorAge => "debtor.age",
        Quantity::Debtors => "debtors",
        Quantity::ClaimDue => "due",
        Quantity::ClaimArose => "arose",
        Quantity::ClaimDefaultOn => "default_on",
        Quantity::ClaimKind => "kind",
        _ => "…",
    }
}
