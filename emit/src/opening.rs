//! What a host says of a case that opens: looked over once, so that everything after finds values of their kinds.

use super::code::{Body, Cell, Form, Func, Val, Width, number};
use super::facts::{self, code};
use super::faults::{Expected, Fault};
use super::input::{self, Item, field, item_at};
use super::module::{Emit, signed};
use super::{run, store};
use Width::I32;

/// What an item holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holds {
    Text = 1,
    TextOrValue = 2,
    Amount = 3,
    Day = 4,
    Instant = 5,
    Flag = 6,
    Byte = 7,
    Number = 8,
    Channels = 9,
}

/// What the values are of an item that holds one, from [`Holds::TextOrValue`] on, as for [`facts::in_type`].
const VALUES: [i64; 8] = [code::ANY, code::ANY, code::DAY, code::INSTANT, 2, 0x100, 0x1_0000, 0x1_0000_0000];

/// The fields of an opening. Those that follow one which begins a group have numbers after it.
const FIELDS: &[(i32, Holds)] = &[
    (field::ID, Holds::Text),
    (field::CURRENCY, Holds::Text),
    (field::DEBTOR, Holds::Text),
    (field::BUSINESS, Holds::Flag),
    (field::LANGUAGE, Holds::Text),
    (field::REGION, Holds::Text),
    (field::ZONE, Holds::Text),
    (field::BORN, Holds::Day),
    (field::CHANNELS, Holds::Flag),
    (field::CHANNEL, Holds::Byte),
    (field::CLAIM, Holds::Text),
    (field::PRINCIPAL, Holds::Amount),
    (field::DUE, Holds::Day),
    (field::CLAIM_KIND, Holds::Text),
    (field::AROSE, Holds::Day),
    (field::DEFAULT_ON, Holds::Day),
    (field::SECURED, Holds::Flag),
    (field::COST, Holds::Text),
    (field::COST_AMOUNT, Holds::Amount),
    (field::FACT, Holds::TextOrValue),
    (field::TITLED, Holds::Flag),
    (field::TITLED_ON, Holds::Day),
    (field::STAGE, Holds::Number),
    (field::ENTERED, Holds::Day),
    (field::SERVED, Holds::Day),
    (field::LIMITATION_DATE, Holds::Day),
    (field::SENT, Holds::Channels),
    (field::SENT_AT, Holds::Instant),
    (field::SENT_TO, Holds::Byte),
    (field::PAID, Holds::Amount),
    (field::PAID_ID, Holds::Text),
    (field::PAID_ON, Holds::Day),
    (field::PLAN, Holds::Amount),
    (field::PLAN_DAY, Holds::Byte),
    (field::PLAN_SINCE, Holds::Day),
];

/// How many numbers of fields there are.
const COUNT: i32 = field::PLAN_SINCE + 1;
/// Fields with these first numbers stand in groups.
const GROUPS: [i32; 6] =
    [field::DEBTOR / 10, field::CLAIM / 10, field::COST / 10, field::SENT / 10, field::PAID / 10, field::PLAN / 10];

/// What each field holds, by its number, and 16 times the group that it stands in.
fn shapes() -> Vec<u8> {
    let shape = |at: i32| {
        let group = if GROUPS.contains(&(at / 10)) { at / 10 } else { 0 };
        let holds = FIELDS.iter().find(|(field, _)| *field == at).map_or(0, |(_, holds)| *holds as i32);
        u8::try_from(group * 16 + holds).unwrap_or(0)
    };
    (0..COUNT).map(shape).collect()
}

/// What was said in a field: how often, and what was said last.
pub(super) struct Said {
    /// How often.
    pub(super) count: Cell,
    /// The position that it named.
    pub(super) at: Cell,
    /// Its value; of a text the position of its bytes, and [`Said::length`] is its length.
    pub(super) value: Cell,
    /// The length of a text.
    pub(super) length: Cell,
}

/// The bytes of what was said in a field.
const SAID: u32 = 16;

fn said_at(e: &Emit<'_>) -> Val {
    e.room("said", SAID * COUNT.cast_unsigned())
}

