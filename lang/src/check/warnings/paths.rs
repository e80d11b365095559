//! Which stages a case can come to, and by which way.

use std::collections::BTreeSet;

use dunlin_machine::ir::{ScopeId, StageId, Target};

use super::{head, walk, warning_at};
use crate::check::context::Checker;
use crate::diagnostic::codes;
use crate::model::{Does, Model, Stage, Trigger};

/// The moves between stages.
pub(in crate::check) struct Paths {
    /// For each stage the one that a shortest way to it comes from, itself for those that a rule leads to from
    /// anywhere; none where no way leads to it.
    from: Vec<Option<usize>>,
    /// The stages that moves of a stage or of its group lead to.
    moves: Vec<Vec<usize>>,
}

impl Paths {
    /// Follows every move from where cases open, and those of `whenever` rules and watches from anywhere.
    pub(in crate::check) fn new(model: &Model) -> Paths {
        let moves: Vec<Vec<usize>> = model.stages.iter().map(|stage| moves_of_stage(model, stage)).collect();
        let mut paths = Paths { from: vec![None; model.stages.len()], moves };
        let mut next: Vec<usize> = Vec::new();
        for stage in opening(model) {
            paths.enter(stage, stage, &mut next);
        }
        for stage in anywhere(model) {
            paths.enter(stage, stage, &mut next);
        }
        let mut done = 0;
        while let Some(stage) = next.get(done).copied() {
            done += 1;
            for to in paths.moves.get(stage).cloned().unwrap_or_default() {
                paths.enter(to, stage, &mut next);
            }
        }
        paths
    }

    fn enter(&mut self, stage: usize, from: usize, next: &mut Vec<usize>) {
        if let Some(place @ None) = self.from.get_mut(stage) {
            *place = Some(from);
            next.push(stage);
        }
    }

    /// Whether a case can come to that stage.
    pub(in crate::check) fn reaches(&self, stage: usize) -> bool {
        self.from.get(stage).is_some_and(Option::is_some)
    }

    /// The stages on a shortest way to that stage, itself the last.
    pub(in crate::check) fn way_to(&self, stage: usize) -> Vec<usize> {
        let mut way = vec![stage];
        let mut at = stage;
        while let Some(Some(from)) = self.from.get(at).copied()
            && from != at
            && way.len() <= self.from.len()
        {
            way.push(from);
            at = from;
        }
        way.reverse();
        way
    }

    /// The stages that moves lead to it from.
    fn sources(&self, stage: usize) -> Vec<usize> {
        let leads = |(_, to): &(usize, &Vec<usize>)| to.contains(&stage);
        self.moves.iter().enumerate().filter(leads).map(|(from, _)| from).filter(|from| *from != stage).collect()
    }
}

/// Where a case opens: by `start`, and in the first stage where none of its conditions may hold.
fn opening(model: &Model) -> Vec<usize> {
    let starts = model.starts.iter().map(|start| start.stage.index());
    let always = model.starts.iter().any(|start| start.when.is_none());
    starts.chain((!always).then_some(0)).collect()
}

fn moves_of_stage(model: &Model, stage: &Stage) -> Vec<usize> {
    let mut found = Vec::new();
    targets(&stage.entry, &mut found);
    targets_of(&stage.triggers, &mut found);
    for scope in model.chain(stage.scope).filter_map(|scope| model.scopes.get(scope.index())) {
        targets_of(&scope.triggers, &mut found);
    }
    found
}

/// The stages that rules lead to from whatever stage a case is in.
fn anywhere(model: &Model) -> Vec<usize> {
    let mut found = Vec::new();
    for rule in &model.whenevers {
        targets(&rule.body, &mut found);
        targets_of(&rule.triggers, &mut found);
    }
    model.watches.iter().for_each(|watch| targets_of(&watch.triggers, &mut found));
    found
}

fn targets_of(triggers: &[Trigger], found: &mut Vec<usize>) {
    triggers.iter().for_each(|trigger| targets(&trigger.body, found));
}

fn targets(body: &[crate::model::Action], found: &mut Vec<usize>) {
    walk::actions_of(body, &mut |action| {
        // A sister case opens in its stage as another comes to it.
        if let Does::Move(Target::Stage(StageId(to))) | Does::Split { to: StageId(to), .. } = action.does {
            found.push(usize::from(to));
        }
    });
}

/// Warns of stages that no case comes to.
pub(super) fn unreachable(checker: &mut Checker, paths: &Paths) {
    let mut calls = BTreeSet::new();
    for (index, stage) in checker.model.stages.clone().iter().enumerate() {
        if paths.reaches(index) {
            continue;
        }
        if let Some(call) = call_not_reached(checker, paths, stage) {
            if calls.insert(call) {
                report_call(checker, call);
            }
            continue;
        }
        let kind = if stage.outcome { "outcome" } else { "stage" };
        let name = checker.model.text(stage.name).to_owned();
        let sources = paths.sources(index);
        let message = match sources.as_slice() {
            [] => format!("No move leads to the {kind} `{name}`"),
            _ => format!("No case comes to the {kind} `{name}`: what leads to it is not reached either"),
        };
        let mut warning = warning_at(checker, codes::UNREACHABLE_STAGE, stage.rule, message);
        for source in sources.iter().filter_map(|source| checker.model.stages.get(*source)).take(2) {
            let place = head(checker, source.rule);
            warning = warning.also(place.file, place.span, "leads to it");
        }
        let help = match sources.as_slice() {
            // Inside of a procedure its stages have their plain names.
            [] => {
                let plain = name.rsplit('.').next().unwrap_or(&name);
                format!("add a move `-> {plain}`, or remove it; {}", where_cases_open(&checker.model))
            }
            _ => "lead a case to one of them, or remove them".to_owned(),
        };
        checker.report(warning.help(help));
    }
}

fn where_cases_open(model: &Model) -> &'static str {
    if model.starts.is_empty() { "a case opens in the first stage written" } else { "a case opens as `start` says" }
}

/// The outermost procedure around a stage of which no case comes to any stage.
fn call_not_reached(checker: &Checker, paths: &Paths, stage: &Stage) -> Option<ScopeId> {
    let model = &checker.model;
    let reached = |scope: ScopeId| {
        let mut stages = model.stages.iter().enumerate();
        stages.any(|(index, stage)| paths.reaches(index) && model.chain(stage.scope).any(|of| of == scope))
    };
    model.chain(stage.scope).filter(|scope| checker.calls.contains_key(scope) && !reached(*scope)).last()
}

fn report_call(checker: &mut Checker, scope: ScopeId) {
    let Some(call) = checker.calls.get(&scope) else { return };
    let (name, rule) = (call.name.clone(), call.rule);
    let message = format!("No case comes to the stage `{name}`");
    let warning = warning_at(checker, codes::UNREACHABLE_STAGE, rule, message);
    checker.report(warning.help(format!("add a move `-> {name}`, or remove it; {}", where_cases_open(&checker.model))));
}
