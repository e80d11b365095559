//! What every part of the checker works on: the model under construction, the diagnostics, the names, and what an
//! expression may see where it stands.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use dunlin_machine::events::{BUILTIN_CHANNELS, BUILTIN_ENUMS, BUILTIN_EVENTS, BUILTIN_PARTIES, BUILTIN_TONES};
use dunlin_machine::events::{EventParam, EventType};
use dunlin_machine::ir::{
    self, CalendarChoice, CalendarId, ChannelId, Channels, Contact, DatedId, EnumId, Enumeration, EventId,
    EventPattern, FactId, LedgerRules, Limits, ParamId, PlanId, Rule, RuleId, ScaleId, ScopeId, StageId, TableId,
    Template, TemplateId, TextId, ToneId, Type, VarId,
};
use dunlin_machine::value::{Calendar, Currency};

use super::known::{Fact as Established, UncheckedRead};
use super::limitation::Asked;
use super::modules::Declared;
use super::procedures::Call;
use crate::diagnostic::{Code, Diagnostic, FileId, Severity, Sources as Texts, codes, did_you_mean};
use crate::model::{Expr, Model};
use crate::syntax::tree::{self, Name, Span};

/// A place in one of the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Place {
    /// Which file.
    pub file: FileId,
    /// Where in it.
    pub span: Span,
}

/// One file that was read: the strategy or library being checked, or a module.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// Its number for diagnostics.
    pub id: FileId,
    /// `de.consumer`; none for the file being checked.
    pub module: Option<String>,
    /// What stands in it.
    pub tree: Rc<tree::File>,
    /// The modules that it uses, as positions in [`Checker::files`].
    pub uses: Vec<usize>,
}

/// What a name of the family of values means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    /// A fact.
    Fact(FactId),
    /// A parameter.
    Param(ParamId),
    /// A variable.
    Var(VarId),
    /// Declared, but its declaration has an error of its own.
    Broken,
}

/// A name with what it means and where it was declared.
#[derive(Clone, Copy, Debug)]
pub struct Named<T> {
    /// What it means.
    pub means: T,
    /// Where it was declared.
    pub place: Place,
}

/// The names that the strategy declares, by family.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// Facts, params, vars.
    pub values: BTreeMap<String, Named<Value>>,
    /// Stages and outcomes; none where the declaration has an error.
    pub stages: BTreeMap<String, Named<Option<StageId>>>,
    /// Groups.
    pub groups: BTreeMap<String, Place>,
    /// Events that the strategy declares.
    pub events: BTreeMap<String, Named<EventId>>,
    /// Tasks that some `task` opens.
    pub tasks: BTreeSet<String>,
    /// Results that some `task` names.
    pub results: BTreeSet<String>,
    /// Templates that some `send` sends.
    pub templates: BTreeSet<String>,
    /// Names under which somebody is asked to approve.
    pub approvals: BTreeSet<String>,
    /// Forms that some `file` files.
    pub forms: BTreeSet<String>,
    /// Reasons of holds.
    pub reasons: BTreeSet<String>,
    /// Parties that can be reported to.
    pub parties: BTreeSet<String>,
    /// What declarations that could not be read seem to declare.
    pub broken: BTreeSet<String>,
}

/// A name that stands for an event's parameter: `x` in `on payment(x)`.
#[derive(Clone, Debug)]
pub struct Binding {
    /// The name.
    pub name: String,
    /// The event.
    pub event: EventId,
    /// The position of the parameter.
    pub param: u8,
}

/// The body that an expression or action stands in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Body {
    /// None: facts, contact rules, the ledger, tests.
    #[default]
    Outside,
    /// A stage.
    Stage(StageId),
    /// An outcome.
    Outcome(StageId),
    /// A group.
    Group,
    /// A `whenever` rule.
    Whenever,
    /// A watch.
    Watch,
    /// A plan.
    Plan,
}

