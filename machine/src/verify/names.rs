//! Texts, names, the built-in heads of lists, and how long lists may be.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::values::type_exists;
use super::{Broken, Told, at, ensure, in_table};
use crate::events::{BUILTIN_CHANNELS, BUILTIN_ENUMS, BUILTIN_EVENTS, BUILTIN_TONES, Builtin, EventType};
use crate::ir::{Machine, RuleId, TextId, Type};

pub(super) fn check(machine: &Machine) -> Result<(), Broken> {
    at(|| "the lists".to_string(), lengths(machine))?;
    at(|| "the texts".to_string(), unique("text", machine.texts.iter()))?;
    at(|| "the rules".to_string(), rules(machine))?;
    at(|| "the enumerations".to_string(), enums(machine))?;
    at(|| "the channels".to_string(), listed(machine, &machine.channels, BUILTIN_CHANNELS))?;
    at(|| "the tones".to_string(), listed(machine, &machine.tones, BUILTIN_TONES))?;
    at(|| "the events".to_string(), events(machine))?;
    for (family, names) in families(machine) {
        at(|| format!("the {family}"), family_names(machine, &names))?;
    }
    Ok(())
}

/// Lists that are numbered in 16 bits hold at most 65,535, channels at most 32.
fn lengths(m: &Machine) -> Told {
    let lists = [
        ("facts", m.facts.len()),
        ("parameters", m.params.len()),
        ("variables", m.vars.len()),
        ("templates", m.templates.len()),
        ("events", m.events.len()),
        ("kept values", m.kept.len()),
        ("noted events", m.noted.len()),
        ("stages", m.stages.len()),
        ("groups", m.scopes.len()),
        ("starts", m.starts.len()),
        ("plans", m.plans.len()),
        ("guarantees", m.guarantees.len()),
        ("`whenever` rules", m.whenevers.len()),
        ("watches", m.watches.len()),
        ("triggers", m.triggers.len()),
        ("actions", m.actions.len()),
        ("expressions", m.exprs.len()),
        ("tables", m.tables.len()),
        ("dated values", m.dated.len()),
        ("fee scales", m.scales.len()),
        ("calendars", m.calendars.len()),
        ("enumerations", m.enums.len()),
        ("tones", m.tones.len()),
        ("files", m.files.len()),
        ("rules", m.rules.len()),
    ];
    for (what, len) in lists {
        ensure(len <= usize::from(u16::MAX), || format!("there are {len} {what}, and at most 65,535 can be numbered"))?;
    }
    ensure(m.channels.len() <= 32, || format!("there are {} channels, and at most 32 fit a set", m.channels.len()))?;
    ensure(u32::try_from(m.texts.len()).is_ok(), || "there are more texts than can be numbered".to_string())
}

/// A text that is there.
pub(super) fn text(m: &Machine, id: TextId) -> Told {
    in_table("text", id.index(), m.texts.len())
}

/// A citation that is there.
pub(super) fn rule(m: &Machine, id: RuleId) -> Told {
    in_table("rule", id.index(), m.rules.len())
}

fn unique<T: Ord + ToString>(what: &str, names: impl Iterator<Item = T>) -> Told {
    let mut seen = BTreeSet::new();
    for name in names {
        let words = name.to_string();
        ensure(seen.insert(name), || format!("the {what} `{words}` is there twice"))?;
    }
    Ok(())
}

fn rules(m: &Machine) -> Told {
    for rule in &m.rules {
        in_table("file", usize::from(rule.file), m.files.len())?;
        ensure(rule.line >= 1, || "a rule stands on line 0, and lines count from 1".to_string())?;
        text(m, rule.name)?;
        rule.law.map_or(Ok(()), |law| text(m, law))?;
    }
    Ok(())
}

fn named<'m>(m: &'m Machine, id: &TextId) -> &'m str {
    m.texts.get(id.index()).map_or("", String::as_str)
}

/// A list of names that begins with those of the language.
fn listed(m: &Machine, names: &[TextId], builtin: &[&str]) -> Told {
    names.iter().try_for_each(|name| text(m, *name))?;
    let head = names.iter().map(|name| named(m, name)).take(builtin.len());
    ensure(head.eq(builtin.iter().copied()), || format!("they do not begin with {}", builtin.join(", ")))?;
    unique("name", names.iter().map(|name| named(m, name)))
}

fn enums(m: &Machine) -> Told {
    ensure(m.enums.len() >= BUILTIN_ENUMS.len(), || "those of the language are missing".to_string())?;
    for enumeration in &m.enums {
        text(m, enumeration.name)?;
        ensure(!enumeration.values.is_empty(), || format!("`{}` has no values", named(m, &enumeration.name)))?;
        listed(m, &enumeration.values, &[])?;
    }
    for (enumeration, (name, values)) in m.enums.iter().zip(BUILTIN_ENUMS) {
        let same = enumeration.values.iter().map(|value| named(m, value)).eq(values.iter().copied());
        ensure(same && named(m, &enumeration.name) == *name, || format!("`{name}` is not that of the language"))?;
    }
    Ok(())
}

fn events(m: &Machine) -> Told {
    ensure(m.events.len() >= BUILTIN_EVENTS.len(), || "those of the language are missing".to_string())?;
    for event in &m.events {
        text(m, event.name)?;
        ensure(event.params.len() <= usize::from(u8::MAX), || {
            format!("`{}` has more than 255 parameters", named(m, &event.name))
        })?;
        for param in &event.params {
            text(m, param.name)?;
            type_exists(m, param.ty)?;
        }
        unique("parameter", event.params.iter().map(|param| named(m, &param.name)))?;
    }
    for (event, builtin) in m.events.iter().zip(BUILTIN_EVENTS) {
        ensure(is_builtin(m, event, builtin), || format!("`{}` is not that of the language", builtin.name))?;
    }
    Ok(())
}

fn is_builtin(m: &Machine, event: &EventType, builtin: &Builtin) -> bool {
    let params = event.params.iter().map(|param| (named(m, &param.name), param.ty, param.required));
    named(m, &event.name) == builtin.name && params.eq(builtin.params.iter().copied())
}

/// Names that have one meaning within their family.
fn families(m: &Machine) -> [(&'static str, Vec<TextId>); 8] {
    [
        ("facts", m.facts.iter().map(|fact| fact.name).collect()),
        ("parameters", m.params.iter().map(|param| param.name).collect()),
        ("variables", m.vars.iter().map(|var| var.name).collect()),
        ("templates", m.templates.iter().map(|template| template.name).collect()),
        ("events", m.events.iter().map(|event| event.name).collect()),
        ("stages", m.stages.iter().map(|stage| stage.name).collect()),
        ("groups", m.scopes.iter().map(|scope| scope.name).collect()),
        ("plans", m.plans.iter().map(|plan| plan.name).collect()),
    ]
}

fn family_names(m: &Machine, names: &[TextId]) -> Told {
    names.iter().try_for_each(|name| text(m, *name))?;
    unique("name", names.iter().map(|name| named(m, name)))
}

/// A name and a type that are there.
pub(super) fn typed(m: &Machine, name: TextId, ty: Type) -> Told {
    text(m, name)?;
    type_exists(m, ty)
}
