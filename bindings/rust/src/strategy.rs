//! A compiled strategy, as a host holds it.

use crate::error::Error;
use dunlin_machine::binary::MachineHash;
#[cfg(feature = "compile")]
use dunlin_machine::figures::RowsError;
#[cfg(feature = "compile")]
use dunlin_machine::ir::{AddedRows, DatedId};
use dunlin_machine::ir::{FactId, Machine, RuleId, TextId, Type};
use dunlin_machine::value::{Currency, Date, Instant};

/// A compiled strategy: the machine and its hash. It never changes, and many threads may use one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Strategy {
    machine: Machine,
    hash: MachineHash,
}

/// Reads a stored machine, as [`Strategy::to_bytes`] and `dunlin build` write it. Needs no compiler.
///
/// # Errors
/// [`Error::is_machine`]: the bytes are cut short, damaged, of another format, or the machine contradicts itself.
pub fn load(bytes: &[u8]) -> Result<Strategy, Error> {
    let machine = Machine::from_bytes(bytes).map_err(|error| Error::machine(error.to_string()))?;
    Ok(Strategy::of(machine))
}

impl Strategy {
    /// The strategy of a machine that has been verified: what lowering and decoding give.
    #[must_use]
    pub fn of(machine: Machine) -> Self {
        let hash = machine.hash();
        Self { machine, hash }
    }

    /// With later rows of dated values; the hash stays.
    #[cfg(feature = "compile")]
    pub(crate) fn with_rows(mut self, rows: Vec<(DatedId, AddedRows)>) -> Result<Self, RowsError> {
        self.machine.add_rows(rows)?;
        Ok(self)
    }

    /// The stored form, for [`load`].
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.machine.to_bytes()
    }

    /// The machine.
    #[must_use]
    pub const fn machine(&self) -> &Machine {
        &self.machine
    }

    /// The strategy's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.machine.name
    }

    /// Its title for people; its name where it has none.
    #[must_use]
    pub fn title(&self) -> &str {
        if self.machine.title.is_empty() { &self.machine.name } else { &self.machine.title }
    }

    /// Its version.
    #[must_use]
    pub const fn version(&self) -> u32 {
        self.machine.version
    }

    /// The hash that cases of this strategy carry.
    #[must_use]
    pub const fn hash(&self) -> MachineHash {
        self.hash
    }

    /// When the day begins for timers, in the strategy's time zone; none outside the years that Dunlin can count.
    #[must_use]
    pub fn begin(&self, day: Date) -> Option<Instant> {
        self.machine.zones.first()?.instant_at(day, self.machine.day_begins).ok()
    }

    /// The first instant of the day in the strategy's time zone.
    #[must_use]
    pub fn midnight(&self, day: Date) -> Option<Instant> {
        self.machine.zones.first()?.instant_at(day, 0).ok()
    }

    /// The last second of the day in the strategy's time zone.
    #[must_use]
    pub fn end_of(&self, day: Date) -> Option<Instant> {
        self.midnight(day.add_days(1).ok()?)?.add_seconds(-1).ok()
    }

    /// The day of an instant, and the second of the day, in the strategy's time zone.
    #[must_use]
    pub fn local(&self, at: Instant) -> (Date, u32) {
        match self.machine.zones.first() {
            Some(zone) => zone.local(at),
            None => dunlin_machine::value::Zone::utc().local(at),
        }
    }

    /// An instant with the offset of the strategy's time zone: `2026-01-20T10:15:00+01:00`.
    #[must_use]
    pub fn instant_words(&self, at: Instant) -> String {
        let offset = self.machine.zones.first().map_or(0, |zone| zone.offset_at(at));
        at.display(offset).to_string()
    }

    /// A text of the machine.
    #[must_use]
    pub fn text(&self, id: TextId) -> &str {
        self.machine.texts.get(id.index()).map_or("", String::as_str)
    }

    /// The currency of cases that name none.
    pub(crate) fn currency(&self) -> Currency {
        self.machine.currencies.first().copied().unwrap_or(Currency::EUR)
    }

    /// The fact of that name.
    pub(crate) fn fact(&self, name: &str) -> Option<FactId> {
        let at = self.machine.facts.iter().position(|fact| self.text(fact.name) == name)?;
        u16::try_from(at).ok().map(FactId)
    }

    pub(crate) fn channel_names(&self) -> Vec<&str> {
        self.machine.channels.iter().map(|id| self.text(*id)).collect()
    }

    /// What a value of the type looks like, for messages.
    pub(crate) fn type_words(&self, ty: Type) -> String {
        let names = |ids: &[TextId]| {
            let names: Vec<&str> = ids.iter().map(|id| self.text(*id)).collect();
            format!("one of {}", crate::fields::list(&names))
        };
        match ty {
            Type::Bool => "true or false".into(),
            Type::Number => "a whole number".into(),
            Type::Money => "an amount, as \"120.00\"".into(),
            Type::Rate => "a rate in percent, as \"5 %\"".into(),
            Type::Date => "a date, as \"2026-01-05\"".into(),
            Type::Instant => "an instant, as \"2026-01-20T10:15:00+01:00\"".into(),
            Type::Hours => "hours, as \"08:00..20:00\"".into(),
            Type::Duration => "a duration, as \"14 days\"".into(),
            Type::Text => "a text".into(),
            Type::Channel => names(&self.machine.channels),
            Type::Tone => names(&self.machine.tones),
            Type::Enum(id) => names(self.machine.enums.get(id.index()).map_or(&[][..], |e| &e.values)),
        }
    }

    /// Where a rule stands and what it says.
    #[must_use]
    pub fn citation(&self, rule: RuleId) -> Citation<'_> {
        let rule = self.machine.rules.get(rule.index());
        Citation {
            file: rule.and_then(|rule| self.machine.files.get(usize::from(rule.file))).map_or("", String::as_str),
            line: rule.map_or(0, |rule| rule.line),
            name: rule.map_or("", |rule| self.text(rule.name)),
            law: rule.and_then(|rule| rule.law).map(|law| self.text(law)),
        }
    }
}

/// Where a rule stands in the source, and the law that its author named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Citation<'s> {
    /// The file.
    pub file: &'s str,
    /// The line, from 1.
    pub line: u32,
    /// The rule's first words.
    pub name: &'s str,
    /// `law "…"`.
    pub law: Option<&'s str>,
}
