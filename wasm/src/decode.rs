//! What a module told, as the interpreter's outcome (docs/abi.md, section on outcomes).

use dunlin_machine::ir::{
    CalendarId, ChannelId, Channels, EffectKind, EnumId, EventId, ExprId, Nature, PlanId, RuleId, StageId, TemplateId,
    TextId, ToneId, Type,
};
use dunlin_machine::value::{Date, Instant, Money};
use dunlin_runtime::case::Through;
use dunlin_runtime::outcome::{
    Alarm, Effect, Entry, HeldAction, HeldBy, Note, Outcome, Seen, Statement, Unusable, What,
};

/// The size of an entry.
const ENTRY: usize = 160;
/// The size of a step of a log.
const STEP: usize = 80;
/// Where what an entry says begins.
const SAYS: usize = 80;
/// The instant that stands for none.
const NO_INSTANT: i64 = i64::MIN;
/// The day that stands for none.
const NO_DAY: i64 = i32::MIN as i64;

/// Memory, read where a position says.
#[derive(Clone, Copy)]
struct Memory<'a>(&'a [u8]);

impl Memory<'_> {
    fn u16(self, at: usize) -> Option<u16> {
        Some(u16::from_le_bytes(*self.0.get(at..)?.first_chunk()?))
    }

    fn i32(self, at: usize) -> Option<i32> {
        Some(i32::from_le_bytes(*self.0.get(at..)?.first_chunk()?))
    }

    fn i64(self, at: usize) -> Option<i64> {
        Some(i64::from_le_bytes(*self.0.get(at..)?.first_chunk()?))
    }

    fn position(self, at: usize) -> Option<usize> {
        usize::try_from(self.i32(at)?).ok()
    }

    /// Where each record of a list begins, of which position and count stand at a place.
    fn list(self, at: usize, size: usize) -> Option<impl Iterator<Item = usize>> {
        let (first, count) = (self.position(at)?, self.position(at + 4)?);
        let fits =
            count.checked_mul(size).and_then(|all| first.checked_add(all)).is_some_and(|end| end <= self.0.len());
        fits.then(|| (0..count).map(move |n| first + n * size))
    }
}

/// What failed, and about what.
pub(crate) struct Failed {
    /// The number of the fault.
    pub(crate) why: i32,
    /// What it is about.
    pub(crate) about: i64,
}

/// What the latest fault is about.
pub(crate) fn about(at: usize, memory: &[u8]) -> Option<i64> {
    Memory(memory).i64(at + 48)
}

/// A step of a log.
pub(crate) struct Step {
    /// The number of its record among those handed over.
    pub(crate) record: usize,
    /// When it was.
    pub(crate) at: Instant,
    /// 0, or the number of a refusal.
    pub(crate) status: i32,
    /// Where it lies.
    pub(crate) place: usize,
}

/// The steps of a log, from where their position and number stand.
pub(crate) fn steps(at: usize, memory: &[u8]) -> Option<Vec<Step>> {
    let m = Memory(memory);
    let step = |place: usize| {
        let (at, status) = (Instant::from_seconds(m.i64(place + 56)?)?, m.i32(place + 64)?);
        Some(Step { record: m.position(place + 68)?, at, status, place })
    };
    m.list(at, STEP)?.map(step).collect()
}

/// The case that a step of a log stored.
pub(crate) fn saved(place: usize, memory: &[u8]) -> Option<&[u8]> {
    let m = Memory(memory);
    let (first, length) = (m.position(place + 72)?, m.position(place + 76)?);
    memory.get(first..first.checked_add(length)?)
}

/// Reads what was told; `words` are those of a fault that a step failed with.
pub(crate) fn outcome(at: usize, memory: &[u8], words: &dyn Fn(Failed) -> String, out: &mut Outcome) -> Option<()> {
    let m = Memory(memory);
    out.clear();
    for entry in m.list(at, ENTRY)? {
        out.entries.push(self::entry(m, entry, words)?);
    }
    for seen in m.list(at + 8, 16)? {
        let flags = m.i32(seen + 12)?;
        out.seen.push(Seen {
            read: ExprId(u16::try_from(m.i32(seen + 8)?).ok()?),
            value: (flags & 1 == 1).then_some(m.i64(seen)?),
            provisional: flags & 2 == 2,
            added: false,
        });
    }
    for with in m.list(at + 16, 16)? {
        out.with.push((TextId(u32::try_from(m.i32(with + 8)?).ok()?), ty(m.i32(with + 12)?)?, m.i64(with)?));
    }
    for without in m.list(at + 24, 2)? {
        out.without.push(m.u16(without)?);
    }
    out.already_taken = m.i32(at + 32)? != 0;
    out.next_due = instant(m.i64(at + 40)?);
    Some(())
}

fn ty(number: i32) -> Option<Type> {
    Some(match number & 0xff {
        0 => Type::Bool,
        1 => Type::Number,
        2 => Type::Money,
        3 => Type::Rate,
        4 => Type::Date,
        5 => Type::Instant,
        6 => Type::Hours,
        7 => Type::Duration,
        8 => Type::Text,
        9 => Type::Channel,
        10 => Type::Tone,
        11 => Type::Enum(EnumId(u16::try_from(number >> 8).ok()?)),
        _ => return None,
    })
}