/// What was said in a field, by its number.
fn said_of(e: &Emit<'_>, field: impl Into<Val>) -> Said {
    let at = said_at(e).add(field.into().mul(signed(SAID)));
    let cell = |offset, form| Cell::new(&at, offset, form);
    Said { count: cell(12, Form::U16), at: cell(14, Form::U16), value: cell(0, Form::I64), length: cell(8, Form::I32) }
}

/// What was said in a field.
pub(super) fn said(e: &Emit<'_>, field: i32) -> Said {
    said_of(e, field)
}

impl Said {
    /// Whether anything was said.
    pub(super) fn is(&self) -> Val {
        self.count.get().ne(0)
    }

    /// The day, or another narrow number, that was said; another where none was.
    pub(super) fn narrow_or(&self, none: i32) -> Val {
        self.value.get().narrow().or_else(&self.is(), none)
    }
}

/// Looks over all items, and notes what is said in each field. Fails where an item is not what its field holds, or stands in
/// no group that it belongs to.
pub(super) fn look_over(e: &Emit<'_>) -> Func {
    e.func("look_over", &[I32], None, true, |e, b| {
        b.clear(said_at(e), COUNT.cast_unsigned() * SAID);
        let shapes = e.constant(&shapes());
        let values: Vec<u8> = VALUES.iter().flat_map(|value| value.to_le_bytes()).collect();
        let values = e.constant(&values);
        let group = b.var(0);
        input::each_item(e, b, &b.arg(0), |b, item| {
            let field = b.keep(&item.field);
            let malformed = |b: &mut Body, when: Val| b.when(when, |b| b.fail(Fault::Malformed.number()));
            malformed(b, field.lt_u(COUNT).not());
            let shape = b.keep(Cell::new(&shapes.add(&field), 0, Form::U8).get());
            let (holds, of) = (b.keep(shape.and(15)), b.keep(shape.shr_u(4)));
            malformed(b, of.ne(0).and(of.ne(group.get())).and(of.mul(10).ne(&field)));
            b.set(group, &of);
            b.either(
                &item.is_text,
                |b| {
                    malformed(b, holds.sub(1).lt_u(2).not());
                    note(e, b, &field, item, item.text.wide());
                },
                |b| {
                    malformed(b, holds.lt_u(2));
                    let ty = Cell::new(&values.add(holds.sub(2).mul(8)), 0, Form::I64);
                    let fits = b.call(facts::in_type(e), &[ty.get(), item.value.clone()]);
                    b.when(fits.not(), |b| wrong(e, b, field.clone(), Expected::Type));
                    note(e, b, &field, item, item.value.clone());
                },
            );
        });
    })
}

fn note(e: &Emit<'_>, b: &mut Body, field: &Val, item: &Item, value: Val) {
    let said = said_of(e, field);
    b.store(&said.count, said.count.get().add(1));
    b.store(&said.at, &item.at);
    b.store(&said.value, value);
    b.store(&said.length, &item.length);
}

/// Each item once more, after they were looked over.
pub(super) fn each_said(e: &Emit<'_>, b: &mut Body, length: &Val, inside: impl FnOnce(&mut Body, &Item)) {
    let (at, end) = (b.var(store::given(e)), b.keep(store::given(e).add(length)));
    b.while_(
        |_| at.get().lt_u(&end),
        |b| {
            inside(b, &item_at(&at.get()));
            b.set(at, at.get().add(8).add(item_at(&at.get()).length.add(7).and(-8)));
        },
    );
}

/// Fails with what is wrong in a field.
pub(super) fn wrong(e: &Emit<'_>, b: &mut Body, field: impl Into<Val>, expected: Expected) {
    run::fail(e, b, Fault::Wrong, field.into().add((expected as i32) << 16).wide());
}

/// Fails where a condition holds, with what is wrong in a field.
pub(super) fn refuse(e: &Emit<'_>, b: &mut Body, when: Val, field: i32, expected: Expected) {
    b.when(when, |b| wrong(e, b, field, expected));
}

/// Fails with a field that is missing.
pub(super) fn missing(e: &Emit<'_>, b: &mut Body, when: Val, field: i32) {
    b.when(when, |b| run::fail(e, b, Fault::Missing, i64::from(field)));
}

/// A number of things of the machine.
pub(super) fn many(count: usize) -> i32 {
    signed(number(count))
}
