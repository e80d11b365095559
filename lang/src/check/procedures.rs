//! Stages that are procedures: each call is written out in the strategy, as a scope with the procedure's stages in it.
//!
//! A procedure is checked once for each call, in its own file: it sees its parameters, its own stages and exits, what
//! its module declares, and what the language brings. One that nothing calls is checked by itself.

use std::collections::BTreeSet;

use dunlin_machine::ir::{Does, RuleId, ScopeId, StageId, VarId};

use super::actions::always_moves;
use super::context::{Body, Checker, Named, Place, Value, or_list};
use super::declarations::stand_in;
use super::expr::constant;
use super::modules::{Declared, DeclaredItem, Family, Reported};
use crate::diagnostic::{Diagnostic, codes};
use crate::model::{self, Action, Block, Expr};
use crate::syntax::tree::{
    self, Argument, DottedName, ExprKind, GroupEntry, ItemKind, Name, Parameter, Procedure, Span, Statement,
    StatementKind,
};

/// A stage that is a procedure.
#[derive(Clone, Debug)]
pub struct Call {
    /// The procedure.
    pub declared: Declared,
    /// Its name: `court`; of a call inside of `court`, `court.hearing`.
    pub name: String,
    /// Where the stage has its name.
    pub place: Place,
    /// What its arguments, and warnings about it, cite.
    pub rule: RuleId,
    /// The call around it.
    caller: Option<ScopeId>,
    /// The exits that the procedure declares.
    exits: Vec<ExitOfCall>,
    /// Whether nothing calls it: it is checked by itself.
    uncalled: bool,
}

/// An exit of a procedure, with what the caller does.
#[derive(Clone, Debug)]
struct ExitOfCall {
    name: String,
    /// None until it is checked, and where it has errors.
    body: Option<Block>,
}

/// The procedure of a declaration.
fn procedure(item: &DeclaredItem) -> Option<&Procedure> {
    match item.kind() {
        ItemKind::Procedure(procedure) => Some(procedure),
        _ => None,
    }
}