/// What an expression may see where it stands.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// The body around it.
    pub body: Body,
    /// The procedure around it: its parameters, stages and exits have names here, those of the strategy have not.
    pub procedure: Option<ScopeId>,
    /// Whether it stands in a trigger (or rule), not in what is done on entry.
    pub in_trigger: bool,
    /// The event whose parameters can be read by their plain names.
    pub event: Option<EventId>,
    /// Names bound to parameters.
    pub bindings: Vec<Binding>,
    /// What has been asked for, or is certain.
    pub established: Vec<Established>,
    /// Whether what a case may lack is read without asking: then the whole value is not known either.
    pub unknown_allowed: bool,
    /// The law of the rule around it, for actions that name none of their own.
    pub law: Vec<tree::Text>,
    /// The rule that the only action of a trigger belongs to: `after 14 days -> demand`.
    pub rule_span: Option<Span>,
    /// `pause` and `resume` whose reason was read as a duration, because `after` or `before` follows it; reported.
    pub without_reason: Vec<Span>,
    /// Whether the head of the rule around it has an error: names that only it could explain are left alone.
    pub unheard: bool,
    /// Whether a claim's own dates can be read: `due`, `arose`, `default_on`, `kind`.
    pub claim: bool,
    /// In a test of a strategy in several currencies: that of its case.
    pub currency: Option<Currency>,
    /// The reason that a bare `pause` or `resume` takes.
    pub reason: Option<String>,
    /// The `when` of the rule around it, which is read again when somebody has approved what it does.
    pub when: Option<Expr>,
}

/// The checker at work on one strategy or library.
pub struct Checker<'s> {
    /// The model under construction.
    pub model: Model,
    /// What was found so far.
    pub diagnostics: Vec<Diagnostic>,
    /// The files, for lines and words.
    pub texts: Texts,
    /// Files that were read; the first is the one being checked.
    pub files: Vec<SourceFile>,
    /// The file that is being looked at, as position in `files`.
    pub file: usize,
    /// Names.
    pub names: Names,
    /// What an expression may see now.
    pub scope: Scope,
    /// Where each citation stands, by [`RuleId`].
    pub rule_places: Vec<Place>,
    /// Names of values that something read, for warnings about unused ones.
    pub used: BTreeSet<String>,
    pub(super) find: &'s dyn Fn(&str) -> Option<(String, String)>,
    /// The text of a file of rows, by its path.
    pub(super) rows: &'s dyn Fn(&str) -> Option<String>,
    pub(super) modules: BTreeMap<String, Option<usize>>,
    pub(super) tables: BTreeMap<Declared, Progress<TableId>>,
    /// Tables whose rows change by date: their first column is the day.
    pub(super) dated_tables: BTreeSet<TableId>,
    pub(super) dated: BTreeMap<Declared, Progress<Vec<DatedId>>>,
    pub(super) scales: BTreeMap<Declared, Progress<Vec<ScaleId>>>,
    pub(super) calendars: BTreeMap<Declared, Progress<CalendarId>>,
    pub(super) plans: BTreeMap<Declared, PlanId>,
    /// Contact rules with a name; none while they are being checked.
    pub(super) contacts: BTreeMap<Declared, Option<Contact<Expr>>>,
    /// Stages that are procedures.
    pub(super) calls: BTreeMap<ScopeId, Call>,
    pub(super) limitation: Asked,
    pub(super) currency_given: bool,
    pub(super) unchecked_reads: Vec<UncheckedRead>,
    /// Templates that an expression asks about, with the places; some `send` should send them.
    pub asked_templates: Vec<(Name, Place)>,
    text_ids: BTreeMap<String, TextId>,
}

/// How far a declaration that is checked when it is first used has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress<T> {
    /// It is being checked: used again, it uses itself.
    Begun,
    /// Checked; none where it has errors.
    Done(Option<T>),
}

