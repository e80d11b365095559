//! Names in expressions: values of an enumeration, parameters of events, facts, params, vars, what the case says.

use dunlin_machine::events::{BUILTIN_EVENTS, DEBTOR_KIND};
use dunlin_machine::ir::{self, EventId, Quantity, Type};

use super::{constant, in_each_currency, typed};
use crate::check::context::{Checker, Value, or_list};
use crate::check::modules::{Declared, Family, Reported};
use crate::diagnostic::codes;
use crate::model::Expr;
use crate::syntax::tree::{self, DottedName, ExprKind, ItemKind, Name};

/// How many names a message lists of those that could stand where an unknown one does.
const MOST_LISTED: usize = 12;

/// What a guard can read by a plain name.
const QUANTITIES: [(&str, Quantity<Expr>, Type); 22] = [
    ("balance", Quantity::Balance, Type::Money),
    ("principal", Quantity::Principal, Type::Money),
    ("interest", Quantity::Interest, Type::Money),
    ("costs", Quantity::Costs, Type::Money),
    ("paid", Quantity::Paid, Type::Money),
    ("overdue", Quantity::Overdue, Type::Money),
    ("disputed", Quantity::Disputed, Type::Money),
    ("undisputed", Quantity::Undisputed, Type::Money),
    ("fresh", Quantity::Fresh, Type::Money),
    ("claimed", Quantity::Claimed, Type::Money),
    ("overdue_days", Quantity::OverdueDays, Type::Number),
    ("oldest_due", Quantity::OldestDue, Type::Date),
    ("deadline", Quantity::Deadline, Type::Date),
    ("claims", Quantity::Claims, Type::Number),
    ("opened", Quantity::Opened, Type::Date),
    ("stage_since", Quantity::StageSince, Type::Date),
    ("today", Quantity::Today, Type::Date),
    ("now", Quantity::Now, Type::Instant),
    ("titled", Quantity::Titled, Type::Bool),
    ("changed", Quantity::Changed, Type::Bool),
    ("limitation_date", Quantity::LimitationDate, Type::Date),
    ("debtors", Quantity::Debtors, Type::Number),
];

/// What can be read of the debtor.
const DEBTOR: [(&str, Quantity<Expr>, Type); 5] = [
    ("kind", Quantity::DebtorKind, DEBTOR_KIND),
    ("language", Quantity::DebtorLanguage, Type::Text),
    ("region", Quantity::DebtorRegion, Type::Text),
    ("time_zone", Quantity::DebtorTimeZone, Type::Text),
    ("age", Quantity::DebtorAge, Type::Number),
];

/// What can be read of the active plan.
const PLAN: [(&str, Quantity<Expr>, Type); 3] = [
    ("missed", Quantity::PlanMissed, Type::Number),
    ("paid", Quantity::PlanPaid, Type::Money),
    ("remaining", Quantity::PlanRemaining, Type::Money),
];

/// What an interest rule can read of its claim.
const CLAIM: [(&str, Quantity<Expr>, Type); 4] = [
    ("due", Quantity::ClaimDue, Type::Date),
    ("arose", Quantity::ClaimArose, Type::Date),
    ("default_on", Quantity::ClaimDefaultOn, Type::Date),
    ("kind", Quantity::ClaimKind, Type::Text),
];

/// Words that are read with something in parentheses.
pub const FUNCTIONS: [&str; 16] = [
    "paid_within",
    "attempts",
    "contacts",
    "reached_within",
    "sent",
    "first_sent",
    "last_sent",
    "reachable",
    "consent",
    "barred",
    "min",
    "max",
    "end_of_month",
    "end_of_year",
    "next_working_day",
    "weekday",
];

/// Whether the language itself gives this name a value.
pub fn is_builtin_value(name: &str) -> bool {
    let known = |list: &[(&str, Quantity<Expr>, Type)]| list.iter().any(|(word, _, _)| *word == name);
    known(&QUANTITIES) || FUNCTIONS.contains(&name) || matches!(name, "true" | "false" | "debtor" | "plan")
}

