//! What a host must know to name things: the custom section `dunlin.schema`, as JSON.
//!
//! Names are numbers of texts, which the module's `text` and `text_length` give, so that each stands in the module once.

use super::module::Emit;
use dunlin_machine::events::{Happening, Origin};
use dunlin_machine::ir::{EventId, ExprId, Rule, TextId, Type};
use dunlin_machine::text::Words;
use serde_json::{Value, json};

/// The name of the section.
pub(super) const SECTION: &str = "dunlin.schema";

/// The section. What rules read is known once every function is written.
pub(super) fn section(e: &Emit<'_>) -> Vec<u8> {
    let m = e.m;
    let texts = |ids: &[TextId]| ids.iter().map(|id| id.0).collect::<Vec<_>>();
    let hash: String = e.hash.iter().map(|byte| format!("{byte:02x}")).collect();
    let outcomes = m.stages.iter().enumerate().filter(|(_, stage)| stage.outcome).map(|(at, _)| at);
    let schema = json!({
        "abi": super::ABI,
        "hash": hash,
        "name": m.name,
        "title": m.title,
        "version": m.version,
        "currencies": m.currencies.iter().map(|c| json!([c.code(), c.decimals()])).collect::<Vec<_>>(),
        "zones": m.zones.iter().map(|zone| zone.name()).collect::<Vec<_>>(),
        "stages": m.stages.iter().map(|stage| stage.name.0).collect::<Vec<_>>(),
        "outcomes": outcomes.collect::<Vec<_>>(),
        "channels": texts(&m.channels),
        "tones": texts(&m.tones),
        "templates": m.templates.iter().map(|template| template.name.0).collect::<Vec<_>>(),
        "plans": m.plans.iter().map(|plan| plan.name.0).collect::<Vec<_>>(),
        "tables": m.tables.iter().map(|table| table.name.0).collect::<Vec<_>>(),
        "enums": m.enums.iter().map(|values| texts(&values.values)).collect::<Vec<_>>(),
        "recesses": m.calendars.iter().map(recesses).collect::<Vec<_>>(),
        "facts": m.facts.iter().map(fact_of).collect::<Vec<_>>(),
        "events": (0u16..).zip(&m.events).map(|(at, event)| event_of(EventId(at), event)).collect::<Vec<_>>(),
        "values": values(e),
        "files": m.files,
        "rules": m.rules.iter().map(rule).collect::<Vec<_>>(),
    });
    schema.to_string().into_bytes()
}

fn recesses(calendar: &dunlin_machine::value::Calendar) -> Value {
    calendar.recesses.iter().map(|recess| recess.name.as_str()).collect()
}

/// Name, type, and 1 where a case must state it.
fn fact_of(fact: &dunlin_machine::ir::Fact) -> Value {
    json!([fact.name.0, type_number(fact.ty), i32::from(fact.default.is_none() && !fact.optional)])
}

/// Name, 1 where only the machine raises it, and name, type and necessity of each parameter.
fn event_of(id: EventId, event: &dunlin_machine::events::EventType) -> Value {
    let own = Happening::of(id).is_some_and(|happening| happening.builtin().origin == Origin::Machine);
    let param = |p: &dunlin_machine::events::EventParam| json!([p.name.0, type_number(p.ty), i32::from(p.required)]);
    json!([event.name.0, i32::from(own), event.params.iter().map(param).collect::<Vec<_>>()])
}

/// What rules read: the number of the expression, its words, and its type where it has one.
fn values(e: &Emit<'_>) -> Vec<Value> {
    let words = Words::new(e.m);
    let one = |id: ExprId| json!([id.0, words.expression(id), e.m.type_of(id).map(type_number)]);
    e.noted().into_iter().map(one).collect()
}

/// Line, words, law or -1, and the file where it is not the first.
fn rule(rule: &Rule) -> Value {
    let law = rule.law.map(|law| law.0);
    match (law, rule.file) {
        (None, 0) => json!([rule.line, rule.name.0]),
        (Some(law), 0) => json!([rule.line, rule.name.0, law]),
        (law, file) => json!([rule.line, rule.name.0, law.map_or(-1, i64::from), file]),
    }
}

/// A type as a number: its place among types, and for an enumeration which, times 256.
pub(super) fn type_number(ty: Type) -> i32 {
    match ty {
        Type::Bool => 0,
        Type::Number => 1,
        Type::Money => 2,
        Type::Rate => 3,
        Type::Date => 4,
        Type::Instant => 5,
        Type::Hours => 6,
        Type::Duration => 7,
        Type::Text => 8,
        Type::Channel => 9,
        Type::Tone => 10,
        Type::Enum(id) => 11 | i32::from(id.0) << 8,
    }
}