impl<'s> Checker<'s> {
    /// A checker that knows what the language brings and nothing else.
    pub fn new(sources: &super::Sources<'s>) -> Self {
        let mut checker = Checker {
            model: empty_model(),
            diagnostics: Vec::new(),
            texts: Texts::new(),
            files: Vec::new(),
            file: 0,
            names: Names::default(),
            scope: Scope::default(),
            rule_places: Vec::new(),
            used: BTreeSet::new(),
            find: sources.find,
            rows: sources.rows,
            modules: BTreeMap::new(),
            tables: BTreeMap::new(),
            dated_tables: BTreeSet::new(),
            dated: BTreeMap::new(),
            scales: BTreeMap::new(),
            calendars: BTreeMap::new(),
            plans: BTreeMap::new(),
            contacts: BTreeMap::new(),
            calls: BTreeMap::new(),
            limitation: Asked::default(),
            currency_given: false,
            unchecked_reads: Vec::new(),
            asked_templates: Vec::new(),
            text_ids: BTreeMap::new(),
        };
        checker.bring_builtins();
        checker
    }

    fn bring_builtins(&mut self) {
        self.text("");
        for (name, values) in BUILTIN_ENUMS {
            let enumeration =
                Enumeration { name: self.text(name), values: values.iter().map(|v| self.text(v)).collect() };
            self.model.enums.push(enumeration);
        }
        self.model.channels = BUILTIN_CHANNELS.iter().map(|name| self.text(name)).collect();
        self.model.tones = BUILTIN_TONES.iter().map(|name| self.text(name)).collect();
        for event in BUILTIN_EVENTS {
            let params = event.params.iter();
            let params =
                params.map(|(name, ty, required)| EventParam { name: self.text(name), ty: *ty, required: *required });
            let params = params.collect();
            let event = EventType { name: self.text(event.name), params };
            self.model.events.push(event);
        }
        self.names.parties = BUILTIN_PARTIES.iter().map(|name| (*name).to_owned()).collect();
    }

    /// The number of a text, which is taken up if it is new.
    pub fn text(&mut self, text: &str) -> TextId {
        if let Some(id) = self.text_ids.get(text) {
            return *id;
        }
        let id = TextId(self.model.texts.len() as u32);
        self.model.texts.push(text.to_owned());
        self.text_ids.insert(text.to_owned(), id);
        id
    }

    /// The file that is being looked at.
    pub fn file_id(&self) -> FileId {
        self.files.get(self.file).map_or(FileId::default(), |file| file.id)
    }

    /// A place in the file that is being looked at.
    pub fn here(&self, span: Span) -> Place {
        Place { file: self.file_id(), span }
    }

    /// The words of a place in the file that is being looked at.
    pub fn words(&self, span: Span) -> &str {
        self.texts.text(self.file_id()).get(span.range()).unwrap_or("")
    }

    /// Does something while places lie in another text, which names nothing of its own.
    pub fn in_text<T>(&mut self, text: FileId, work: impl FnOnce(&mut Self) -> T) -> T {
        let own = self.file_id();
        let number = self.file;
        let point_to = |checker: &mut Self, id| {
            if let Some(file) = checker.files.get_mut(number) {
                file.id = id;
            }
        };
        point_to(self, text);
        let done = work(self);
        point_to(self, own);
        done
    }

    /// A path as seen from the folder of the strategy, of what is named in the file that is being looked at.
    pub fn beside_this_file(&self, path: &str) -> String {
        let module = self.files.get(self.file).is_some_and(|file| file.module.is_some());
        let folder = self.texts.name(self.file_id()).rsplit_once('/').map(|(folder, _)| folder);
        match folder.filter(|_| module) {
            Some(folder) => format!("{folder}/{path}"),
            None => path.to_owned(),
        }
    }

