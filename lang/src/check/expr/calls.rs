//! Names with something in parentheses: quantities, functions of dates, tables.

use dunlin_machine::events::WEEKDAY;
use dunlin_machine::ir::{self, CalendarId, ChannelId, Quantity, TextId, Type};

use super::names::FUNCTIONS;
use super::typed;
use crate::check::context::Checker;
use crate::check::modules::{Declared, Family, Reported};
use crate::diagnostic::codes;
use crate::model::Expr;
use crate::syntax::tree::{self, Argument, DottedName, ExprKind, ItemKind, Name, Span};

/// How a function is written.
pub fn usage(name: &str) -> String {
    let form = match name {
        "paid_within" => "paid_within(30 days)",
        "attempts" => "attempts(phone, 7 days)",
        "contacts" => "contacts(7 days)",
        "reached_within" => "reached_within(7 days)",
        "sent" => "sent(demand)",
        "first_sent" => "first_sent(demand)",
        "last_sent" => "last_sent(demand)",
        "reachable" => "reachable(email)",
        "consent" => "consent(phone)",
        "barred" => "barred(letter)",
        "costs" => "costs(dunning)",
        "min" => "min(balance, 50 EUR)",
        "max" => "max(balance, 50 EUR)",
        "end_of_month" => "end_of_month(today)",
        "end_of_year" => "end_of_year(today)",
        "next_working_day" => "next_working_day(today)",
        "weekday" => "weekday(today)",
        _ => return String::new(),
    };
    format!("write it like `{form}`")
}

