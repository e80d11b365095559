//! Header lines and the declarations of values: what a strategy says of itself before it says what is done.

use dunlin_machine::events::{BUILTIN_EVENTS, EventParam, EventType};
use dunlin_machine::ir::{EventId, Fact, FactId, FurtherFact, FurtherParam, Param, ParamId, TextId, Type, VarId};

use super::context::{Checker, Named, Place, Value};
use super::expr::{constant, is_builtin_value, second_of_day};
use super::modules::{Family, declared_name};
use dunlin_machine::value::{Currency, Duration, Unit};

use super::types::in_currency;
use crate::diagnostic::{Code, Diagnostic, codes, did_you_mean};
use crate::lower::zones;
use crate::model::Var;
use crate::syntax::tree::{self, Item, ItemKind, Name, Span};

/// Where each header line stands that a file has at most once.
#[derive(Default)]
struct Headers {
    strategy: Option<Place>,
    version: Option<Place>,
    currency: Option<Place>,
    time_zone: Option<Place>,
    day_begins: Option<Place>,
}

impl Checker<'_> {
    /// Takes up the header lines; the calendar has to wait for values that it may read.
    pub fn header(&mut self, file: &tree::File) {
        let mut headers = Headers::default();
        for item in &file.items {
            match &item.kind {
                ItemKind::Strategy(line) => {
                    self.once(&mut headers.strategy, item, "strategy");
                    self.model.name = line.name.text();
                    self.model.title = line.title.as_ref().map_or_else(|| line.name.text(), |t| t.value.clone());
                }
                ItemKind::Version(number) => {
                    self.once(&mut headers.version, item, "version");
                    self.version(number);
                }
                ItemKind::Currency(names) => {
                    self.once(&mut headers.currency, item, "currency");
                    self.currencies(names);
                }
                ItemKind::TimeZone(name) => {
                    self.once(&mut headers.time_zone, item, "time zone");
                    self.time_zone(name);
                }
                ItemKind::DayBegins(time) => {
                    self.once(&mut headers.day_begins, item, "day begins");
                    self.day_begins(*time);
                }
                _ => {}
            }
        }
        if headers.time_zone.is_none() {
            self.without_time_zone(file);
        }
    }

    /// A second line of its kind is reported with the first.
    fn once(&mut self, first: &mut Option<Place>, item: &Item, what: &str) {
        let place = self.here(item.span);
        match first {
            None => *first = Some(place),
            Some(before) => {
                let error = self
                    .error_saying(
                        codes::HEADER_TWICE,
                        item.span,
                        format!("A strategy has one `{what}` line"),
                        "the second",
                    )
                    .also(before.file, before.span, "the first")
                    .help("remove one of them");
                self.report(error);
            }
        }
    }

    fn version(&mut self, number: &tree::Number) {
        match u32::try_from(number.value) {
            Ok(version) if version >= 1 => self.model.version = version,
            _ => {
                let error = self.error(codes::BAD_VERSION, number.span, "Versions count from 1");
                self.report(error);
            }
        }
    }

    fn currencies(&mut self, names: &[Name]) {
        let mut known: Vec<Currency> = Vec::new();
        for name in names {
            match Currency::from_code(&name.text) {
                Some(currency) if known.contains(&currency) => self.report_known_word(name, "currency"),
                Some(currency) => known.push(currency),
                None => self.report_unknown_currency(name),
            }
        }
        if !known.is_empty() {
            self.model.currencies = known;
        }
        // Even an unknown one: its amounts would only repeat the error.
        self.currency_given = true;
    }

    fn time_zone(&mut self, name: &Name) {
        match zones::zone(&name.text) {
            Some(zone) => self.model.zones = vec![zone],
            None => {
                let known: Vec<String> = chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name().to_owned()).collect();
                let message = format!("There is no time zone `{}`", name.text);
                let error = self.error(codes::UNKNOWN_TIME_ZONE, name.span, message);
                let near = near_zone(&name.text, &known);
                self.report(match near {
                    Some(near) => error.help(format!("did you mean `{near}`?")).fix(name.span, near),
                    None => error.help("zones have the names of the IANA database: `Europe/Berlin`"),
                });
            }
        }
    }

    fn without_time_zone(&mut self, file: &tree::File) {
        self.model.zones = vec![dunlin_machine::value::Zone::utc()];
        if let Some(item) = file.items.iter().find(|item| matches!(item.kind, ItemKind::Strategy(_))) {
            let message = "The strategy does not say in which time zone its days begin; UTC is taken";
            let warning = Diagnostic::warning(codes::NO_TIME_ZONE, message);
            let warning = warning.at(self.file_id(), item.span, "").help("add `time zone Europe/Berlin`");
            self.report(warning);
        }
    }

    /// Zones that the file names in texts, as where it compares `debtor.time_zone` or tests a case there: their rules
    /// are compiled in too.
    pub fn zones_in_texts(&mut self) {
        let named: Vec<_> =
            self.model.texts.iter().filter(|text| text.contains('/')).filter_map(|text| zones::zone(text)).collect();
        for zone in named {
            if !self.model.zones.iter().any(|known| known.name() == zone.name()) {
                self.model.zones.push(zone);
            }
        }
    }

    fn day_begins(&mut self, time: tree::TimeLiteral) {
        let seconds = second_of_day(time);
        if seconds >= 86_400 {
            let error = self.error(codes::BAD_DAY_BEGIN, time.span, "A day cannot begin at its end");
            self.report(error.help("write a time before 24:00"));
        }
        self.model.day_begins = u32::try_from(seconds).unwrap_or(0);
    }

    /// Takes up channels, tones, parties and events, which everything after may name.
    pub fn vocabulary(&mut self, file: &tree::File) {
        for item in &file.items {
            match &item.kind {
                ItemKind::Channels(names) => self.more_channels(names),
                ItemKind::Tones(names) => self.more_tones(names),
                ItemKind::Parties(names) => {
                    for name in names {
                        if !self.names.parties.insert(name.text.clone()) {
                            self.report_known_word(name, "party");
                        }
                    }
                }
                _ => {}
            }
        }
        self.one_name_each(file);
    }

    fn more_channels(&mut self, names: &[Name]) {
        for name in names {
            if self.texts_of(&self.model.channels).contains(&name.text) {
                self.report_known_word(name, "channel");
            } else if self.model.channels.len() >= 32 {
                let error = self.error(codes::TOO_MANY, name.span, "A strategy has at most 32 channels");
                self.report(error);
            } else {
                let id = self.text(&name.text);
                self.model.channels.push(id);
            }
        }
    }

    fn more_tones(&mut self, names: &[Name]) {
        for name in names {
            if self.tone(&name.text).is_some() {
                self.report_known_word(name, "tone");
            } else {
                let id = self.text(&name.text);
                self.model.tones.push(id);
            }
        }
    }

    fn report_known_word(&mut self, name: &Name, what: &str) {
        let message = format!("There is a {what} `{}` already", name.text);
        let error = self.error(codes::KNOWN_WORD, name.span, message);
        self.report(error.help("remove it here; the language or a line before brings it"));
    }

    /// Two tables, calendars and so on of one name in this file, and names that the language has taken.
    fn one_name_each(&mut self, file: &tree::File) {
        let named = file.items.iter().filter_map(|item| declared_name(&item.kind));
        let named: Vec<(Family, &tree::DottedName)> = named.collect();
        for (n, (family, name)) in named.iter().enumerate() {
            let text = name.text();
            let before = named.iter().take(n).find(|(of, other)| of == family && other.text() == text);
            if let Some((_, before)) = before {
                let place = self.here(before.span);
                self.report_twice(name.span, place, "within one file each name has one meaning", &text);
            }
            if *family == Family::Value
                && let Some(single) = name.single()
            {
                self.check_free(single);
            }
        }
    }

    /// A name that the language gives a meaning cannot be an author's; whether it is free.
    pub(super) fn check_free(&mut self, name: &Name) -> bool {
        if !is_builtin_value(&name.text) {
            return true;
        }
        let message = format!("`{}` has a meaning of its own in the language", name.text);
        let error = self.error(codes::BUILTIN_NAME, name.span, message);
        self.report(error.help(format!("choose another name: `my_{}`", name.text)));
        false
    }

    /// Takes up facts, then params, then vars: each may read those before.
    pub fn values(&mut self, file: &tree::File) {
        self.seed_broken(file);
        for item in &file.items {
            if let ItemKind::Facts(facts) = &item.kind {
                facts.iter().for_each(|fact| self.fact(fact));
            }
        }
        for item in &file.items {
            match &item.kind {
                ItemKind::Param(param) => self.param(param),
                ItemKind::Event(event) => self.event(event),
                _ => {}
            }
        }
    }

    /// Takes up vars, which may read tables and everything else.
    pub fn vars(&mut self, file: &tree::File) {
        for item in &file.items {
            if let ItemKind::Var(var) = &item.kind {
                self.var(var);
            }
        }
    }

    /// Until it is checked, a value counts as declared with an error: what reads it too early is left alone.
    fn seed_broken(&mut self, file: &tree::File) {
        for item in &file.items {
            if let ItemKind::Var(var) = &item.kind {
                self.names.broken.insert(var.name.text.clone());
            }
        }
    }

    /// Enters a name of the family of values; a second one is reported with the first.
    fn enter_value(&mut self, name: &Name, means: Value) {
        let place = self.here(name.span);
        self.check_free(name);
        if let Some(before) = self.names.values.get(&name.text).map(|named| named.place) {
            self.report_twice(name.span, before, "facts, params, vars and tables have names of their own", &name.text);
            return;
        }
        let whole = tree::DottedName { parts: vec![name.clone()], span: name.span };
        if let Ok(Some(table)) = self.declared(Family::Value, &whole)
            && table.file == self.file
            && let Some(before) = self.declared_place(table)
        {
            self.report_twice(name.span, before, "facts, params, vars and tables have names of their own", &name.text);
        }
        self.names.values.insert(name.text.clone(), Named { means, place });
    }

    fn fact(&mut self, fact: &tree::Fact) {
        let checked = self.fact_value(fact);
        let means = match checked {
            Some(fact) => {
                self.model.facts.push(fact);
                Value::Fact(FactId(self.number(self.model.facts.len() - 1, "facts")))
            }
            None => Value::Broken,
        };
        self.enter_value(&fact.name, means);
    }

    fn fact_value(&mut self, fact: &tree::Fact) -> Option<Fact> {
        let (ty, bounds) = self.type_of(&fact.ty, &fact.name.text)?;
        if matches!(ty, Type::Hours | Type::Instant) {
            let message = format!("A fact cannot be {}", self.type_words(ty));
            let error = self.error(codes::NOT_A_FACT, fact.ty.span, message);
            self.report(
                error.help("hosts state numbers, amounts, rates, dates, durations, texts, and values of a list"),
            );
            return None;
        }
        let default = match &fact.default {
            Some(default) => {
                // A wrong default is reported; the fact keeps its type, so that what reads it is checked all the same.
                let values = self.constants(default, ty).unwrap_or_else(|| vec![0]);
                self.check_bounds(&values, ty, &bounds, default.span, fact.ty.span);
                values
            }
            None => Vec::new(),
        };
        let name = self.text(&fact.name.text);
        let further = further(default.len().max(bounds.len()), |currency| FurtherFact {
            bounds: in_currency(&bounds, currency),
            default: in_currency(&default, currency),
        });
        let (bounds, default) = (bounds.first().copied(), default.first().copied());
        Some(Fact { name, ty, bounds, default, optional: false, further })
    }

    fn param(&mut self, param: &tree::Param) {
        let means = match self.param_value(param) {
            Some(param) => {
                self.model.params.push(param);
                Value::Param(ParamId(self.number(self.model.params.len() - 1, "params")))
            }
            None => Value::Broken,
        };
        self.enter_value(&param.name, means);
    }

    fn param_value(&mut self, param: &tree::Param) -> Option<Param> {
        let Some(ty) = &param.ty else {
            let message = format!("The param `{}` does not say its type", param.name.text);
            let error = self.error(codes::PARAM_WITHOUT_TYPE, param.name.span, message);
            self.report(error.help(format!("write `param {} : duration = …`", param.name.text)));
            return None;
        };
        let (found, range) = self.type_of(ty, &param.name.text)?;
        let name = self.text(&param.name.text);
        let Some(values) = self.constants(&param.value, found) else {
            return Some(Param { name, ty: found, value: stand_in(found), bounds: None, further: Vec::new() });
        };
        self.check_bounds(&values, found, &range, param.value.span, ty.span);
        let bounds = match &param.bounds {
            Some((from, to)) => self.param_bounds(&values, found, param, from, to).unwrap_or_default(),
            None => range.iter().filter_map(|(from, to)| from.zip(*to)).collect(),
        };
        let value = |currency| in_currency(&values, currency).unwrap_or_else(|| stand_in(found));
        let further = further(values.len().max(bounds.len()), |currency| FurtherParam {
            value: value(currency),
            bounds: in_currency(&bounds, currency),
        });
        Some(Param { name, ty: found, value: value(0), bounds: bounds.first().copied(), further })
    }

    fn param_bounds(
        &mut self,
        values: &[i64],
        ty: Type,
        param: &tree::Param,
        from: &tree::Expr,
        to: &tree::Expr,
    ) -> Option<Vec<(i64, i64)>> {
        let low = self.constants(from, ty);
        let high = self.constants(to, ty);
        let (low, high) = low.zip(high)?;
        let span = from.span.to(to.span);
        let each = 0..low.len().max(high.len());
        let bounds: Vec<(i64, i64)> = each.filter_map(|n| in_currency(&low, n).zip(in_currency(&high, n))).collect();
        let comparable = |value: &i64| bounds.iter().all(|(low, _)| self.comparable(ty, *value, *low));
        if !bounds.iter().all(|(low, high)| self.comparable(ty, *low, *high)) || !values.iter().all(comparable) {
            let error = self.error(
                codes::DURATIONS_APART,
                span,
                format!("The bounds of `{}` cannot be compared with its value", param.name.text),
            );
            self.report(error.help("write value and bounds in one unit, such as days"));
            return None;
        }
        if bounds.iter().any(|(low, high)| self.smaller(ty, *high, *low)) {
            self.report_empty_range(span);
            return None;
        }
        let admitted: Vec<_> = bounds.iter().map(|(low, high)| (Some(*low), Some(*high))).collect();
        self.check_bounds(values, ty, &admitted, param.value.span, span);
        Some(bounds)
    }

    fn var(&mut self, var: &tree::Var) {
        self.names.broken.remove(&var.name.text);
        let means = match self.var_value(var) {
            Some(var) => {
                self.model.vars.push(var);
                Value::Var(VarId(self.number(self.model.vars.len() - 1, "vars")))
            }
            None => Value::Broken,
        };
        self.enter_value(&var.name, means);
    }

    fn var_value(&mut self, var: &tree::Var) -> Option<Var> {
        let (ty, bounds) = self.type_of(&var.ty, &var.name.text)?;
        let start = self.expr(&var.value, Some(ty)).unwrap_or_else(|| constant(stand_in(ty), ty));
        let currencies = 0..self.model.currencies.len();
        let values: Vec<i64> = currencies.filter_map(|currency| self.fold_in(&start, currency)).collect();
        self.check_bounds(&values, ty, &bounds, var.value.span, var.ty.span);
        Some(Var { name: self.text(&var.name.text), ty, start })
    }

    /// `event NAME(param : type, …)`.
    fn event(&mut self, event: &tree::EventDeclaration) {
        let place = self.here(event.name.span);
        if BUILTIN_EVENTS.iter().any(|builtin| builtin.name == event.name.text) {
            let message = format!("The language brings an event `{}` already", event.name.text);
            let error = self.error(codes::BUILTIN_NAME, event.name.span, message);
            self.report(error.help("remove the declaration, or choose another name"));
            return;
        }
        if let Some(before) = self.names.events.get(&event.name.text).map(|named| named.place) {
            self.report_twice(event.name.span, before, "each event has a name of its own", &event.name.text);
            return;
        }
        let params = self.event_parameters(event);
        let Some(params) = params else {
            self.names.broken.insert(event.name.text.clone());
            return;
        };
        let name = self.text(&event.name.text);
        self.model.events.push(EventType { name, params });
        let means = EventId(self.number(self.model.events.len() - 1, "events"));
        self.names.events.insert(event.name.text.clone(), Named { means, place });
    }

    fn event_parameters(&mut self, event: &tree::EventDeclaration) -> Option<Vec<EventParam>> {
        let mut params: Vec<EventParam> = Vec::new();
        let mut sound = true;
        for parameter in &event.parameters {
            let (text, span) = (parameter.name.text(), parameter.name.span);
            let name: TextId = self.text(&text);
            if params.iter().any(|before| before.name == name) {
                let place = self.here(span);
                self.report_twice(span, place, "each parameter of an event has a name of its own", &text);
                sound = false;
            }
            match &parameter.ty {
                Some(ty) => match self.type_of(ty, &text) {
                    // A day that is left out is the event's own.
                    Some((ty, _)) => params.push(EventParam { name, ty, required: text != "on" || ty != Type::Date }),
                    None => sound = false,
                },
                None => {
                    let error = self.error(codes::PARAM_WITHOUT_TYPE, span, format!("`{text}` does not say its type"));
                    self.report(error.help(format!("write `{text} : money`, `{text} : date`, …")));
                    sound = false;
                }
            }
        }
        sound.then_some(params)
    }

    /// `limits { claims 500 }`.
    pub fn limits(&mut self, limits: &[tree::Limit]) {
        const WORDS: [&str; 6] = ["debtors", "claims", "cost_kinds", "holds", "payments", "attempts"];
        for limit in limits {
            let Some(value) = u32::try_from(limit.value.value).ok().filter(|value| (1..=100_000).contains(value))
            else {
                let error = self.error(codes::COUNT_TOO_SMALL, limit.value.span, "A bound lies between 1 and 100,000");
                self.report(error);
                continue;
            };
            let bounds = &mut self.model.limits;
            match limit.name.text.as_str() {
                "debtors" => bounds.debtors = value,
                "claims" => bounds.claims = value,
                "cost_kinds" => bounds.cost_kinds = value,
                "holds" => bounds.holds = value,
                "payments" => bounds.payments = value,
                "attempts" => bounds.attempts = value,
                _ => {
                    let known: Vec<String> = WORDS.iter().map(|word| (*word).to_owned()).collect();
                    let message = format!("A case has no bound `{}`", limit.name.text);
                    let help = format!("bounds are {}", super::context::or_list(&known));
                    self.report_unknown(codes::UNKNOWN_LIMIT, &limit.name, message, &known, &help);
                }
            }
        }
    }

    /// Says of each declaration that cannot be run yet that this is so.
    pub fn declarations_not_yet(&mut self, file: &tree::File) {
        for item in &file.items {
            if let Some((code, what)) = not_built(&item.kind) {
                let span = self.first_line(item.span);
                self.not_yet(code, span, what);
            }
        }
    }

    /// The first line of a declaration, without its block.
    pub fn first_line(&self, span: Span) -> Span {
        let words = self.words(span);
        let line = words.find(['\n', '{']).unwrap_or(words.len());
        let length = words.get(..line).map_or(0, |line| line.trim_end().len());
        Span::new(span.start, span.start + length as u32)
    }
}