    /// Does something while another file is looked at, as from its top.
    pub fn in_file<T>(&mut self, file: usize, work: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.file, file);
        let scope = std::mem::take(&mut self.scope);
        let done = work(self);
        self.file = before;
        self.scope = scope;
        done
    }

    /// Does something, and forgets afterwards what was added to the scope.
    pub fn scoped<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.scope.clone();
        let done = work(self);
        self.scope = before;
        done
    }

    /// A citation of a place in the file that is being looked at: `words` are its first words, `law` what stands in
    /// its `law "…"`.
    pub fn rule(&mut self, span: Span, words: &str, law: &[tree::Text]) -> RuleId {
        let place = self.here(span);
        let laws: Vec<&str> = law.iter().map(|text| text.value.as_str()).collect();
        let law = (!laws.is_empty()).then(|| self.text(&laws.join("; ")));
        let name = self.text(words);
        let rule =
            Rule { file: place.file.0 as u16, line: self.texts.line_column(place.file, span.start).0, name, law };
        self.rule_places.push(place);
        self.model.rules.push(rule);
        RuleId(self.number(self.model.rules.len() - 1, "rules"))
    }

    /// A citation whose words are taken from the source: those before its block, its law or the end of the line.
    pub fn rule_at(&mut self, span: Span, law: &[tree::Text]) -> RuleId {
        let words = first_words(self.words(span));
        self.rule(span, &words, law)
    }

    /// Where a citation stands.
    pub fn rule_place(&self, rule: RuleId) -> Place {
        self.rule_places.get(rule.index()).copied().unwrap_or_default()
    }

    /// The position in a table as its number; more than 16 bits are reported once.
    pub fn number(&mut self, position: usize, what: &str) -> u16 {
        u16::try_from(position).unwrap_or_else(|_| {
            let message = format!("There are more than 65,536 {what} in this strategy");
            let error = Diagnostic::error(codes::TOO_MANY, message).at(FileId::default(), Span::new(0, 0), "");
            if !self.diagnostics.contains(&error) {
                self.diagnostics.push(error);
            }
            u16::MAX
        })
    }

    /// Takes up something to tell the author. What the parser has already said of the same words is not said again.
    pub fn report(&mut self, diagnostic: Diagnostic) {
        let place = |found: &Diagnostic| found.place().map(|label| (label.file, label.span));
        let syntax = |found: &Diagnostic| found.code.number() < 100 && found.severity == Severity::Error;
        let said = self.diagnostics.iter().any(|found| syntax(found) && place(found) == place(&diagnostic));
        if !said {
            self.diagnostics.push(diagnostic);
        }
    }

    /// An error at a place in the file that is being looked at; to be reported.
    pub fn error(&self, code: Code, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic::error(code, message).at(self.file_id(), span, "")
    }

    /// An error with words at its place.
    pub fn error_saying(
        &self,
        code: Code,
        span: Span,
        message: impl Into<String>,
        label: impl Into<String>,
    ) -> Diagnostic {
        Diagnostic::error(code, message).at(self.file_id(), span, label)
    }

    /// Whether an error was found.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|d| d.severity == Severity::Error)
    }

    /// An unknown name, with the nearest known one as fix.
    pub fn report_unknown(&mut self, code: Code, name: &Name, message: String, known: &[String], help: &str) {
        if self.names.broken.contains(&name.text) {
            return;
        }
        let error = self.error(code, name.span, message);
        let error = match did_you_mean(&name.text, known.iter().map(String::as_str)) {
            Some(near) => error.help(format!("did you mean `{near}`?")).fix(name.span, near),
            None if help.is_empty() => error,
            None => error.help(help),
        };
        self.report(error);
    }

    /// The channels of those names; none where one is unknown (reported).
    pub fn channels(&mut self, names: &[Name]) -> Option<Channels> {
        let mut all = Some(Channels::default());
        for name in names {
            let channel = self.channel(name);
            all = all.zip(channel).map(|(all, channel)| all.or(Channels::of(channel)));
        }
        all
    }

    /// The channel of that name.
    pub fn channel(&mut self, name: &Name) -> Option<ChannelId> {
        let position = self.position(&self.model.channels, &name.text);
        if position.is_none() {
            let known = self.texts_of(&self.model.channels);
            let message = format!("There is no channel `{}`", name.text);
            let help = format!("channels are {}; `channels {{ {} }}` adds one", or_list(&known), name.text);
            self.report_unknown(codes::UNKNOWN_CHANNEL, name, message, &known, &help);
        }
        position.map(|n| ChannelId(n as u8))
    }

    /// The tone of that name, if there is one.
    pub fn tone(&self, name: &str) -> Option<ToneId> {
        self.position(&self.model.tones, name).map(|n| ToneId(n as u16))
    }

    fn position(&self, among: &[TextId], name: &str) -> Option<usize> {
        among.iter().position(|id| self.model.text(*id) == name)
    }

    /// The words of those texts.
    pub fn texts_of(&self, ids: &[TextId]) -> Vec<String> {
        ids.iter().map(|id| self.model.text(*id).to_owned()).collect()
    }

    /// The stage or outcome of that name; unknown ones are reported.
    pub fn stage_named(&mut self, name: &tree::DottedName) -> Option<StageId> {
        if let Some(stage) = self.names.stages.get(&self.full_name(&name.text())) {
            return stage.means;
        }
        if self.report_no_stage_of_procedure(name) {
            return None;
        }
        let known: Vec<String> = self.names.stages.keys().cloned().collect();
        let message = if self.names.groups.contains_key(&name.text()) {
            format!("`{}` is a group; a case is in one of its stages", name.text())
        } else {
            format!("There is no stage `{}`", name.text())
        };
        let whole = Name { text: name.text(), span: name.span };
        let help = match self.names.groups.contains_key(&name.text()) {
            true => "name the stage that is meant".to_owned(),
            false => self
                .help_of_stage_inside(name)
                .unwrap_or_else(|| format!("declare it: `stage {} \"…\" {{ … }}`", name.text())),
        };
        self.report_unknown(codes::UNKNOWN_STAGE, &whole, message, &known, &help);
        None
    }

    /// The event of that name, if there is one.
    pub fn event_if(&self, name: &str) -> Option<EventId> {
        // A procedure of a module knows nothing of the strategy that calls it.
        let strangers = self.scope.procedure.is_some() && self.file != 0;
        if let Some(event) = self.names.events.get(name).filter(|_| !strangers) {
            return Some(event.means);
        }
        let builtin = BUILTIN_EVENTS.iter().position(|event| event.name == name);
        builtin.map(|n| EventId(n as u16))
    }

    /// The event of that name; unknown ones are reported.
    pub fn event_named(&mut self, name: &Name) -> Option<EventId> {
        let event = self.event_if(&name.text);
        if event.is_none() {
            let known: Vec<String> = self.model.events.iter().map(|e| self.model.text(e.name).to_owned()).collect();
            let message = format!("There is no event `{}`", name.text);
            let help = format!("an event of your own is declared by `event {}(…)`", name.text);
            self.report_unknown(codes::UNKNOWN_EVENT, name, message, &known, &help);
        }
        event
    }

    /// The template of that name; what is sent or asked for becomes one.
    pub fn template(&mut self, name: &str) -> TemplateId {
        let id = self.text(name);
        let known = self.model.templates.iter().position(|template| template.name == id);
        let position = known.unwrap_or_else(|| {
            self.model.templates.push(Template { name: id, counted: false });
            self.model.templates.len() - 1
        });
        TemplateId(self.number(position, "templates"))
    }

    /// The position of a value in an enumeration, if it has it.
    pub fn enum_value(&self, of: EnumId, name: &str) -> Option<i64> {
        let values = &self.model.enums.get(of.index())?.values;
        self.position(values, name).map(|n| n as i64)
    }

    /// The value of a type that a bare name stands for: an enumeration's, a channel, a tone.
    pub fn named_constant(&self, ty: Type, name: &str) -> Option<i64> {
        match ty {
            Type::Enum(of) => self.enum_value(of, name),
            Type::Channel => self.position(&self.model.channels, name).map(|n| n as i64),
            Type::Tone => self.tone(name).map(|tone| i64::from(tone.0)),
            _ => None,
        }
    }

    /// The names that [`Checker::named_constant`] knows for a type.
    pub fn names_of_type(&self, ty: Type) -> Vec<String> {
        match ty {
            Type::Enum(of) => self.model.enum_values(of).into_iter().map(str::to_owned).collect(),
            Type::Channel => self.texts_of(&self.model.channels),
            Type::Tone => self.texts_of(&self.model.tones),
            _ => Vec::new(),
        }
    }

    /// The position of an event's parameter among those that a case keeps, which it is from now on.
    pub fn kept(&mut self, event: EventId, param: u8) -> u16 {
        let kept = ir::Kept { event, param };
        let known = self.model.kept.iter().position(|k| *k == kept);
        let position = known.unwrap_or_else(|| {
            self.model.kept.push(kept);
            self.model.kept.len() - 1
        });
        self.note(event);
        self.number(position, "event parameters")
    }

    /// The position of an event among those of which something asks whether they happened.
    pub fn note(&mut self, event: EventId) -> u16 {
        self.note_pattern(EventPattern { event, is: Vec::new() })
    }

    /// As [`Self::note`], of an event with certain values.
    pub fn note_pattern(&mut self, pattern: EventPattern) -> u16 {
        let known = self.model.noted.iter().position(|noted| *noted == pattern);
        let position = known.unwrap_or_else(|| {
            self.model.noted.push(pattern);
            self.model.noted.len() - 1
        });
        self.number(position, "events")
    }
}