fn instant(seconds: i64) -> Option<Instant> {
    (seconds != NO_INSTANT).then(|| Instant::from_seconds(seconds)).flatten()
}

fn date(days: i64) -> Option<Date> {
    if days == NO_DAY {
        return None;
    }
    Date::from_days(i32::try_from(days).ok()?)
}

fn rule(number: i64) -> Option<RuleId> {
    u16::try_from(number).ok().map(RuleId)
}

fn text(number: i64) -> Option<TextId> {
    u32::try_from(number).ok().map(TextId)
}

fn stage(number: i64) -> Option<StageId> {
    u16::try_from(number).ok().map(StageId)
}

fn range(from: i64, to: i64) -> Option<std::ops::Range<u32>> {
    Some(u32::try_from(from).ok()?..u32::try_from(to).ok()?)
}

fn entry(m: Memory<'_>, at: usize, words: &dyn Fn(Failed) -> String) -> Option<Entry> {
    let head = |n: usize| m.i32(at + 4 * n).map(i64::from);
    let mut says = [0_i64; 10];
    for (n, said) in says.iter_mut().enumerate() {
        *said = m.i64(at + SAYS + 8 * n)?;
    }
    let kind = m.i32(at)?;
    let what = match kind {
        64 => What::Move { from: stage(says[0]), to: stage(says[1])?, back: says[2] != 0 },
        65 => held(&says)?,
        66 => What::Paused { reason: says[0], until: instant(says[1]) },
        67 => What::Resumed { reason: says[0] },
        68 => What::Event { event: EventId(u16::try_from(says[0]).ok()?), taken: says[1] != 0 },
        69 => What::Note(note(&says)?),
        _ => {
            let kind = *EffectKind::ALL.get(usize::try_from(kind).ok()?)?;
            What::Effect {
                number: u32::try_from(m.i32(at + 36)?).ok()?,
                effect: effect(kind, &says, words)?,
                statement: statement(m, at + 40)?,
            }
        }
    };
    Some(Entry {
        stage: stage(head(1)?)?,
        rule: rule(head(2)?),
        because_of: rule(head(3)?),
        guard: range(head(4)?, head(5)?)?,
        own: range(head(6)?, head(7)?)?,
        late_days: m.i32(at + 32)?,
        what,
    })
}

fn statement(m: Memory<'_>, at: usize) -> Option<Statement> {
    let amount = |n: usize| m.i64(at + 8 * n).map(Money);
    Some(Statement {
        principal: amount(0)?,
        interest: amount(1)?,
        costs: amount(2)?,
        balance: amount(3)?,
        provisional: m.i32(at + 32)? != 0,
        added: false,
    })
}

fn note(says: &[i64; 10]) -> Option<Note> {
    Some(match says[0] {
        0 => Note::Date { fired_for: date(says[1])?, now: date(says[2]) },
        _ => Note::Refunded(Money(says[1])),
    })
}

fn held(says: &[i64; 10]) -> Option<What> {
    let kind = *EffectKind::ALL.get(usize::try_from(says[0]).ok()?)?;
    let what = match kind {
        EffectKind::Send => HeldAction::Send(TemplateId(u16::try_from(says[1]).ok()?), u8::try_from(says[2]).ok()?),
        EffectKind::Call => HeldAction::Call(text(says[1])?),
        EffectKind::File => HeldAction::File(text(says[1])?),
        EffectKind::Charge => HeldAction::Charge(text(says[1])?),
        EffectKind::Collect => HeldAction::Collect(text(says[1])?),
        EffectKind::Report => HeldAction::Report(text(says[1])?),
        EffectKind::Offer => HeldAction::Offer(PlanId(u16::try_from(says[1]).ok()?)),
        EffectKind::Activate => HeldAction::Activate(PlanId(u16::try_from(says[1]).ok()?)),
        EffectKind::Split => HeldAction::Split,
        EffectKind::Approval => HeldAction::Approved(text(says[1])?),
        _ => return None,
    };
    Some(What::Held { what, by: held_by(says)?, until: instant(says[3]), dropped: says[4] != 0 })
}

fn held_by(says: &[i64; 10]) -> Option<HeldBy> {
    Some(match says[5] {
        0 => HeldBy::Limit(rule(says[6])?),
        1 => HeldBy::Rest(rule(says[6])?),
        2 => HeldBy::Hours(rule(says[6])?),
        3 => HeldBy::Hold,
        4 => HeldBy::Unusable(unusable(says)?),
        5 => HeldBy::WaitsAlready,
        6 => HeldBy::Never,
        7 => HeldBy::CostCap,
        8 => HeldBy::PlanBound,
        9 => HeldBy::NoTerms,
        10 => HeldBy::Nothing,
        11 => HeldBy::When,
        12 => HeldBy::Disputed,
        13 => HeldBy::Fresh,
        14 => HeldBy::Recess(CalendarId(u16::try_from(says[6]).ok()?), u16::try_from(says[7]).ok()?),
        _ => return None,
    })
}