impl Checker<'_> {
    /// The procedure that the case is in where the checker looks now.
    fn current_call(&self) -> Option<&Call> {
        self.scope.procedure.and_then(|scope| self.calls.get(&scope))
    }

    /// The name of a stage or a value in the whole strategy: inside of the procedure `court`, `court.applied`.
    pub fn full_name(&self, name: &str) -> String {
        self.current_call().map_or_else(|| name.to_owned(), |call| format!("{}.{name}", call.name))
    }

    /// The fact, param or var of that name; in a procedure only its parameters have names.
    pub fn author_value(&self, name: &str) -> Option<Named<Value>> {
        match self.current_call() {
            Some(call) => self.names.values.get(&format!("{}.{name}", call.name)).copied(),
            None => self.names.values.get(name).copied(),
        }
    }

    /// The names of facts, params and vars that can be written here.
    pub fn author_values(&self) -> Vec<String> {
        let prefix = self.full_name("");
        let names = self.names.values.keys().filter_map(|name| name.strip_prefix(&prefix));
        names.filter(|name| !name.contains('.')).map(str::to_owned).collect()
    }

    /// The stages that can be named here.
    pub fn stage_names(&self) -> Vec<String> {
        let prefix = self.full_name("");
        let exits = self.current_call().into_iter().flat_map(|call| &call.exits).map(|exit| exit.name.clone());
        self.names.stages.keys().filter_map(|name| name.strip_prefix(&prefix)).map(str::to_owned).chain(exits).collect()
    }

    /// All stages that a name means: of a procedure all that are in it, of a group too; else the one of that name.
    pub fn stages_named(&mut self, name: &DottedName) -> Option<Vec<StageId>> {
        let text = name.text();
        if let Some(stages) = self.stages_of_call(&text) {
            return Some(stages);
        }
        let full = self.full_name(&text);
        if !self.names.stages.contains_key(&full) && self.names.groups.contains_key(&full) {
            let named = |scope: &model::Scope| scope.first.is_none() && self.model.text(scope.name) == full;
            let scope = self.model.scopes.iter().position(named)?;
            return Some(self.stages_inside(scope));
        }
        self.stage_named(name).map(|stage| vec![stage])
    }

    /// The stages of the procedure that the stage of that name is; none where it is none.
    pub fn stages_of_call(&self, name: &str) -> Option<Vec<StageId>> {
        let full = self.full_name(name);
        let (scope, _) = self.calls.iter().find(|(_, call)| call.name == full)?;
        Some(self.stages_inside(scope.index()))
    }

    /// The stages in a group or a procedure, those of procedures inside of it too.
    fn stages_inside(&self, scope: usize) -> Vec<StageId> {
        let stages = self.model.stages.iter().enumerate();
        let inside = stages.filter(|(_, stage)| self.model.chain(stage.scope).any(|of| of.index() == scope));
        inside.map(|(n, _)| StageId(n as u16)).collect()
    }

    /// Says that there is no such stage in the procedure that is looked at; whether one is.
    pub fn report_no_stage_of_procedure(&mut self, name: &DottedName) -> bool {
        let Some(call) = self.current_call() else { return false };
        let text = name.text();
        if call.exits.iter().any(|exit| exit.name == text) {
            let message = format!("`{text}` is an exit, and here a stage is meant");
            let error = self.error(codes::UNKNOWN_STAGE, name.span, message);
            self.report(error.help("a procedure does not know where its caller goes on; `leaving { … }` is done on every way out, `leaving otherwise { … }` on all but the exits"));
            return true;
        }
        let of = self.item(call.declared).and_then(|item| procedure(&item).map(|p| p.name.text())).unwrap_or_default();
        let message = format!("The procedure `{of}` has neither a stage nor an exit `{text}`");
        let known = self.stage_names();
        let help = format!(
            "it knows {}; where a case goes after it, its caller says by `exit NAME -> STAGE`",
            or_list(&known)
        );
        let whole = Name { text, span: name.span };
        self.report_unknown(codes::UNKNOWN_STAGE, &whole, message, &known, &help);
        true
    }

    /// What to do about a name that has no meaning in a procedure, but one in the strategy.
    pub fn help_of_stranger(&self, name: &str) -> Option<String> {
        let outside = self.current_call().is_some() && self.names.values.contains_key(name);
        outside.then(|| {
            format!(
                "a procedure sees only what it is given: add a parameter `{name} : …`, and give it by `{name} = {name}`"
            )
        })
    }

    /// Reports a `set` of a parameter; whether it is one.
    pub fn report_parameter_set(&mut self, name: &Name) -> bool {
        let Some(named) = self.author_value(&name.text).filter(|_| self.scope.procedure.is_some()) else {
            return false;
        };
        let message = format!("`{}` is a parameter, so it cannot be set", name.text);
        let error = self.error(codes::NOT_A_VAR, name.span, message);
        let error = error.also(named.place.file, named.place.span, "declared here");
        self.report(error.help("what a procedure is given is read once, when it is entered"));
        true
    }

    /// What to do about a stage `court.nowhere`, where `court` is a procedure.
    pub fn help_of_stage_inside(&self, name: &DottedName) -> Option<String> {
        let (_, before) = name.parts.split_last()?;
        let call: Vec<&str> = before.iter().map(|part| part.text.as_str()).collect();
        let prefix = format!("{}.", self.full_name(&call.join(".")));
        let inside: Vec<String> =
            self.names.stages.keys().filter(|stage| stage.starts_with(&prefix)).cloned().collect();
        (!inside.is_empty()).then(|| format!("the stages of `{}` are {}", call.join("."), or_list(&inside)))
    }

    // What stands where.

    /// Takes up a stage that is a procedure, with all stages in it. Where it has an error, its name stays known.
    pub fn declare_call(&mut self, stage: &tree::Stage, called: &tree::Expr, parent: Option<ScopeId>) {
        let sound = self.procedure_called(called).filter(|declared| !self.is_inside_itself(*declared, called.span));
        let item = sound.and_then(|declared| self.item(declared).map(|item| (declared, item)));
        let Some((declared, item)) = item else {
            self.declare_broken(stage, parent);
            return;
        };
        let Some(tree) = procedure(&item) else { return };
        let name = self.full_name(&stage.name.text);
        let place = self.here(stage.name.span);
        let rule = self.rule_at(stage.span, &stage.law);
        self.check_stage_name(&stage.name);
        let caller = self.scope.procedure;
        let exits = tree.exits.iter().map(|exit| ExitOfCall { name: exit.text.clone(), body: None }).collect();
        let title = stage.title.as_ref().or(tree.title.as_ref());
        let title = self.text(title.map_or(stage.name.text.as_str(), |title| title.value.as_str()));
        let call = Call { declared, name: name.clone(), place, rule, caller, exits, uncalled: false };
        let first = self.declare_procedure(call, tree, title, parent);
        self.names.stages.entry(name).or_insert(Named { means: first, place });
    }

    /// The scope of a call with its parameters and its stages; gives the first of these.
    fn declare_procedure(
        &mut self,
        call: Call,
        tree: &Procedure,
        title: dunlin_machine::ir::TextId,
        parent: Option<ScopeId>,
    ) -> Option<StageId> {
        let scope = model::Scope {
            name: self.text(&call.name),
            title,
            parent,
            first: None,
            entry: Block::default(),
            triggers: Vec::new(),
            leaving: Vec::new(),
        };
        self.model.scopes.push(scope);
        let id = ScopeId(self.number(self.model.scopes.len() - 1, "groups and procedures"));
        let declared = call.declared;
        self.calls.insert(id, call);
        let first = self.model.stages.len();
        self.in_file(declared.file, |checker| {
            checker.scope.procedure = Some(id);
            checker.check_exit_names(tree);
            tree.parameters.iter().for_each(|parameter| checker.parameter(parameter));
            checker.words_in_entries(&tree.entries);
            for entry in &tree.entries {
                if let GroupEntry::Stage(stage) = entry {
                    checker.declare_stage(stage, Some(id));
                }
            }
        });
        let first = (first < self.model.stages.len()).then(|| StageId(self.number(first, "stages")));
        if first.is_none() {
            self.report_without_stage(declared, tree);
        }
        if let Some(scope) = self.model.scopes.get_mut(id.index()) {
            scope.first = first;
        }
        first
    }

    /// A stage whose procedure cannot be called: moves to it are right all the same.
    fn declare_broken(&mut self, stage: &tree::Stage, scope: Option<ScopeId>) {
        self.declare(&stage.name, stage.title.as_ref(), false, scope, stage.span, &stage.law);
    }

    fn procedure_called(&mut self, called: &tree::Expr) -> Option<Declared> {
        let ExprKind::Call { function, .. } = &called.kind else {
            self.report_not_called(called);
            return None;
        };
        match self.declared(Family::Procedure, function) {
            Ok(Some(declared)) => Some(declared),
            Ok(None) => {
                self.report_no_procedure(function);
                None
            }
            Err(Reported) => None,
        }
    }

    fn report_no_procedure(&mut self, name: &DottedName) {
        if !matches!(self.declared(Family::Plan, name), Ok(Some(_))) {
            self.report_unknown_of(Family::Procedure, name);
            return;
        }
        let message = format!("`{}` is a plan, and no stage can be one", name.text());
        let error = self.error(codes::NOT_A_PROCEDURE, name.span, message);
        self.report(error.help("a plan is activated in a stage: `activate plan NAME`"));
    }

    fn report_not_called(&mut self, called: &tree::Expr) {
        let words = self.words(called.span).to_owned();
        let message = format!("A stage can be a procedure, and `{words}` calls none");
        let error = self.error(codes::NOT_A_PROCEDURE, called.span, message);
        let name = matches!(called.kind, ExprKind::Name(_));
        let error = match name {
            true => error.help("a call has parentheses").fix(called.span, format!("{words}()")),
            false => error.help("write `stage court = de.mahnverfahren(claim = principal)`"),
        };
        self.report(error);
    }

    /// Reports a procedure that is called inside of itself, with the calls between; whether it is.
    fn is_inside_itself(&mut self, declared: Declared, span: Span) -> bool {
        let mut around: Vec<Declared> = vec![declared];
        let mut at = self.scope.procedure;
        while let Some(call) = at.and_then(|scope| self.calls.get(&scope)) {
            around.push(call.declared);
            if call.declared == declared {
                self.report_inside_itself(&around, span);
                return true;
            }
            at = call.caller;
        }
        false
    }

    fn report_inside_itself(&mut self, around: &[Declared], span: Span) {
        let name = |declared: &Declared| {
            self.item(*declared).and_then(|item| procedure(&item).map(|p| p.name.text())).unwrap_or_default()
        };
        let names: Vec<String> = around.iter().rev().map(name).collect();
        let first = names.first().cloned().unwrap_or_default();
        let message = format!("The procedure `{first}` uses itself: {}", names.join(" -> "));
        let mut error = self.error_saying(codes::USES_ITSELF, span, message, "a case would never come out of it");
        for declared in around.iter().skip(1) {
            if let Some(place) = self.declared_place(*declared) {
                error = error.also(place.file, place.span, "is worked out here");
            }
        }
        self.report(error.help("move to one of its stages instead, or leave it by an exit"));
    }

    fn report_without_stage(&mut self, declared: Declared, tree: &Procedure) {
        let Some(place) = self.declared_place(declared) else { return };
        let message = format!("The procedure `{}` has no stage, so no case can be in it", tree.name.text());
        let error = Diagnostic::error(codes::PROCEDURE_WITHOUT_STAGE, message).at(place.file, place.span, "");
        self.report(error.help("a procedure begins in the first stage written in it"));
    }

    /// Exits and stages of a procedure are both what a move can name.
    fn check_exit_names(&mut self, tree: &Procedure) {
        for (n, exit) in tree.exits.iter().enumerate() {
            let stages = tree.entries.iter().filter_map(|entry| match entry {
                GroupEntry::Stage(stage) => Some(&stage.name),
                GroupEntry::Statement(_) => None,
            });
            let before = tree.exits.iter().take(n).chain(stages).find(|other| other.text == exit.text);
            if let Some(before) = before {
                let place = self.here(before.span);
                let what = "each stage and each exit of a procedure has a name of its own";
                self.report_twice(exit.span, place, what, &exit.text);
            }
        }
    }

    /// A parameter is a var of the strategy that is set when the procedure is entered.
    fn parameter(&mut self, parameter: &Parameter) {
        let Some(name) = parameter.name.single() else {
            let message = format!("`{}` cannot be the name of a parameter", parameter.name.text());
            let error = self.error(codes::NAME_EXPECTED, parameter.name.span, message);
            self.report(error.help("a parameter has a name without dots, and a type: `claim : money`"));
            return;
        };
        let means = self.parameter_var(parameter, name).map_or(Value::Broken, Value::Var);
        let full = self.full_name(&name.text);
        let place = self.here(name.span);
        self.check_free(name);
        if let Some(before) = self.names.values.get(&full).map(|named| named.place) {
            self.report_twice(name.span, before, "each parameter has a name of its own", &name.text);
        }
        self.names.values.entry(full).or_insert(Named { means, place });
    }

    fn parameter_var(&mut self, parameter: &Parameter, name: &Name) -> Option<VarId> {
        let full = self.full_name(&name.text);
        let Some(ty) = &parameter.ty else {
            let message = format!("The parameter `{}` does not say its type", name.text);
            let error = self.error(codes::PARAM_WITHOUT_TYPE, name.span, message);
            self.report(error.help(format!("write `{0} : money`, `{0} : date`, …", name.text)));
            return None;
        };
        let (ty, _) = self.type_of(ty, &full)?;
        let name = self.text(&full);
        self.model.vars.push(model::Var { name, ty, start: constant(stand_in(ty), ty) });
        Some(VarId(self.number(self.model.vars.len() - 1, "vars")))
    }

    // What is done.

    /// Checks a call and the bodies in it, in the order in which [`Checker::declare_call`] numbered them.
    pub fn call_bodies(&mut self, stage: &tree::Stage, next: &mut usize, scope: &mut usize) {
        let id = ScopeId(self.number(*scope, "groups and procedures"));
        let place = self.here(stage.name.span);
        let declared = self.calls.get(&id).filter(|call| call.place == place).map(|call| call.declared);
        let item = declared.and_then(|declared| self.item(declared).map(|item| (declared, item)));
        let Some((declared, item)) = item else {
            // It cannot be called, which was reported, and counts as one stage.
            *next += 1;
            return;
        };
        *scope += 1;
        let Some(tree) = procedure(&item) else { return };
        let entry = self.arguments(id, stage, tree, declared);
        self.exits(id, stage, tree);
        let is_exit = |statement: &&Statement| matches!(statement.kind, StatementKind::Exit(_));
        let others: Vec<Statement> = stage.statements().iter().filter(|s| !is_exit(s)).cloned().collect();
        let mut contents = self.contents(Body::Group, &others);
        self.report_actions_here(
            &contents.entry,
            "A stage that is a procedure",
            "its actions stand in the stages of the procedure; do it in the stage before, or behind an `exit`",
        );
        contents.leaving = self.leaving_blocks(&others, true);
        let own = self.procedure_bodies(id, tree, declared, next, scope);
        contents.triggers.extend(own.triggers);
        contents.leaving.extend(own.leaving);
        if let Some(scope) = self.model.scopes.get_mut(id.index()) {
            scope.entry = entry;
            scope.triggers = contents.triggers;
            scope.leaving = contents.leaving;
        }
    }

    fn procedure_bodies(
        &mut self,
        id: ScopeId,
        tree: &Procedure,
        declared: Declared,
        next: &mut usize,
        scope: &mut usize,
    ) -> super::stages::Contents {
        self.in_file(declared.file, |checker| {
            checker.scope.procedure = Some(id);
            let mut statements = Vec::new();
            for entry in &tree.entries {
                match entry {
                    GroupEntry::Stage(stage) => checker.any_stage_body(stage, next, scope),
                    GroupEntry::Statement(statement) => statements.push(statement.clone()),
                }
            }
            let mut contents = checker.contents(Body::Group, &statements);
            checker.report_actions_here(
                &contents.entry,
                "A procedure",
                "it begins in the first stage written in it; actions stand in its stages",
            );
            contents.leaving = checker.leaving_blocks(&statements, true);
            contents
        })
    }

    /// Sets the parameters to what the caller gives: read once, when the procedure is entered.
    fn arguments(&mut self, id: ScopeId, stage: &tree::Stage, tree: &Procedure, declared: Declared) -> Block {
        let Some(tree::Expr { kind: ExprKind::Call { function, arguments }, span }) = &stage.procedure else {
            return Block::default();
        };
        let mut given = BTreeSet::new();
        let mut entry = Vec::new();
        for (n, argument) in arguments.iter().enumerate() {
            let Some(position) = self.parameter_given(argument, n, function, tree, declared) else { continue };
            let Some(parameter) = tree.parameters.get(position) else { continue };
            if !given.insert(position) {
                self.report_given_twice(argument, parameter);
            }
            entry.extend(self.argument_set(id, parameter, argument));
        }
        let is_given = |n: usize, parameter: &Parameter| {
            let same =
                |given: &usize| tree.parameters.get(*given).is_some_and(|p| p.name.text() == parameter.name.text());
            given.contains(&n) || given.iter().any(same)
        };
        let missing: Vec<&Parameter> =
            tree.parameters.iter().enumerate().filter(|(n, p)| !is_given(*n, p)).map(|(_, p)| p).collect();
        if let [first, ..] = missing.as_slice() {
            self.report_missing(function, *span, first, &missing, declared);
        }
        Block(entry)
    }

    /// The position of the parameter that an argument is for: by its name, or else by where it stands.
    fn parameter_given(
        &mut self,
        argument: &Argument,
        position: usize,
        function: &DottedName,
        tree: &Procedure,
        declared: Declared,
    ) -> Option<usize> {
        let names: Vec<String> = tree.parameters.iter().map(|parameter| parameter.name.text()).collect();
        match &argument.name {
            None if position < names.len() => return Some(position),
            None => {
                let message = match names.len() {
                    0 => format!("`{}` takes nothing in its parentheses", function.text()),
                    1 => format!("`{}` takes one value, but here stands another", function.text()),
                    count => format!("`{}` takes {count} values, but here stands one more", function.text()),
                };
                let error = self.error(codes::PROCEDURE_ARGUMENTS, argument.span, message);
                let error = match self.declared_place(declared) {
                    Some(place) => error.also(place.file, place.span, "the procedure"),
                    None => error,
                };
                self.report(error.help("remove it"));
            }
            Some(name) => {
                let found = names.iter().position(|known| *known == name.text);
                if found.is_some() {
                    return found;
                }
                let message = format!("`{}` has no parameter `{}`", function.text(), name.text);
                let help = match names.as_slice() {
                    [] => "it takes nothing in its parentheses".to_owned(),
                    _ => format!("it takes {}", or_list(&names)),
                };
                self.report_unknown(codes::PROCEDURE_ARGUMENTS, name, message, &names, &help);
            }
        }
        // What it says is checked all the same.
        self.expr(&argument.value, None);
        None
    }

    fn argument_set(&mut self, id: ScopeId, parameter: &Parameter, argument: &Argument) -> Option<Action> {
        let call = self.calls.get(&id)?;
        let (full, rule) = (format!("{}.{}", call.name, parameter.name.text()), call.rule);
        let var = match self.names.values.get(&full)?.means {
            Value::Var(var) => Some(var),
            _ => None,
        };
        let ty = var.and_then(|var| self.model.vars.get(var.index()).map(|var| var.ty));
        let value: Expr = self.expr(&argument.value, ty)?;
        Some(Action { rule, does: Does::Set { var: var?, value } })
    }

    fn report_given_twice(&mut self, argument: &Argument, parameter: &Parameter) {
        let message = format!("The parameter `{}` is given twice", parameter.name.text());
        let error = self.error(codes::PROCEDURE_ARGUMENTS, argument.span, message);
        self.report(error.help("keep the one that is right"));
    }

    fn report_missing(
        &mut self,
        function: &DottedName,
        span: Span,
        first: &Parameter,
        missing: &[&Parameter],
        declared: Declared,
    ) {
        let names: Vec<String> = missing.iter().map(|parameter| parameter.name.text()).collect();
        let needs = match names.as_slice() {
            [only] => format!("`{only}`"),
            _ => format!("`{}`", names.join("`, `")),
        };
        let message = format!("`{}` needs {needs}, which this call does not give", function.text());
        let mut error = self.error(codes::PROCEDURE_ARGUMENTS, span, message);
        if let Some(place) = self.place_in(declared, first.span) {
            error = error.also(place.file, place.span, "asked for here");
        }
        let written: Vec<String> = names.iter().map(|name| format!("{name} = …")).collect();
        self.report(error.help(format!("write `{}({})`", function.text(), written.join(", "))));
    }

    /// A place in the file of a declaration.
    fn place_in(&self, declared: Declared, span: Span) -> Option<Place> {
        self.files.get(declared.file).map(|file| Place { file: file.id, span })
    }

    // Exits.

    /// What the caller wrote for each exit.
    fn exits(&mut self, id: ScopeId, stage: &tree::Stage, tree: &Procedure) {
        let lines = stage.statements().iter().filter_map(|statement| match &statement.kind {
            StatementKind::Exit(exit) => Some((statement, exit)),
            _ => None,
        });
        let lines: Vec<(&Statement, &tree::Exit)> = lines.collect();
        let known: Vec<String> = tree.exits.iter().map(|exit| exit.text.clone()).collect();
        for (statement, exit) in lines.iter().filter(|(_, exit)| !known.contains(&exit.name.text)) {
            self.report_unknown_exit(exit, &known, tree);
            self.scoped(|checker| checker.exit_line(statement, exit));
        }
        for exit in &tree.exits {
            let own: Vec<_> = lines.iter().filter(|(_, line)| line.name.text == exit.text).copied().collect();
            let body = if own.is_empty() {
                self.report_not_mapped(id, stage, exit);
                None
            } else {
                self.report_useless_lines(&own);
                self.scoped(|checker| checker.exit_lines(&own))
            };
            let of_call = self.calls.get_mut(&id).into_iter().flat_map(|call| &mut call.exits);
            of_call.filter(|of| of.name == exit.text).for_each(|of| of.body = body.clone());
        }
    }

    fn report_unknown_exit(&mut self, exit: &tree::Exit, known: &[String], tree: &Procedure) {
        let message = format!("The procedure `{}` has no exit `{}`", tree.name.text(), exit.name.text);
        let help = match known {
            [] => "it has no exits at all".to_owned(),
            _ => format!("its exits are {}", or_list(known)),
        };
        self.report_unknown(codes::UNKNOWN_EXIT, &exit.name, message, known, &help);
    }

    fn report_not_mapped(&mut self, id: ScopeId, stage: &tree::Stage, exit: &Name) {
        let declared = self.calls.get(&id).map(|call| call.declared);
        let message =
            format!("The stage `{}` does not say where a case goes by the exit `{}`", stage.name.text, exit.text);
        let mut error = self.error(codes::EXIT_NOT_MAPPED, stage.name.span, message);
        if let Some(place) = declared.and_then(|declared| self.place_in(declared, exit.span)) {
            error = error.also(place.file, place.span, "the exit");
        }
        self.report(error.help(format!("add `exit {} -> STAGE`", exit.text)));
    }

    /// A line behind one that always applies, and a last one that does not.
    fn report_useless_lines(&mut self, lines: &[(&Statement, &tree::Exit)]) {
        let [before @ .., (last, end)] = lines else { return };
        let name = end.name.text.clone();
        if let Some((always, _)) = before.iter().find(|(_, exit)| exit.condition.is_none()) {
            let place = self.here(always.span);
            let message = format!("The exit `{name}` is mapped twice");
            let error = self
                .error_saying(codes::EXIT_TWICE, last.span, message, "never done")
                .also(place.file, place.span, "always done")
                .help("remove one of them, or give the first one a `when`");
            self.report(error);
        } else if end.condition.is_some() {
            let message = format!("Where no condition holds, the exit `{name}` leads nowhere");
            let error = self.error(codes::EXIT_WITHOUT_MOVE, last.span, message);
            self.report(error.help(format!("end with a line without `when`: `exit {name} -> STAGE`")));
        }
    }

    /// The lines of one exit as one body: the first whose condition holds.
    fn exit_lines(&mut self, lines: &[(&Statement, &tree::Exit)]) -> Option<Block> {
        let [(statement, exit), rest @ ..] = lines else { return Some(Block::default()) };
        let line = self.scoped(|checker| checker.exit_line(statement, exit));
        let rest = match line.as_ref() {
            Some((Some(condition), _)) => {
                self.establish(condition, false);
                self.exit_lines(rest)
            }
            _ => Some(Block::default()),
        };
        let (condition, then) = line?;
        let Some(condition) = condition else { return Some(then) };
        let rule = self.rule_at(statement.span, &statement.law);
        Some(Block(vec![Action { rule, does: Does::If { condition, then, otherwise: rest? } }]))
    }

    fn exit_line(&mut self, statement: &Statement, exit: &tree::Exit) -> Option<(Option<Expr>, Block)> {
        self.cite(&exit.body, statement.span, &statement.law);
        let condition = self.when(exit.condition.as_ref());
        let before = self.diagnostics.len();
        let body = self.actions(&exit.body.statements);
        let sound = self.diagnostics.len() == before;
        if sound && !body.last().is_some_and(always_moves) {
            let message =
                format!("By the exit `{}` the case leaves the procedure, and this leads nowhere", exit.name.text);
            let error = self.error(codes::EXIT_WITHOUT_MOVE, statement.span, message);
            let asks = body.last().is_some_and(|last| matches!(last.does, Does::Approval(_)));
            self.report(error.help(match asks {
                true => "an exit waits for nobody: move to a stage that waits for the approval",
                false => "end it with a move: `-> STAGE`",
            }));
            return None;
        }
        Some((condition?, body))
    }

    /// `-> NAME` where the procedure around has an exit of that name; none where it has not.
    pub fn exit_named(&mut self, name: &DottedName) -> Option<Option<model::Does>> {
        let from = self.scope.procedure?;
        let text = name.text();
        let exit = self.current_call()?.exits.iter().find(|exit| exit.name == text)?;
        let body = exit.body.clone();
        let exit = self.text(&text);
        Some(body.map(|body| Does::Exit { from, exit, body }))
    }

    /// `exit` that stands elsewhere than in a stage that is a procedure.
    pub fn report_exit_here(&mut self, span: Span) {
        let words = self.words(span).to_owned();
        let words = words.split_whitespace().take(2).collect::<Vec<_>>().join(" ");
        let message = format!("`{words}` maps an exit of a procedure, and here is none");
        let error = self.error(codes::EXIT_NOT_HERE, span, message);
        self.report(
            error.help(
                "exits stand in a stage that is a procedure: `stage court = NAME(…) { exit title -> enforcement }`",
            ),
        );
    }

    /// Where a sister case opens by `split … -> EXIT`: in the stage that the caller maps the exit to where no `when` of
    /// its lines holds. None where the procedure around has no exit of that name.
    pub fn split_exit(&mut self, name: &DottedName) -> Option<Option<StageId>> {
        match self.exit_named(name)? {
            Some(Does::Exit { body, .. }) => Some(self.opens_in(last_move(&body), name.span)),
            _ => Some(None),
        }
    }

    /// A sister case opens in a stage of a strategy; a procedure that is checked by itself stands in none.
    fn opens_in(&mut self, stage: Option<StageId>, span: Span) -> Option<StageId> {
        let standing = self.current_call().is_some_and(|call| call.uncalled);
        if stage.is_none() && !standing {
            let words = self.words(span).to_owned();
            let message =
                format!("The caller does not map the exit `{words}` to one stage, so no sister case can open there");
            let error = self.error(codes::SPLIT_TARGET, span, message);
            self.report(error.help("end what the caller writes for the exit with a move to a stage"));
        }
        stage.or(standing.then_some(StageId(0)))
    }

    // By itself.

    /// Checks the procedures of the file that nothing calls, as if a strategy did.
    pub fn uncalled_procedures(&mut self, file: &tree::File) {
        for (n, item) in file.items.iter().enumerate() {
            let ItemKind::Procedure(tree) = &item.kind else { continue };
            let declared = Declared { file: self.file, item: n };
            if !self.calls.values().any(|call| call.declared == declared) {
                self.uncalled(declared, tree);
            }
        }
    }

    fn uncalled(&mut self, declared: Declared, tree: &Procedure) {
        let (names, calls) = (self.names.clone(), self.calls.clone());
        let before = (self.model.stages.len(), self.model.scopes.len(), self.model.vars.len());
        let exits = tree
            .exits
            .iter()
            .map(|exit| ExitOfCall { name: exit.text.clone(), body: Some(Block::default()) })
            .collect();
        let rule = self.rule_at(tree.name.span, &[]);
        let place = self.here(tree.name.span);
        let call = Call { declared, name: tree.name.text(), place, rule, caller: None, exits, uncalled: true };
        let title = self.text(&tree.name.text());
        self.declare_procedure(call, tree, title, None);
        let id = ScopeId(self.number(before.1, "groups and procedures"));
        let (mut stage, mut scope) = (before.0, before.1 + 1);
        self.procedure_bodies(id, tree, declared, &mut stage, &mut scope);
        self.model.stages.truncate(before.0);
        self.model.scopes.truncate(before.1);
        self.model.vars.truncate(before.2);
        (self.names, self.calls) = (names, calls);
    }
}

/// The stage that the last move of a body leads to.
fn last_move(body: &Block) -> Option<StageId> {
    match &body.last()?.does {
        Does::Move(dunlin_machine::ir::Target::Stage(stage)) => Some(*stage),
        Does::Exit { body, .. } => last_move(body),
        Does::If { otherwise, .. } => last_move(otherwise),
        _ => None,
    }
}