/// `a, b or c`.
pub fn or_list(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.as_slice() {
        [] => String::new(),
        [only] => only.clone(),
        [before @ .., last] => format!("{} or {last}", before.join(", ")),
    }
}

/// The words of a rule before its block, its law or the end of its line, at most 80 characters.
fn first_words(text: &str) -> String {
    let line = text.lines().next().unwrap_or("");
    let end = ["{", " law \"", "#"].iter().filter_map(|stop| line.find(stop)).min().unwrap_or(line.len());
    let line = line.get(..end).unwrap_or(line).trim_end().trim_end_matches(':').trim_end();
    let words: Vec<&str> = line.split_whitespace().collect();
    let words = words.join(" ");
    match words.char_indices().nth(80) {
        Some((cut, _)) => format!("{}…", words.get(..cut).unwrap_or("").trim_end()),
        None => words,
    }
}

fn empty_model() -> Model {
    let nothing = Expr { node: Box::new(ir::Expr::Const(0)), ty: Type::Bool };
    Model {
        name: String::new(),
        title: String::new(),
        version: 1,
        currencies: vec![Currency::EUR],
        zones: Vec::new(),
        calendars: vec![Calendar::weekends_only()],
        calendar: CalendarChoice::One(CalendarId(0)),
        day_begins: 0,
        texts: Vec::new(),
        enums: Vec::new(),
        channels: Vec::new(),
        tones: Vec::new(),
        facts: Vec::new(),
        params: Vec::new(),
        vars: Vec::new(),
        templates: Vec::new(),
        template_files: None,
        events: Vec::new(),
        kept: Vec::new(),
        noted: Vec::new(),
        starts: Vec::new(),
        stages: Vec::new(),
        scopes: Vec::new(),
        plans: Vec::new(),
        whenevers: Vec::new(),
        watches: Vec::new(),
        tables: Vec::new(),
        dated: Vec::new(),
        scales: Vec::new(),
        contact: Contact::default(),
        ledger: LedgerRules {
            interest: None,
            pools: Vec::new(),
            order: Vec::new(),
            each_claim_in_turn: false,
            designation: ir::Designation::Unheard,
            costs_up_to: None,
            costs_of_up_to: Vec::new(),
            limitation: None,
            settled: nothing,
            settled_rule: RuleId(0),
        },
        guarantees: Vec::new(),
        limits: Limits::default(),
        files: Vec::new(),
        rules: Vec::new(),
        tests: Vec::new(),
        own: crate::model::Own::ALL,
    }
}
