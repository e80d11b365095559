//! Values in words: names, amounts and dates as the language writes them, and the same as JSON.

use crate::strategy::Strategy;
use dunlin_machine::ir::{Channels, ExprId, Type};
use dunlin_machine::text::value_text;
use dunlin_machine::value::{Currency, Money};
use dunlin_runtime::case::Case;
use serde_json::{Value, json};

impl Strategy {
    /// A value as the language writes it: `120.00 EUR`, `5 %`, `14 days`, `"DE-NW"`, `gold`. `texts` are the case's own.
    #[must_use]
    pub fn value_words(&self, ty: Type, value: i64, currency: Currency, texts: &[String]) -> String {
        match ty {
            Type::Text => format!("\"{}\"", self.text_value(value, texts)),
            _ => value_text(self.machine(), ty, value, currency),
        }
    }

    /// A value as JSON: amounts as decimal strings, numbers and yes and no as such, everything else as text.
    #[must_use]
    pub fn value_json(&self, ty: Type, value: i64, currency: Currency, texts: &[String]) -> Value {
        match ty {
            Type::Bool => json!(value != 0),
            Type::Number => json!(value),
            Type::Money => json!(amount(Money(value), currency)),
            Type::Text => json!(self.text_value(value, texts)),
            _ => json!(self.value_words(ty, value, currency, texts)),
        }
    }

    /// The text behind a text value.
    #[must_use]
    pub fn text_value<'t>(&'t self, value: i64, texts: &'t [String]) -> &'t str {
        let found = match usize::try_from(value) {
            Ok(at) => self.machine().texts.get(at),
            Err(_) => usize::try_from(-1 - value).ok().and_then(|at| texts.get(at)),
        };
        found.map_or("", String::as_str)
    }

    /// The type of what a rule read: a fact, a parameter, a quantity … What is worked out from others has none here.
    pub(crate) fn type_of(&self, id: ExprId) -> Option<Type> {
        self.machine().type_of(id)
    }

    /// The names of the channels, in order.
    #[must_use]
    pub fn channels(&self, channels: Channels) -> Vec<&str> {
        let names = channels.iter().filter_map(|channel| self.machine().channels.get(usize::from(channel.0)));
        names.map(|id| self.text(*id)).collect()
    }

    /// The currency of a case.
    #[must_use]
    pub fn currency_of(&self, case: &Case) -> Currency {
        let currencies = &self.machine().currencies;
        currencies.get(usize::from(case.currency)).copied().unwrap_or(Currency::EUR)
    }

    /// The name of a stage or outcome.
    #[must_use]
    pub fn stage_name(&self, stage: dunlin_machine::ir::StageId) -> &str {
        self.machine().stages.get(stage.index()).map_or("", |stage| self.text(stage.name))
    }

    /// The title of a stage or outcome; its name where it has none.
    #[must_use]
    pub fn stage_title(&self, stage: dunlin_machine::ir::StageId) -> &str {
        match self.machine().stages.get(stage.index()).map_or("", |stage| self.text(stage.title)) {
            "" => self.stage_name(stage),
            title => title,
        }
    }
}

/// An amount as a decimal string: `120.00`.
#[must_use]
pub fn amount(money: Money, currency: Currency) -> String {
    money.display(currency).to_string()
}
