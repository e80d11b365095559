//! Situations in which implementations of collection rules go wrong, and whether an input met one: random histories are
//! worth what they bring about.

use crate::generate::Turn;
use crate::pair::Compiled;
use dunlin_machine::events::Happening;
use dunlin_machine::ir::Type;
use dunlin_machine::value::{Date, Instant};
use dunlin_runtime::case::Case;
use dunlin_runtime::fault::Refusal;
use dunlin_runtime::outcome::Effect;
use dunlin_runtime::{Event, Given, Opening, Outcome};

/// All of them; [`met`] names some of these for an input.
pub const SITUATIONS: [&str; 27] = [
    "a host a week late",
    "a host three weeks late",
    "an input while nothing is due",
    "the clocks change",
    "a month ends",
    "29 February",
    "a year ends",
    "a free day",
    "overlapping holds",
    "an id that was taken",
    "an instant that goes back",
    "an event in an outcome",
    "an event for a released debtor",
    "an event for somebody unknown",
    "terms outside the plan's bounds",
    "an answer that was never asked",
    "a payment that names no claim",
    "a payment dated back",
    "a return of a payment never made",
    "a payment undone",
    "more paid than owed",
    "a failed step",
    "a refused event",
    "a case from elsewhere",
    "a case in another currency",
    "a limitation date has passed",
    "a disputed claim and an open one",
];

/// One input and what came of it.
pub struct Taken<'a> {
    /// What runs.
    pub compiled: &'a Compiled,
    /// The case before.
    pub before: &'a Case,
    /// The case after; as before where the input was refused.
    pub after: &'a Case,
    /// When it came.
    pub at: Instant,
    /// What was due before it.
    pub due: Option<Instant>,
    /// What happened, if anything.
    pub event: Option<&'a Event>,
    /// Why it was refused, if it was.
    pub refusal: Option<&'a Refusal>,
    /// What was done.
    pub out: &'a Outcome,
}

/// Whether a case comes with a history.
#[must_use]
pub fn from_elsewhere(opening: &Opening) -> Option<&'static str> {
    let brings = opening.stage.is_some() || opening.served.is_some() || !opening.sent.is_empty();
    brings.then_some("a case from elsewhere")
}

/// The situations that an input met.
#[must_use]
pub fn met(taken: &Taken) -> Vec<&'static str> {
    let found = taken.of_time().into_iter().chain(taken.of_state()).chain(taken.of_event());
    found.filter(|(_, is)| *is).map(|(name, _)| name).collect()
}

impl Taken<'_> {
    fn of_time(&self) -> [(&'static str, bool); 9] {
        let zone = &self.compiled.model.zones[0];
        let (from, to) = (zone.local(self.before.now).0, zone.local(self.at).0);
        let late = self.due.map_or(0, |due| (self.at.seconds() - due.seconds()) / 86_400);
        let is = |turn: Turn| days(from, to).any(|day| turn.is(day, zone));
        let calendar = &self.compiled.machine.calendars[self.before.calendar.index()];
        [
            ("a host a week late", late >= 7),
            ("a host three weeks late", late >= 21),
            ("an input while nothing is due", self.due.is_none_or(|due| self.at < due)),
            ("the clocks change", is(Turn::Clocks)),
            ("a month ends", is(Turn::MonthEnd)),
            ("29 February", is(Turn::LeapDay)),
            ("a year ends", is(Turn::NewYear)),
            ("a free day", !calendar.is_working_day(to)),
            ("an instant that goes back", matches!(self.refusal, Some(Refusal::Earlier { .. }))),
        ]
    }

    fn of_state(&self) -> [(&'static str, bool); 8] {
        let claims = &self.after.ledger.claims;
        let open = claims.iter().filter(|c| c.principal > 0);
        let disputed = open.clone().filter(|c| c.disputed).count();
        let today = self.compiled.model.zones[0].local(self.at).0;
        let outcome = self.compiled.model.stages[self.before.place.stage.index()].outcome;
        [
            ("overlapping holds", self.after.holds.len() > 1),
            ("an id that was taken", self.out.already_taken),
            ("an event in an outcome", outcome && self.event.is_some()),
            ("a case in another currency", self.after.currency > 0),
            ("a limitation date has passed", self.after.limitation_date.is_some_and(|day| day < today)),
            ("a disputed claim and an open one", disputed > 0 && disputed < open.count()),
            ("a failed step", matches!(self.refusal, Some(Refusal::Fault(_)))),
            ("a refused event", self.event.is_some() && self.refusal.is_some()),
        ]
    }

    fn of_event(&self) -> Vec<(&'static str, bool)> {
        let Some(event) = self.event else { return Vec::new() };
        let happening = Happening::of(event.event);
        let is = |one: Happening| happening == Some(one);
        let person = self.text("debtor").map(|id| self.before.persons.iter().find(|p| p.id == id));
        let refused = self.refusal.is_some() && !matches!(self.refusal, Some(Refusal::Earlier { .. }));
        let named = self.text("for").is_some_and(|id| self.before.ledger.claims.iter().any(|c| c.id == id));
        let undoes = is(Happening::PaymentReturned) || is(Happening::Void);
        let today = self.compiled.model.zones[0].local(self.at).0;
        let back = self.date("on").is_some_and(|on| on < today);
        let refunds = self.out.effects().any(|(_, effect)| matches!(effect, Effect::Refund(_)));
        vec![
            ("an event for a released debtor", person.flatten().is_some_and(|p| p.released)),
            ("an event for somebody unknown", person.is_some_and(|p| p.is_none())),
            ("terms outside the plan's bounds", is(Happening::PlanAccepted) && refused),
            ("an answer that was never asked", (is(Happening::Approved) || is(Happening::Declined)) && refused),
            ("a payment that names no claim", is(Happening::Payment) && self.text("for").is_some() && !named),
            ("a payment dated back", is(Happening::Payment) && back),
            ("a return of a payment never made", undoes && refused),
            ("a payment undone", undoes && !refused && !self.out.already_taken),
            ("more paid than owed", is(Happening::Payment) && refunds),
        ]
    }

    fn given(&self, name: &str) -> Option<&Given> {
        let event = self.event?;
        let at = Happening::of(event.event)?.param(name)?;
        event.args.iter().find(|(n, _)| usize::from(*n) == at).map(|(_, given)| given)
    }

    fn text(&self, name: &str) -> Option<&str> {
        match self.given(name)? {
            Given::Text(text) => Some(text),
            Given::Value(_) => None,
        }
    }

    fn date(&self, name: &str) -> Option<Date> {
        let event = Happening::of(self.event?.event)?;
        let (_, ty, _) = event.builtin().params[event.param(name)?];
        match self.given(name)? {
            Given::Value(days) if ty == Type::Date => Date::from_days(i32::try_from(*days).ok()?),
            _ => None,
        }
    }
}

/// The days after `from` up to `to`.
fn days(from: Date, to: Date) -> impl Iterator<Item = Date> {
    (from.days() + 1..=to.days()).filter_map(Date::from_days)
}