fn quantity(list: &[(&str, Quantity<Expr>, Type)], name: &str) -> Option<Expr> {
    let (_, quantity, ty) = list.iter().find(|(word, _, _)| *word == name)?;
    Some(typed(ir::Expr::Read(quantity.clone()), *ty))
}

impl Checker<'_> {
    pub(super) fn name(&mut self, name: &DottedName, expected: Option<Type>) -> Option<Expr> {
        match name.single() {
            Some(single) => self.plain_name(single, name, expected),
            None => self.dotted_name(name),
        }
    }

    fn plain_name(&mut self, name: &Name, whole: &DottedName, expected: Option<Type>) -> Option<Expr> {
        if let Some(expected) = expected
            && let Some(value) = self.named_constant(expected, &name.text)
        {
            return Some(constant(value, expected));
        }
        if let Some((event, param)) = self.parameter_in_scope(&name.text) {
            self.report_two_meanings(name, event)?;
            return self.kept_value(event, param, name.span);
        }
        if let Some(value) = self.author_value(&name.text).map(|named| named.means) {
            self.used.insert(self.full_name(&name.text));
            return self.value(value, name);
        }
        if self.scope.claim
            && let Some(read) = quantity(&CLAIM, &name.text)
        {
            return self.lackable(read, name.span);
        }
        if let Some(read) = quantity(&QUANTITIES, &name.text) {
            return self.plain_quantity(read, name);
        }
        match self.declared(Family::Value, whole) {
            Ok(Some(declared)) => self.declared_value(declared, whole),
            Ok(None) => {
                self.report_unknown_value(name, expected);
                None
            }
            Err(Reported) => None,
        }
    }

    /// The parameter that a plain name stands for here: one that was bound to it, or one of the trigger's event.
    fn parameter_in_scope(&self, name: &str) -> Option<(EventId, u8)> {
        if let Some(binding) = self.scope.bindings.iter().rev().find(|binding| binding.name == name) {
            return Some((binding.event, binding.param));
        }
        let event = self.scope.event?;
        self.parameter_of(event, name).map(|param| (event, param))
    }

    fn parameter_of(&self, event: EventId, name: &str) -> Option<u8> {
        let params = &self.model.events.get(event.index())?.params;
        params.iter().position(|param| self.model.text(param.name) == name).map(|n| n as u8)
    }

    /// A plain name that is both a value and the event's parameter: the author says which.
    fn report_two_meanings(&mut self, name: &Name, event: EventId) -> Option<()> {
        let author = self.author_value(&name.text).map(|named| named.place);
        if author.is_none() && !QUANTITIES.iter().any(|(word, _, _)| *word == name.text) {
            return Some(());
        }
        let event = self.event_name(event);
        let message = format!("`{}` may be the case's or what `{event}` brings", name.text);
        let mut error = self.error_saying(codes::TWO_MEANINGS, name.span, message, "which one?");
        if let Some(place) = author {
            error = error.also(place.file, place.span, "the case's is declared here");
        }
        let full = format!("{event}.{}", name.text);
        self.report(error.help(format!("for the event's, write `{full}`")).fix(name.span, full));
        None
    }

    fn kept_value(&mut self, event: EventId, param: u8, span: tree::Span) -> Option<Expr> {
        let ty = self.model.events.get(event.index())?.params.get(usize::from(param))?.ty;
        let kept = self.kept(event, param);
        self.lackable(typed(ir::Expr::Kept(kept), ty), span)
    }

    /// A read of what a case may lack, which must have been asked for.
    fn lackable(&mut self, read: Expr, span: tree::Span) -> Option<Expr> {
        self.require_known(&read, span).then_some(read)
    }

    fn value(&mut self, value: Value, name: &Name) -> Option<Expr> {
        let ty = self.type_of_value(value);
        match value {
            Value::Fact(id) => self.lackable(typed(ir::Expr::Fact(id), ty), name.span),
            Value::Param(id) => Some(typed(ir::Expr::Param(id), ty)),
            Value::Var(id) => Some(typed(ir::Expr::Var(id), ty)),
            Value::Broken => None,
        }
    }

    fn plain_quantity(&mut self, read: Expr, name: &Name) -> Option<Expr> {
        if name.text == "changed" && !self.scope.in_trigger {
            let error = self.error(
                codes::CHANGED_NOT_HERE,
                name.span,
                "`changed` looks back to when its trigger last acted, and here is no trigger",
            );
            self.report(error.help("write it behind the `when` of a trigger: `every working day when changed: …`"));
            return None;
        }
        if name.text == "limitation_date" {
            let place = self.here(name.span);
            self.limitation.read.get_or_insert(place);
        }
        self.lackable(read, name.span)
    }

    fn dotted_name(&mut self, name: &DottedName) -> Option<Expr> {
        if let [first, second] = name.parts.as_slice() {
            match first.text.as_str() {
                "debtor" => return self.debtor(second, name.span),
                "plan" => return self.plan_value(second),
                _ => {}
            }
            if let Some(event) = self.event_if(&first.text) {
                return self.event_parameter(event, second, name.span);
            }
        }
        match self.declared(Family::Value, name) {
            Ok(Some(declared)) => self.declared_value(declared, name),
            Ok(None) => {
                self.report_unknown_dotted(name);
                None
            }
            Err(Reported) => None,
        }
    }

    fn debtor(&mut self, field: &Name, span: tree::Span) -> Option<Expr> {
        if let Some(read) = quantity(&DEBTOR, &field.text) {
            return self.lackable(read, span);
        }
        let known: Vec<String> = DEBTOR.iter().map(|(word, _, _)| (*word).to_owned()).collect();
        let message = format!("Nothing is known of a debtor by the name `{}`", field.text);
        let help = format!("of a debtor can be read: {}", or_list(&known));
        self.report_unknown(codes::UNKNOWN_VALUE, field, message, &known, &help);
        None
    }

    fn plan_value(&mut self, field: &Name) -> Option<Expr> {
        if let Some(read) = quantity(&PLAN, &field.text) {
            return Some(read);
        }
        let known: Vec<String> = PLAN.iter().map(|(word, _, _)| (*word).to_owned()).collect();
        let message = format!("Nothing is known of a plan by the name `{}`", field.text);
        let help = format!("of a plan can be read: {}; `plan active` asks whether there is one", or_list(&known));
        self.report_unknown(codes::UNKNOWN_VALUE, field, message, &known, &help);
        None
    }

    fn event_parameter(&mut self, event: EventId, param: &Name, span: tree::Span) -> Option<Expr> {
        if let Some(position) = self.parameter_of(event, &param.text) {
            return self.kept_value(event, position, span);
        }
        let params = self.parameter_names(event);
        let event = self.event_name(event);
        let message = format!("The event `{event}` brings no `{}`", param.text);
        let help = match params.as_slice() {
            [] => format!("`{event}` brings nothing but itself; `had {event}` asks whether it came"),
            _ => format!("it brings {}", or_list(&params)),
        };
        self.report_unknown(codes::UNKNOWN_PARAMETER, param, message, &params, &help);
        None
    }

    /// The names of an event's parameters.
    pub fn parameter_names(&self, event: EventId) -> Vec<String> {
        let params = self.model.events.get(event.index()).map_or(&[][..], |e| e.params.as_slice());
        params.iter().map(|param| self.model.text(param.name).to_owned()).collect()
    }

    /// A table, scale or dated value read by its bare name.
    fn declared_value(&mut self, declared: Declared, name: &DottedName) -> Option<Expr> {
        self.used.insert(name.text());
        match self.item(declared)?.kind() {
            ItemKind::Value(_) => {
                let ids = self.dated_of(declared, name.span)?;
                let ty = self.model.dated.get(ids.first()?.index())?.ty;
                in_each_currency(ids.iter().map(|id| typed(ir::Expr::Dated(*id, None), ty)).collect())
            }
            ItemKind::Steps(_) => {
                let message = format!("`{}` is a fee scale and is read by an amount in its parentheses", name.text());
                let error = self.error(codes::TABLE_WITHOUT_ARGUMENTS, name.span, message);
                self.report(error.help(format!("write `{}(balance)`", name.text())));
                None
            }
            _ => {
                let message = format!("`{}` is a table and is read by what stands in its parentheses", name.text());
                let error = self.error(codes::TABLE_WITHOUT_ARGUMENTS, name.span, message);
                self.report(error.help(format!("write `{}(…)` with a value for each of its columns", name.text())));
                None
            }
        }
    }

    /// `VALUE at DATE`.
    pub(super) fn at(&mut self, value: &tree::Expr, date: &tree::Expr) -> Option<Expr> {
        let day = self.expr(date, Some(Type::Date));
        let read = self.expr(value, None)?;
        if !self.is_by_date(&read) {
            let words = self.words(value.span).to_owned();
            let message = format!("`{words}` has no rows by date, so `at` cannot choose one");
            let error = self.error(codes::NOT_DATED, value.span, message);
            self.report(error.help("values by date are declared by `NAME = value : TYPE { from DATE => … }`"));
            return None;
        }
        Some(as_of(read, &day?))
    }

    /// Whether it is a dated value, table or scale, read as of the day that is looked at.
    fn is_by_date(&self, read: &Expr) -> bool {
        match read.node.as_ref() {
            ir::Expr::Dated(_, None) => true,
            ir::Expr::Table(id, arguments) => self.is_of_the_day(*id, arguments),
            ir::Expr::Scale(id, _, None) => self.is_dated_scale(*id),
            ir::Expr::InCurrency(amounts) => amounts.iter().all(|amount| self.is_by_date(amount)),
            _ => false,
        }
    }

    /// Whether a table that changes by date is read as of the day that is looked at.
    pub fn is_of_the_day(&self, table: ir::TableId, arguments: &[Expr]) -> bool {
        let today = |first: &Expr| matches!(first.node.as_ref(), ir::Expr::Read(Quantity::Today));
        self.dated_tables.contains(&table) && arguments.first().is_some_and(today)
    }

    /// Whether it is a bare name that no value has.
    pub fn is_unknown_name(&mut self, expr: &tree::Expr) -> bool {
        let ExprKind::Name(name) = &expr.kind else { return false };
        let Some(single) = name.single() else { return false };
        let text = single.text.as_str();
        let known = self.parameter_in_scope(text).is_some()
            || self.author_value(text).is_some()
            || QUANTITIES.iter().any(|(word, _, _)| *word == text)
            || (self.scope.claim && quantity(&CLAIM, text).is_some());
        !known && !self.is_declared(Family::Value, name)
    }

    fn report_unknown_value(&mut self, name: &Name, expected: Option<Type>) {
        if self.scope.unheard {
            return;
        }
        let (mut message, mut help) = (format!("Nothing here is called `{}`", name.text), String::new());
        let mut known = self.value_names();
        if let Some(expected) = expected
            && !self.names_of_type(expected).is_empty()
        {
            known = self.names_of_type(expected);
            message = format!("`{}` is not {}", name.text, self.type_words(expected));
            help = format!("{} belongs here", self.type_words(expected));
            if known.len() <= MOST_LISTED && !matches!(expected, Type::Enum(_)) {
                help = format!("{help}: {}", or_list(&known));
            }
        } else if expected == Some(Type::Text) {
            let quoted = format!("\"{}\"", name.text);
            let error = self.error(codes::UNKNOWN_VALUE, name.span, message);
            self.report(error.help("a text stands in quotes").fix(name.span, quoted));
            return;
        } else if let Some(words) = self.help_of_stranger(&name.text).or_else(|| self.where_it_is_a_value(&name.text)) {
            help = words;
        } else if DEBTOR.iter().any(|(word, _, _)| *word == name.text) {
            let full = format!("debtor.{}", name.text);
            let error = self.error(codes::UNKNOWN_VALUE, name.span, message);
            self.report(error.help(format!("did you mean the debtor's, `{full}`?")).fix(name.span, full));
            return;
        } else if FUNCTIONS.contains(&name.text.as_str()) {
            message = format!("`{}` is read with something in parentheses", name.text);
            help = super::calls::usage(&name.text);
        } else if self.event_if(&name.text).is_some() {
            message = format!("`{}` is an event, not a value", name.text);
            help = format!("`had {}` asks whether it happened", name.text);
        } else if self.names.stages.contains_key(&self.full_name(&name.text)) {
            message = format!("`{}` is a stage, not a value", name.text);
            help = format!("`in {0}` asks whether the case is there, `been in {0}` whether it ever was", name.text);
        }
        self.report_unknown(codes::UNKNOWN_VALUE, name, message, &known, &help);
    }

    /// The names of values that can be written here, for suggestions.
    pub fn value_names(&self) -> Vec<String> {
        let mut names = self.author_values();
        names.extend(QUANTITIES.iter().map(|(word, _, _)| (*word).to_owned()));
        names.extend(self.names_of_family(Family::Value));
        names.extend(self.scope.bindings.iter().map(|binding| binding.name.clone()));
        names.extend(self.scope.event.map(|event| self.parameter_names(event)).unwrap_or_default());
        names
    }

    /// `gold` where no type says that a segment is meant.
    fn where_it_is_a_value(&self, name: &str) -> Option<String> {
        let of = self.model.enums.iter().find(|e| e.values.iter().any(|value| self.model.text(*value) == name));
        if let Some(of) = of {
            let of = self.model.text(of.name).replace("debtor_kind", "debtor.kind");
            return Some(format!(
                "`{name}` is one of the values of `{of}`; it has a meaning only beside one: `{of} is {name}`"
            ));
        }
        let channel = self.model.channels.iter().any(|id| self.model.text(*id) == name);
        let kind = if channel { "channel" } else { "tone" };
        (channel || self.tone(name).is_some())
            .then(|| format!("`{name}` is a {kind}; it has a meaning only where one is expected"))
    }

    fn report_unknown_dotted(&mut self, name: &DottedName) {
        let Some(first) = name.parts.first() else { return };
        if self.names.broken.contains(&first.text) || self.names.broken.contains(&name.text()) {
            return;
        }
        let events: Vec<String> =
            BUILTIN_EVENTS.iter().map(|event| event.name.to_owned()).chain(self.names.events.keys().cloned()).collect();
        let message = format!("Nothing is called `{}`", name.text());
        let help = format!("`{}` is neither an event, nor `debtor`, nor a module", first.text);
        self.report_unknown(codes::UNKNOWN_VALUE, first, message, &events, &help);
    }
}

/// The same as of a day: for what [`Checker::is_by_date`] finds to be so.
fn as_of(read: Expr, day: &Expr) -> Expr {
    let node = match *read.node {
        ir::Expr::Dated(id, None) => ir::Expr::Dated(id, Some(day.clone())),
        ir::Expr::Scale(id, amount, None) => ir::Expr::Scale(id, amount, Some(day.clone())),
        ir::Expr::Table(id, mut arguments) => {
            if let Some(first) = arguments.first_mut() {
                *first = day.clone();
            }
            ir::Expr::Table(id, arguments)
        }
        ir::Expr::InCurrency(amounts) => {
            ir::Expr::InCurrency(amounts.into_iter().map(|amount| as_of(amount, day)).collect())
        }
        other => other,
    };
    typed(node, read.ty)
}