fn unusable(says: &[i64; 10]) -> Option<Unusable> {
    let channel = ChannelId(u8::try_from(says[7]).ok()?);
    Some(match says[6] {
        0 => Unusable::Person,
        1 => Unusable::NoAddress(channel),
        2 => Unusable::Barred(channel),
        3 => Unusable::NotAllowed(channel),
        4 => Unusable::NoConsent(channel, rule(says[8])?),
        _ => Unusable::Never(channel, rule(says[8])?),
    })
}

fn nature(number: i64) -> Nature {
    match number {
        1 => Nature::Reply,
        2 => Nature::Notice,
        _ => Nature::Ordinary,
    }
}

fn through(number: i64) -> Option<Through> {
    match number {
        0 => Some(Through::Guardians),
        1 => Some(Through::Representative),
        _ => None,
    }
}

fn tone(number: i64) -> Option<ToneId> {
    u16::try_from(number).ok().map(ToneId)
}

fn effect(kind: EffectKind, says: &[i64; 10], words: &dyn Fn(Failed) -> String) -> Option<Effect> {
    let person = |n: usize| u8::try_from(says[n]).ok();
    let count = |n: usize| u32::try_from(says[n]).ok();
    let money = |n: usize| Money(says[n]);
    let plan = || u16::try_from(says[0]).ok().map(PlanId);
    Some(match kind {
        EffectKind::Send => Effect::Send {
            template: TemplateId(u16::try_from(says[0]).ok()?),
            channels: Channels(u32::try_from(says[1] & 0xffff_ffff).ok()?),
            tone: tone(says[2]),
            deadline: date(says[3]),
            person: person(4)?,
            nature: nature(says[5] & 0xff),
            through: through(says[6]),
            with: range(says[7], says[8])?,
            without: range(says[9] >> 16, says[9] & 0xffff)?,
        },
        EffectKind::Call => Effect::Call {
            script: text(says[0])?,
            tone: tone(says[1]),
            attempt: count(2)?,
            of: count(3)?,
            person: person(4)?,
            with: range(says[5], says[6])?,
        },
        EffectKind::Task => Effect::Task {
            name: text(says[0])?,
            role: text(says[1])?,
            until: date(says[2]),
            until_instant: instant(says[3]),
            priority: (says[4] != 0).then_some(says[5]),
            again: says[6] != 0,
        },
        EffectKind::File => Effect::File {
            form: text(says[0])?,
            with: range(says[1], says[2])?,
            persons: person(3)?,
            without: range(says[4], says[5])?,
        },
        EffectKind::Charge => Effect::Charge {
            amount: money(0),
            kind: text(says[1])?,
            replacing: text(says[2]),
            without: range(says[3], says[4])?,
        },
        EffectKind::Waive => Effect::Waive { principal: money(0), interest: money(1), costs: money(2) },
        EffectKind::Collect => Effect::Collect { amount: money(0), by: text(says[1])? },
        EffectKind::Report => Effect::Report {
            party: text(says[0])?,
            what: text(says[1])?,
            message: says[2] != 0,
            persons: person(3)?,
            without: range(says[4], says[5])?,
        },
        EffectKind::Alarm => Effect::Alarm(alarm(says, words)?),
        EffectKind::Emit => Effect::Emit { name: text(says[0])?, with: range(says[1], says[2])? },
        EffectKind::Assign => Effect::Assign(text(says[0])?),
        EffectKind::Block | EffectKind::Unblock => {
            Effect::Customer { block: kind == EffectKind::Block, thing: text(says[0]) }
        }
        EffectKind::Release => Effect::Release { person: person(0)? },
        EffectKind::Cancel => Effect::Cancel { of: count(0)? },
        EffectKind::Refund => Effect::Refund(money(0)),
        EffectKind::Split => {
            Effect::Split { person: person(0), principal: money(1), interest: money(2), to: stage(says[3])? }
        }
        EffectKind::Offer => Effect::Offer {
            plan: plan()?,
            instalments: (count(1)?, count(2)?),
            at_least: (says[3] != 0).then_some(money(4)),
            first_by: date(says[5]),
            total: money(6),
        },
        EffectKind::Activate => Effect::Activate {
            plan: plan()?,
            count: count(1)?,
            amount: money(2),
            total: money(3),
            first: date(says[4])?,
            last: date(says[5])?,
        },
        EffectKind::Approval => Effect::Approval {
            name: text(says[0])?,
            role: text(says[1])?,
            until: date(says[2]),
            until_instant: instant(says[3]),
            again: says[4] != 0,
        },
    })
}

fn alarm(says: &[i64; 10], words: &dyn Fn(Failed) -> String) -> Option<Alarm> {
    Some(match says[0] {
        0 => Alarm::Named(text(says[1])?),
        1 => Alarm::Missing(EventId(u16::try_from(says[1]).ok()?)),
        2 => Alarm::TaskOverdue(text(says[1])?),
        _ => Alarm::StepFailed(words(Failed { why: i32::try_from(says[1]).ok()?, about: says[2] })),
    })
}
