//! Why a verb refused what it was handed: the numbers of docs/abi.md as the runtime's refusals.

use crate::items::field;
use dunlin_machine::events::Happening;
use dunlin_machine::ir::{EventId, ExprId, Machine, StageId, TableId, TextId};
use dunlin_machine::value::{Date, Instant};
use dunlin_runtime::fault::{Fault, Refusal};
use dunlin_runtime::input::{Event, Given, Opening};

/// What was handed over when it was refused.
#[derive(Clone, Copy)]
pub(crate) enum Handed<'a> {
    /// A case that was to be opened.
    Opening(&'a Opening),
    /// An event.
    Event(&'a Event),
    /// Nothing but an instant, or a saved case.
    Nothing,
}

/// The refusal behind a number; `at` and `now` are the input's instant and the case's.
pub(crate) fn refusal(
    machine: &Machine,
    handed: Handed<'_>,
    (why, about): (i32, i64),
    (at, now): (Instant, Instant),
) -> Refusal {
    match why {
        8 => Refusal::Unreadable("it is cut short or was changed"),
        9 => Refusal::OtherMachine,
        10 => Refusal::Missing { param: field_name(machine, handed, about) },
        11 => Refusal::Wrong {
            field: field_name(machine, handed, about),
            expected: expected((about >> 16) & 0xffff).into(),
        },
        12 => not_there(machine, handed, about),
        13 => Refusal::NoSuchEvent,
        14 => Refusal::OnlyTheMachine(only_the_machine(handed)),
        15 => Refusal::Earlier { at, now },
        16 => Refusal::Unreadable("what was handed over is no row of items"),
        _ => Refusal::Fault(fault(why, about)),
    }
}

/// The fault of a step behind a number.
pub(crate) fn fault(why: i32, about: i64) -> Fault {
    let small = u16::try_from(about & 0xffff).unwrap_or(0);
    match why {
        1 => Fault::Overflow,
        2 => Fault::Unknown(ExprId(small)),
        3 => Fault::NoRow(TableId(small)),
        4 => {
            let day = i32::try_from(about >> 32).ok().and_then(Date::from_days);
            let name = TextId(u32::try_from(about & 0xffff_ffff).unwrap_or(0));
            day.map_or(Fault::Overflow, |day| Fault::BeforeFirstRow(name, day))
        }
        5 => Fault::EnteredTwice(StageId(small)),
        6 => Fault::NoLastStage,
        7 => bound(about),
        _ => Fault::Broken("the module gave a number that no fault has"),
    }
}

/// A bound of a case: what it counts, and how many there may be.
fn bound(about: i64) -> Fault {
    const COUNTED: [&str; 14] = [
        "things of one kind",
        "claims",
        "debtors",
        "kinds of costs",
        "holds at one time",
        "attempts to reach one debtor",
        "time zones of one debtor",
        "times in which interest rests",
        "times in which limitation rests",
        "open tasks",
        "things that one step tells",
        "events that one step raises",
        "bytes of names and texts",
        "timers in one step",
    ];
    let most = u32::try_from(about >> 16).unwrap_or(0);
    let what = usize::try_from(about & 0xffff).ok().and_then(|at| COUNTED.get(at));
    Fault::Bound(what.copied().unwrap_or(COUNTED[0]), most)
}

/// The field of an item that says a fact, as a fault names it.
const FACT: i64 = field::FACT as i64;

fn only_the_machine(handed: Handed<'_>) -> &'static str {
    let Handed::Event(event) = handed else { return "" };
    Happening::of(event.event).map_or("", |happening| happening.builtin().name)
}

fn text(machine: &Machine, id: TextId) -> String {
    machine.texts.get(id.index()).cloned().unwrap_or_default()
}

/// The name of what was missing or wrong: a fact, a parameter of the event, or a field of the case.
fn field_name(machine: &Machine, handed: Handed<'_>, about: i64) -> String {
    let at = about & 0xffff;
    let fact = || usize::try_from(about >> 32).ok().and_then(|at| machine.facts.get(at));
    let of_fact = |event: &Event| event.event == Happening::Fact.id();
    match handed {
        Handed::Event(event) if at == FACT && of_fact(event) => {
            fact().map_or_else(String::new, |f| text(machine, f.name))
        }
        Handed::Opening(_) if at == FACT => fact().map_or_else(String::new, |f| text(machine, f.name)),
        Handed::Event(event) => param_name(machine, event.event, at),
        _ => opening_field(at).into(),
    }
}

fn param_name(machine: &Machine, event: EventId, at: i64) -> String {
    if at == 0xffff {
        return "plan_accepted".into();
    }
    let ty = machine.events.get(event.index());
    let param = usize::try_from(at).ok().and_then(|at| ty?.params.get(at));
    param.map_or_else(|| format!("parameter {at}"), |param| text(machine, param.name))
}

fn opening_field(at: i64) -> &'static str {
    match u8::try_from(at).unwrap_or(0) {
        field::CURRENCY => "currency",
        field::DEBTOR => "debtor",
        field::ZONE => "time_zone",
        field::CLAIM => "claims",
        field::PRINCIPAL => "principal",
        field::DUE => "due",
        field::FACT => "facts",
        field::STAGE => "stage",
        field::ENTERED => "entered",
        field::TITLED_ON => "title",
        field::SERVED => "served",
        field::SENT => "sent",
        field::SENT_AT => "sent.at",
        field::PAID => "payments.amount",
        field::PAID_ID => "payments.id",
        field::PAID_ON => "payments.on",
        field::PLAN => "plan.amount",
        field::PLAN_DAY => "plan.day",
        field::PLAN_SINCE => "plan.since",
        _ => "the case",
    }
}

const fn expected(number: i64) -> &'static str {
    match number {
        1 => "an amount of more than nothing",
        2 => "the name of a new one; this one is there already",
        3 => "different for each",
        4 => "not after the opening",
        5 => "a stage, not an outcome",
        6 => "nothing where no stage is given",
        7 => "one of the days of the month that the plan allows",
        8 => "within its bounds",
        9 => "one that the event has",
        20 => "agreed while the plan may still be agreed anew",
        21 => "agreed within the bounds of the plan",
        22 => "agreed while something is owed",
        23 => "at least what the plan asks for each instalment",
        24 => "for as many instalments as the plan allows",
        25 => "a day of the month, 1 to 31",
        _ => "a value of its type",
    }
}

