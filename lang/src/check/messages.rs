//! Which messages a machine can send: every combination of template, channel and tone, each with a way that leads to it,
//! and the files that `templates "letters" in de, en` wants for them.

use std::collections::BTreeMap;

use dunlin_machine::ir::{self, Channels, Nature, Pattern, ScopeId, Send, TableId, Type, VarId};

use super::warnings::paths::Paths;
use super::warnings::walk;
use crate::model::{Action, Does, Expr, Model, Trigger};

/// A file that the line `templates` wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedFile {
    /// Its name up to the ending, whichever that is: `demand.letter.firm.de`, without a tone `demand.letter.de`.
    pub name: String,
    /// A way to the message: `reminder -> demand: send demand by letter`.
    pub path: String,
}

/// The files that the line `templates` wants, in the order in which the strategy names templates, channels, tones and
/// languages; none where it has no such line.
#[must_use]
pub fn wanted_files(model: &Model) -> Vec<WantedFile> {
    let Some(line) = &model.template_files else { return Vec::new() };
    let mut files = Vec::new();
    for (message, way) in messages(model) {
        let path = format!("{way}: send {} by {}", message.template(model), message.channel(model));
        for language in &line.languages {
            let name = format!("{}.{language}", message.words(model));
            files.push(WantedFile { name, path: path.clone() });
        }
    }
    files
}

/// Template, channel and tone of a message, by their numbers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Message {
    template: usize,
    channel: usize,
    tone: Option<i64>,
}

impl Message {
    fn template(self, model: &Model) -> &str {
        model.templates.get(self.template).map_or("", |template| model.text(template.name))
    }

    fn channel(self, model: &Model) -> &str {
        model.channels.get(self.channel).map_or("", |name| model.text(*name))
    }

    fn words(self, model: &Model) -> String {
        let mut words = format!("{}.{}", self.template(model), self.channel(model));
        let tone = self.tone.and_then(|tone| model.tones.get(usize::try_from(tone).ok()?));
        if let Some(tone) = tone {
            words.push('.');
            words.push_str(model.text(*tone));
        }
        words
    }
}

/// Every message, with the words of a shortest way to one that sends it.
fn messages(model: &Model) -> BTreeMap<Message, String> {
    let mut found = BTreeMap::new();
    for place in places(model) {
        for body in place.bodies {
            walk::actions_of(body, &mut |action| {
                let Does::Send(send) = &action.does else { return };
                for message in of_send(model, send) {
                    found.entry(message).or_insert_with(|| place.words.clone());
                }
            });
        }
    }
    found
}

/// Bodies that a case can come to together.
struct Place<'m> {
    /// How it comes there.
    words: String,
    /// How many stages it passes.
    length: usize,
    bodies: Vec<&'m [Action]>,
}

/// All that a case can come to, the nearest first.
fn places(model: &Model) -> Vec<Place<'_>> {
    let paths = Paths::new(model);
    let mut places = of_stages(model, &paths);
    places.extend(of_scopes(model, &paths));
    places.sort_by_key(|place| place.length);
    places.extend(beside_the_stages(model));
    places
}

fn of_stages<'m>(model: &'m Model, paths: &Paths) -> Vec<Place<'m>> {
    let reached = model.stages.iter().enumerate().filter(|(index, _)| paths.reaches(*index));
    let place = |(index, stage): (usize, &'m crate::model::Stage)| {
        let way = paths.way_to(index);
        let mut bodies: Vec<&[Action]> = vec![&stage.entry];
        bodies.extend(of_triggers(&stage.triggers));
        bodies.extend(stage.leaving.iter().map(|leaving| leaving.body.0.as_slice()));
        Place { words: way_words(model, &way), length: way.len(), bodies }
    };
    reached.map(place).collect()
}

fn of_scopes<'m>(model: &'m Model, paths: &Paths) -> Vec<Place<'m>> {
    let numbered = (0_u16..).map(ScopeId).zip(&model.scopes);
    let place = |(id, scope): (ScopeId, &'m crate::model::Scope)| {
        let inside = |stage: &crate::model::Stage| model.chain(stage.scope).any(|around| around == id);
        let stages = model.stages.iter().enumerate().filter(|(index, stage)| paths.reaches(*index) && inside(stage));
        let way = stages.map(|(index, _)| paths.way_to(index)).min_by_key(Vec::len)?;
        let mut bodies: Vec<&[Action]> = vec![&scope.entry];
        bodies.extend(of_triggers(&scope.triggers));
        bodies.extend(scope.leaving.iter().map(|leaving| leaving.body.0.as_slice()));
        Some(Place { words: way_words(model, &way), length: way.len(), bodies })
    };
    numbered.filter_map(place).collect()
}

