//! A machine in the words of the language: whole, for people who compare two of them, and piece by piece, for
//! explanations. The same machine gives the same text.

mod actions;
mod expressions;
mod guarantees;
mod page;
mod plans;
mod tables;
mod values;

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::ir::{ExprId, Machine, RuleId, TextId, Type};
use crate::value::Currency;
use crate::verify::types_upwards;

/// An expression as its author could have written it, amounts in the machine's first currency.
#[must_use]
pub fn expression(machine: &Machine, id: ExprId) -> String {
    Words::new(machine).expression(id)
}

/// A value as the language writes it: `2026-01-05`, `120.00 EUR`, `5 %`, `14 days`, `gold`, `"DE-NW"`.
///
/// A text of the case, which the machine does not know, is `a text of the case`; a number that is no value of the type
/// is the bare number.
#[must_use]
pub fn value_text(machine: &Machine, ty: Type, value: i64, currency: Currency) -> String {
    values::value(machine, ty, value, currency)
}

/// Writes the parts of a machine in the words of the language.
pub struct Words<'m> {
    machine: &'m Machine,
    currency: Currency,
    /// The type of each expression that is not made of constants alone.
    types: Vec<Option<Type>>,
}

impl<'m> Words<'m> {
    /// Words with amounts in the machine's first currency.
    #[must_use]
    pub fn new(machine: &'m Machine) -> Self {
        Self::in_currency(machine, machine.currencies.first().copied().unwrap_or(Currency::EUR))
    }

    /// Words with amounts in the currency of a case.
    #[must_use]
    pub fn in_currency(machine: &'m Machine, currency: Currency) -> Self {
        Self { machine, currency, types: types_upwards(machine) }
    }

    /// A value; see [`value_text`].
    #[must_use]
    pub fn value(&self, ty: Type, value: i64) -> String {
        value_text(self.machine, ty, value, self.currency)
    }

    /// The name of a type: `money`, `gold | standard | risk`.
    #[must_use]
    pub fn ty(&self, ty: Type) -> String {
        values::type_name(self.machine, ty)
    }

    /// Where a rule stands, with the law that its author named: `acme.dun:12, § 286 (1) BGB`.
    #[must_use]
    pub fn citation(&self, id: RuleId) -> String {
        let Some(rule) = self.machine.rules.get(id.index()) else { return String::from("?") };
        let file = self.machine.files.get(usize::from(rule.file)).map_or("?", String::as_str);
        let law = rule.law.map_or_else(String::new, |law| alloc::format!(", {}", self.text(law)));
        alloc::format!("{file}:{}{law}", rule.line)
    }

    /// A text of the machine; `?` where there is none.
    #[must_use]
    pub fn text(&self, id: TextId) -> &'m str {
        self.machine.texts.get(id.index()).map_or("?", String::as_str)
    }

    fn name(&self, id: Option<TextId>) -> &'m str {
        id.map_or("?", |id| self.text(id))
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&page::write(self))
    }
}