/// Things that are not there, which some refusals name more closely.
const PAYMENT: &str = "payment that can still be returned, with the id";
const OFFERED: &str = "offered plan";
const ZONE: &str = "time zone in this machine:";

fn not_there(machine: &Machine, handed: Handed<'_>, about: i64) -> Refusal {
    const THINGS: [&str; 13] = [
        "debtor",
        "claim",
        PAYMENT,
        "open task",
        "fact",
        "stage",
        "hold with the reason",
        ZONE,
        "open approval",
        "currency in the strategy",
        "plan",
        "message",
        "debtor who is still pursued, with the id",
    ];
    let kind = usize::try_from(about & 0xffff).ok().and_then(|at| THINGS.get(at)).copied().unwrap_or("such thing");
    match handed {
        Handed::Event(event) => {
            let kind = match (kind, Happening::of(event.event)) {
                (PAYMENT, Some(Happening::Void)) => "payment that can still be voided, with the id",
                ("plan", _) => OFFERED,
                _ => kind,
            };
            let name = if kind == OFFERED { String::new() } else { name_given(machine, event, kind) };
            Refusal::NotThere { kind, name }
        }
        Handed::Opening(opening) => Refusal::NotThere { kind, name: name_of_case(machine, opening, kind) },
        Handed::Nothing => Refusal::NotThere { kind, name: String::new() },
    }
}

/// What a case calls that which is not there.
fn name_of_case(machine: &Machine, opening: &Opening, kind: &str) -> String {
    let known = |zone: &str| machine.zones.iter().any(|known| known.name() == zone);
    let mut zones = opening.persons.iter().flat_map(|person| &person.zones);
    match kind {
        "currency in the strategy" => opening.currency.clone().unwrap_or_default(),
        ZONE => zones.find(|zone| !known(zone)).cloned().unwrap_or_default(),
        _ => "of that number".into(),
    }
}

/// The first text that the event gave for a parameter of that name, or for any.
fn name_given(machine: &Machine, event: &Event, kind: &str) -> String {
    let named = |at: u8| match param_name(machine, event.event, at.into()).as_str() {
        "of" => kind.starts_with("payment"),
        name => kind.starts_with(name),
    };
    let texts = || {
        event.args.iter().filter_map(|(at, given)| match given {
            Given::Text(text) => Some((*at, text)),
            Given::Value(_) => None,
        })
    };
    let found = texts().find(|(at, _)| named(*at)).or_else(|| texts().next());
    found.map_or_else(String::new, |(_, text)| text.clone())
}