/// Rules that a case can come to from whatever stage it is in, and plans.
fn beside_the_stages(model: &Model) -> Vec<Place<'_>> {
    let rule_words =
        |rule: ir::RuleId| model.rules.get(rule.index()).map_or("", |rule| model.text(rule.name)).to_owned();
    let mut places = Vec::new();
    for rule in &model.whenevers {
        let bodies = std::iter::once(rule.body.0.as_slice()).chain(of_triggers(&rule.triggers)).collect();
        places.push(Place { words: rule_words(rule.rule), length: 0, bodies });
    }
    for watch in &model.watches {
        let words = format!("watch {}", model.text(watch.name));
        places.push(Place { words, length: 0, bodies: of_triggers(&watch.triggers).collect() });
    }
    for plan in &model.plans {
        let words = format!("plan {}", model.text(plan.name));
        let blocks = [&plan.notice, &plan.on_missed, &plan.on_completed, &plan.on_breached];
        places.push(Place { words, length: 0, bodies: blocks.map(|block| block.0.as_slice()).to_vec() });
    }
    places
}

fn of_triggers(triggers: &[Trigger]) -> impl Iterator<Item = &[Action]> {
    triggers.iter().map(|trigger| trigger.body.0.as_slice())
}

fn way_words(model: &Model, way: &[usize]) -> String {
    let stages = way.iter().filter_map(|index| model.stages.get(*index));
    stages.map(|stage| model.text(stage.name)).collect::<Vec<_>>().join(" -> ")
}

fn of_send(model: &Model, send: &Send<Expr>) -> Vec<Message> {
    let tones: Vec<Option<i64>> = match &send.tone {
        None => vec![None],
        Some(tone) => tones(model, tone).into_iter().map(Some).collect(),
    };
    let channels = send.ways.iter().fold(Channels::default(), |all, way| all.or(*way));
    let template = send.template.index();
    let usable = channels.iter().filter(|channel| send.nature == Nature::Reply || allowed(model, *channel));
    let message = |channel: ir::ChannelId| {
        let of_tone = move |tone: &Option<i64>| Message { template, channel: usize::from(channel.0), tone: *tone };
        tones.iter().map(of_tone).collect::<Vec<_>>()
    };
    usable.flat_map(message).collect()
}

/// Whether `contact` lets anything out by a channel.
fn allowed(model: &Model, channel: ir::ChannelId) -> bool {
    let allows = &model.contact.allows;
    allows.is_empty() || allows.iter().any(|allow| allow.channels.has(channel))
}

/// The tones that an expression can come to, by number.
fn tones(model: &Model, expr: &Expr) -> Vec<i64> {
    let mut found = Vec::new();
    let known = collect(model, expr, &mut Vec::new(), &mut found);
    if !known {
        found = (0_i64..).take(model.tones.len()).collect();
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// Adds what an expression can come to; false where that may be any tone, as a fact or a parameter may.
fn collect(model: &Model, expr: &Expr, vars: &mut Vec<VarId>, found: &mut Vec<i64>) -> bool {
    match expr.node.as_ref() {
        ir::Expr::Const(tone) => {
            found.push(*tone);
            true
        }
        ir::Expr::If(_, then, otherwise) => collect(model, then, vars, found) && collect(model, otherwise, vars, found),
        ir::Expr::Table(table, arguments) => {
            results(model, *table, arguments).into_iter().all(|result| collect(model, result, vars, found))
        }
        ir::Expr::Var(var) if vars.contains(var) => true,
        ir::Expr::Var(var) => {
            vars.push(*var);
            values_of(model, *var).into_iter().all(|value| collect(model, value, vars, found))
        }
        _ => false,
    }
}

/// What a variable starts with and what rules set it to.
fn values_of(model: &Model, wanted: VarId) -> Vec<&Expr> {
    let mut values: Vec<&Expr> = model.vars.get(wanted.index()).map(|var| &var.start).into_iter().collect();
    walk::actions(model, &mut |action| {
        if let Does::Set { var, value } = &action.does
            && *var == wanted
        {
            values.push(value);
        }
    });
    values
}

/// The results of the rows that can match, given the arguments that never change.
fn results<'m>(model: &'m Model, table: TableId, arguments: &[Expr]) -> Vec<&'m Expr> {
    let Some(table) = model.tables.get(table.index()) else { return Vec::new() };
    let mut found = Vec::new();
    for row in &table.rows {
        let cells = row.patterns.iter().zip(arguments).map(|(pattern, argument)| matches(pattern, argument));
        match cells.fold(Matches::Always, Ord::min) {
            Matches::Never => {}
            Matches::Perhaps => found.push(&row.result),
            Matches::Always => {
                found.push(&row.result);
                break;
            }
        }
    }
    found
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Matches {
    Never,
    Perhaps,
    Always,
}

fn matches(pattern: &Pattern, argument: &Expr) -> Matches {
    let value = match argument.node.as_ref() {
        // Durations of different units may be equal though their numbers differ.
        ir::Expr::Const(value) if argument.ty != Type::Duration => *value,
        _ if *pattern == Pattern::Any => return Matches::Always,
        _ => return Matches::Perhaps,
    };
    let holds = match pattern {
        Pattern::Any => true,
        Pattern::Between(low, high) => low.is_none_or(|low| low <= value) && high.is_none_or(|high| value <= high),
        Pattern::OneOf(values) => values.contains(&value),
        Pattern::Amounts(_) => return Matches::Perhaps,
    };
    if holds { Matches::Always } else { Matches::Never }
}