/// What is said for the second of that many currencies and those after it.
fn further<T>(currencies: usize, of: impl Fn(usize) -> T) -> Vec<T> {
    (1..currencies).map(of).collect()
}

/// A value of the type, for a declaration whose own value has an error.
pub(super) fn stand_in(ty: Type) -> i64 {
    match ty {
        Type::Duration => Duration::new(1, Unit::Days).map_or(0, Duration::pack),
        _ => 0,
    }
}

fn not_built(kind: &ItemKind) -> Option<(Code, &'static str)> {
    Some(match kind {
        ItemKind::Extends(_) => (codes::EXTENDS_NOT_BUILT, "strategies that extend another"),
        ItemKind::Replace(_) | ItemKind::Insert(_) | ItemKind::Remove(_) => {
            (codes::EXTENDS_NOT_BUILT, "strategies that change the stages of another")
        }
        ItemKind::Experiment(_) => (codes::EXPERIMENT_NOT_BUILT, "experiments"),
        ItemKind::Migrate(_) => (codes::MIGRATE_NOT_BUILT, "migrations from another version"),
        _ => return None,
    })
}

/// The zone that was meant: near as a whole, or the same town.
fn near_zone<'z>(name: &str, known: &'z [String]) -> Option<&'z str> {
    let whole = did_you_mean(name, known.iter().map(String::as_str));
    let town = |zone: &&String| zone.rsplit('/').next().is_some_and(|town| town.eq_ignore_ascii_case(name));
    whole.or_else(|| known.iter().find(town).map(String::as_str))
}