impl Checker<'_> {
    pub(super) fn call(
        &mut self,
        function: &DottedName,
        arguments: &[Argument],
        span: Span,
        expected: Option<Type>,
    ) -> Option<Expr> {
        if let Some(named) = arguments.iter().find_map(|argument| argument.name.as_ref()) {
            let message = format!("`{}` takes its values in order, without names", function.text());
            let error = self.error(codes::NAMED_ARGUMENT, named.span, message);
            self.report(error.help("leave out the name and the `=`"));
            return None;
        }
        if let Some(single) = function.single()
            && (FUNCTIONS.contains(&single.text.as_str()) || single.text == "costs")
        {
            return self.builtin_call(&single.text, arguments, span, expected);
        }
        match self.declared(Family::Value, function) {
            Ok(Some(declared)) => self.declared_call(declared, function, arguments, span),
            Ok(None) => {
                self.report_unknown_function(function);
                None
            }
            Err(Reported) => None,
        }
    }

    fn builtin_call(&mut self, name: &str, arguments: &[Argument], span: Span, expected: Option<Type>) -> Option<Expr> {
        let values: Vec<&tree::Expr> = arguments.iter().map(|argument| &argument.value).collect();
        match (name, values.as_slice()) {
            ("costs", [kind]) => {
                let kind = self.word(kind, "a kind of cost")?;
                Some(typed(ir::Expr::Read(Quantity::CostsOf(kind)), Type::Money))
            }
            ("paid_within", [within]) => self.within(within, Quantity::PaidWithin, Type::Money),
            ("contacts", [within]) => self.within(within, Quantity::Contacts, Type::Number),
            ("reached_within", [within]) => self.within(within, Quantity::ReachedWithin, Type::Bool),
            ("attempts", [channel, within]) => {
                let channel = self.channel_argument(channel);
                let within = self.expr(within, Some(Type::Duration));
                let (channel, within) = channel.zip(within)?;
                Some(typed(ir::Expr::Read(Quantity::Attempts(channel, within)), Type::Number))
            }
            ("sent" | "first_sent" | "last_sent", [template]) => self.sent(name, template, span),
            ("reachable", [channel]) => self.of_channel(channel, Quantity::Reachable),
            ("consent", [channel]) => self.of_channel(channel, Quantity::Consent),
            ("barred", [channel]) => self.of_channel(channel, Quantity::Barred),
            ("min", [_, _, ..]) => self.extreme(&values, ir::Expr::Min, span, expected),
            ("max", [_, _, ..]) => self.extreme(&values, ir::Expr::Max, span, expected),
            ("end_of_month", [date]) => self.of_date(date, ir::Expr::EndOfMonth, Type::Date),
            ("end_of_year", [date]) => self.of_date(date, ir::Expr::EndOfYear, Type::Date),
            ("weekday", [date]) => self.of_date(date, ir::Expr::Weekday, WEEKDAY),
            ("next_working_day", [date]) => self.of_date(date, |d| ir::Expr::NextWorkingDay(d, None), Type::Date),
            ("next_working_day", [date, calendar]) => {
                let calendar = self.calendar_argument(calendar);
                let date = self.expr(date, Some(Type::Date));
                let (calendar, date) = calendar.zip(date)?;
                Some(typed(ir::Expr::NextWorkingDay(date, Some(calendar)), Type::Date))
            }
            _ => {
                let message = format!("`{name}` is not read with {} in its parentheses", things(values.len()));
                let error = self.error(codes::WRONG_NUMBER_OF_ARGUMENTS, span, message);
                self.report(error.help(usage(name)));
                None
            }
        }
    }

    fn within(&mut self, within: &tree::Expr, of: impl Fn(Expr) -> Quantity<Expr>, ty: Type) -> Option<Expr> {
        let within = self.expr(within, Some(Type::Duration))?;
        Some(typed(ir::Expr::Read(of(within)), ty))
    }

    fn of_channel(&mut self, channel: &tree::Expr, of: impl Fn(ChannelId) -> Quantity<Expr>) -> Option<Expr> {
        let channel = self.channel_argument(channel)?;
        Some(typed(ir::Expr::Read(of(channel)), Type::Bool))
    }

    fn of_date(&mut self, date: &tree::Expr, of: impl Fn(Expr) -> ir::Expr<Expr>, ty: Type) -> Option<Expr> {
        let date = self.expr(date, Some(Type::Date))?;
        Some(typed(of(date), ty))
    }

    /// The word that stands there; anything but a bare name is reported.
    fn bare_name<'e>(&mut self, expr: &'e tree::Expr, what: &str) -> Option<&'e Name> {
        if let ExprKind::Name(name) = &expr.kind
            && let Some(single) = name.single()
        {
            return Some(single);
        }
        let words = self.words(expr.span).to_owned();
        let error =
            self.error(codes::NAME_EXPECTED, expr.span, format!("The name of {what} belongs here, not `{words}`"));
        self.report(error);
        None
    }

    fn word(&mut self, expr: &tree::Expr, what: &str) -> Option<TextId> {
        let name = self.bare_name(expr, what)?;
        Some(self.text(&name.text))
    }

    fn channel_argument(&mut self, expr: &tree::Expr) -> Option<ChannelId> {
        let name = self.bare_name(expr, "a channel")?;
        self.channel(name)
    }

    fn calendar_argument(&mut self, expr: &tree::Expr) -> Option<CalendarId> {
        let ExprKind::Name(name) = &expr.kind else {
            self.bare_name(expr, "a calendar")?;
            return None;
        };
        self.calendar_named(name)
    }

    fn sent(&mut self, form: &str, template: &tree::Expr, span: Span) -> Option<Expr> {
        let name = self.bare_name(template, "a template")?;
        let place = self.here(name.span);
        self.asked_templates.push((name.clone(), place));
        let template = self.template(&name.text);
        if let Some(template) = self.model.templates.get_mut(template.index()) {
            template.counted = true;
        }
        let (quantity, ty) = match form {
            "sent" => (Quantity::Sent(template), Type::Number),
            "first_sent" => (Quantity::FirstSent(template), Type::Date),
            _ => (Quantity::LastSent(template), Type::Date),
        };
        let read = typed(ir::Expr::Read(quantity), ty);
        self.require_known(&read, span).then_some(read)
    }

    /// `min`, `max` of two values or more.
    fn extreme(
        &mut self,
        values: &[&tree::Expr],
        of: impl Fn(Expr, Expr) -> ir::Expr<Expr>,
        span: Span,
        expected: Option<Type>,
    ) -> Option<Expr> {
        let mut result: Option<Expr> = None;
        for value in values {
            let wanted = result.as_ref().map(|r| r.ty).or(expected);
            let next = self.expr(value, wanted)?;
            result = Some(match result {
                None => next,
                Some(before) => {
                    let ty = before.ty;
                    typed(of(before, next), ty)
                }
            });
        }
        let result = result?;
        if matches!(result.ty, Type::Number | Type::Money | Type::Rate | Type::Date | Type::Instant) {
            return Some(result);
        }
        let message = format!("None of these is the smallest or the largest: each is {}", self.type_words(result.ty));
        let error = self.error(codes::NO_ORDER, span, message);
        self.report(error.help("numbers, amounts, rates and dates have a smaller and a larger one"));
        None
    }

    fn declared_call(
        &mut self,
        declared: Declared,
        name: &DottedName,
        arguments: &[Argument],
        span: Span,
    ) -> Option<Expr> {
        self.used.insert(name.text());
        match self.item(declared)?.kind() {
            ItemKind::Table(_) => self.table_call(declared, name, arguments, span),
            ItemKind::Steps(_) => self.scale_call(declared, name, arguments, span),
            _ => {
                let error = self.error(
                    codes::WRONG_NUMBER_OF_ARGUMENTS,
                    span,
                    format!("`{}` is not a table and is read without parentheses", name.text()),
                );
                self.report(error.fix(span, name.text()));
                None
            }
        }
    }

    fn table_call(
        &mut self,
        declared: Declared,
        name: &DottedName,
        arguments: &[Argument],
        span: Span,
    ) -> Option<Expr> {
        let id = self.table_of(declared, name.span)?;
        let table = self.model.tables.get(id.index())?;
        let (mut columns, result) = (table.columns.clone(), table.result);
        // Without `at` the rows are those of the day that is looked at.
        let day = self.dated_tables.contains(&id).then(|| typed(ir::Expr::Read(Quantity::Today), Type::Date));
        if day.is_some() {
            columns.remove(0);
        }
        if columns.len() != arguments.len() {
            let names: Vec<String> = columns.iter().map(|(name, _)| self.model.text(*name).to_owned()).collect();
            let message = format!(
                "The table `{}` is read by {}, but {} here",
                name.text(),
                things(columns.len()),
                stand(arguments.len())
            );
            let mut error = self.error(codes::WRONG_NUMBER_OF_ARGUMENTS, span, message);
            if let Some(place) = self.declared_place(declared) {
                error = error.also(place.file, place.span, "the table");
            }
            self.report(error.help(format!("write `{}({})`", name.text(), names.join(", "))));
            return None;
        }
        let values = arguments.iter().zip(&columns);
        let values: Vec<Option<Expr>> =
            values.map(|(argument, (_, ty))| self.expr(&argument.value, Some(*ty))).collect();
        let values: Option<Vec<Expr>> = values.into_iter().collect();
        Some(typed(ir::Expr::Table(id, day.into_iter().chain(values?).collect()), result))
    }

    fn report_unknown_function(&mut self, function: &DottedName) {
        let mut known: Vec<String> = FUNCTIONS.iter().map(|name| (*name).to_owned()).collect();
        known.extend(self.names_of_family(Family::Value));
        let whole = Name { text: function.text(), span: function.span };
        let plain = self.author_value(&whole.text).is_some() || super::names::is_builtin_value(&whole.text);
        let (message, help) = if plain {
            (
                format!("`{}` is not a table and is read without parentheses", whole.text),
                format!("write `{}`", whole.text),
            )
        } else if self.event_if(&whole.text).is_some() {
            (
                format!("`{}` is an event, not a value", whole.text),
                format!("`had {}` asks whether it happened", whole.text),
            )
        } else if self.named_constant(Type::Tone, &whole.text).is_some() {
            (
                format!("`{}` is a tone, not a table", whole.text),
                "a bracket after a name belongs to that name, on the next line too: let what follows begin without one"
                    .to_owned(),
            )
        } else {
            let help = "tables are declared in this file, or found in a module: `use` it, or write its dotted name";
            (format!("There is no table `{}`", whole.text), help.to_owned())
        };
        self.report_unknown(codes::UNKNOWN_VALUE, &whole, message, &known, &help);
    }
}

fn stand(count: usize) -> String {
    let verb = if count > 1 { "stand" } else { "stands" };
    format!("{} {verb}", things(count))
}

fn things(count: usize) -> String {
    match count {
        0 => "nothing".to_owned(),
        1 => "one value".to_owned(),
        count => format!("{count} values"),
    }
}
