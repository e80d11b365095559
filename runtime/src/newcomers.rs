//! Debtors who come to a case after it was opened: one more, or an heir in the place of another (semantics, section 12).

use crate::case::Person;
use crate::engine::calendar_for;
use crate::fault::{Fault, Refusal};
use crate::input::Event;
use crate::run::Run;
use crate::take::{Taken, not_there, text_given, wrong};
use dunlin_machine::events::Happening;

impl Run<'_> {
    /// Reads who it is. A language and a region are learned: something may read them of the new person.
    pub(crate) fn check_newcomer(
        &mut self,
        happening: Happening,
        event: &Event,
        taken: &mut Taken,
    ) -> Result<(), Refusal> {
        let name = if happening == Happening::DebtorAdded { "debtor" } else { "by" };
        let id = text_given(happening, event, name).unwrap_or_default();
        if self.case.persons.iter().any(|p| p.id == id) {
            return Err(wrong(name, "the name of a new debtor; this one is there already"));
        }
        if happening == Happening::DebtorAdded {
            let most = self.m.limits.debtors;
            if self.case.persons.len() >= most as usize {
                return Err(Fault::Bound("debtors", most).into());
            }
            taken.person = u8::try_from(self.case.persons.len()).map_err(|_| Fault::Overflow)?;
        }
        for param in ["language", "region"] {
            let given = text_given(happening, event, param).map(|text| self.learn(text)).transpose()?;
            if let Some(place) = happening.param(param).and_then(|at| taken.args.get_mut(at)) {
                *place = given;
            }
        }
        if let Some(zone) = text_given(happening, event, "time_zone") {
            let found = self.m.zones.iter().position(|z| z.name() == zone).and_then(|at| u16::try_from(at).ok());
            taken.names = Some((found.ok_or_else(|| not_there("time zone in this machine:", zone))?, 0));
        }
        *self.case.new_name_mut() = id.into();
        Ok(())
    }

    /// The new person stands at the end, or where the one was whose place is taken. Interest may read who owes: what has
    /// accrued until then is fixed.
    pub(crate) fn take_newcomer(&mut self, happening: Happening, taken: &Taken) -> Result<(), Fault> {
        let arg = |param: &str| happening.param(param).and_then(|at| taken.arg(at));
        let zone = taken.names.and_then(|(zone, _)| u8::try_from(zone).ok());
        let newcomer = Person {
            business: arg("kind") == Some(1),
            language: arg("language"),
            region: arg("region"),
            zones: alloc::vec![zone.unwrap_or(0)],
            zones_given: zone.is_some(),
            born: arg("born").map(crate::eval::as_date).transpose()?,
            ..Person::named(core::mem::take(self.case.new_name_mut()))
        };
        if happening == Happening::DebtorReplaced {
            for claim in 0..self.case.ledger.claims.len() {
                self.fix(claim, self.today)?;
            }
            self.end_contact(taken.person)?;
            self.case.messages_mut().retain(|m| m.person != taken.person);
        }
        match self.case.persons_mut().get_mut(usize::from(taken.person)) {
            Some(place) => *place = newcomer,
            None => self.case.persons_mut().push(newcomer),
        }
        let person = usize::from(taken.person);
        let before = self.ctx.person;
        let calendar = self.quietly(|run| calendar_for(run, person))?;
        self.ctx.person = before;
        if let Some(p) = self.case.persons_mut().get_mut(person) {
            p.calendar = calendar;
        }
        Ok(())
    }
}
