//! Header lines, values, stages and rules.

use super::super::tree::*;
use super::Pair;
use super::build::{Builder, child, children};
use super::grammar::Rule;
use crate::diagnostic::{Diagnostic, FileId, codes};

impl Builder<'_> {
    /// The `item` in this pair, and where it stands. One that was refused while it was built is broken.
    pub fn item(&mut self, pair: Pair) -> (Item, Span) {
        let item = if pair.as_rule() == Rule::item { Some(pair.clone()) } else { child(&pair, Rule::item) };
        let item = item.unwrap_or(pair);
        let span = self.span(&item);
        let inner = item.clone().into_inner().next();
        let kind = inner.as_ref().and_then(|inner| self.item_kind(inner));
        let kind = kind.unwrap_or_else(|| {
            let names = inner.as_ref().and_then(|inner| self.name_in(inner));
            ItemKind::Broken(Broken { names: names.into_iter().collect() })
        });
        (Item { kind, doc: self.doc(span), law: self.laws(&item), span }, span)
    }

    fn item_kind(&mut self, pair: &Pair) -> Option<ItemKind> {
        let kind = match pair.as_rule() {
            Rule::strategy => ItemKind::Strategy(self.strategy(pair)?),
            Rule::extends => ItemKind::Extends(self.dotted_in(pair)?),
            Rule::version => ItemKind::Version(self.number_in(pair)?),
            Rule::use_modules => ItemKind::Use(self.all_dotted_in(pair)),
            Rule::currencies => ItemKind::Currency(self.currencies(pair)),
            Rule::time_zone => ItemKind::TimeZone(self.zone(pair)?),
            Rule::calendar_line => ItemKind::CalendarLine(self.calendar_line(pair)?),
            Rule::day_begins => ItemKind::DayBegins(self.time(&child(pair, Rule::time)?)),
            Rule::facts => ItemKind::Facts(self.each(pair, Rule::fact, Self::fact)),
            Rule::param => ItemKind::Param(self.param(pair)?),
            Rule::var => ItemKind::Var(self.var(pair)?),
            Rule::group => ItemKind::Group(self.group(pair)?),
            Rule::stage => ItemKind::Stage(self.stage(pair)?),
            Rule::outcome => ItemKind::Outcome(self.outcome(pair)?),
            Rule::start => ItemKind::Start(self.each(pair, Rule::start_rule, Self::start_rule)),
            Rule::whenever => ItemKind::Whenever(self.whenever(pair)?),
            Rule::watch => ItemKind::Watch(self.watch(pair)?),
            Rule::event => ItemKind::Event(self.event(pair)?),
            Rule::channels => ItemKind::Channels(self.names_in(pair)),
            Rule::tones => ItemKind::Tones(self.names_in(pair)),
            Rule::parties => ItemKind::Parties(self.names_in(pair)),
            Rule::limits => ItemKind::Limits(self.each(pair, Rule::limit_entry, Self::limit_entry)),
            Rule::templates => ItemKind::Templates(self.templates(pair)?),
            Rule::replace => ItemKind::Replace(self.stage(&child(pair, Rule::stage)?)?),
            Rule::insert => ItemKind::Insert(self.insert(pair)?),
            Rule::remove => ItemKind::Remove(self.remove(pair)?),
            Rule::experiment => ItemKind::Experiment(self.experiment(pair)?),
            Rule::migrate => ItemKind::Migrate(self.migrate(pair)?),
            Rule::test => ItemKind::Test(self.test(pair)?),
            Rule::guarantee => ItemKind::Guarantee(self.guarantee(pair)?),
            Rule::contact => ItemKind::Contact(self.contact(pair)),
            Rule::ledger => ItemKind::Ledger(self.ledger(pair)),
            Rule::limitation => ItemKind::Limitation(self.limitation(pair)),
            Rule::plan => ItemKind::Plan(self.plan(pair)?),
            _ => return self.library_item(pair),
        };
        Some(kind)
    }

    /// Builds every child of this rule.
    pub fn each<T>(&mut self, pair: &Pair, rule: Rule, build: fn(&mut Self, &Pair) -> Option<T>) -> Vec<T> {
        children(pair, rule).iter().filter_map(|part| build(self, part)).collect()
    }

    fn strategy(&mut self, pair: &Pair) -> Option<StrategyLine> {
        Some(StrategyLine { name: self.dotted_in(pair)?, title: self.text_in(pair) })
    }

    fn currencies(&mut self, pair: &Pair) -> Vec<Name> {
        let names = self.names_in(pair);
        for name in &names {
            if name.text.len() != 3 || !name.text.bytes().all(|byte| byte.is_ascii_uppercase()) {
                let message = format!("`{}` is not a currency", name.text);
                let help = "currencies are written as three capital letters: `EUR`, `CHF`";
                self.report(codes::BAD_CURRENCY, name.span, message, help);
            }
        }
        names
    }

    fn zone(&self, pair: &Pair) -> Option<Name> {
        let zone = child(pair, Rule::zone)?;
        Some(Name { text: zone.as_str().to_owned(), span: self.span(&zone) })
    }

    fn calendar_line(&mut self, pair: &Pair) -> Option<CalendarLine> {
        let by = child(pair, Rule::calendar_by).and_then(|by| self.dotted_in(&by));
        let by = by.map(|name| Expr { span: name.span, kind: ExprKind::Name(name) });
        Some(CalendarLine { name: self.dotted_in(pair)?, by })
    }

    fn fact(&mut self, pair: &Pair) -> Option<Fact> {
        let span = self.span(pair);
        Some(Fact {
            name: self.name_in(pair)?,
            ty: self.ty_in(pair)?,
            default: self.simple_in(pair),
            law: self.laws(pair),
            doc: self.doc(span),
            span,
        })
    }

    fn param(&mut self, pair: &Pair) -> Option<Param> {
        let ends = child(pair, Rule::bounds).map(|bounds| self.sums_in(&bounds));
        let mut ends = ends.unwrap_or_default().into_iter();
        Some(Param {
            name: self.name_in(pair)?,
            ty: self.ty_in(pair),
            value: self.sum_in(pair)?,
            bounds: ends.next().zip(ends.next()),
        })
    }

    fn var(&mut self, pair: &Pair) -> Option<Var> {
        Some(Var { name: self.name_in(pair)?, ty: self.ty_in(pair)?, value: self.value_in(pair)? })
    }

    fn group(&mut self, pair: &Pair) -> Option<Group> {
        let name = self.name_in(pair)?;
        Some(Group { name, title: self.text_in(pair), entries: self.group_entries(pair) })
    }

    /// The entries of the `group_block` child.
    pub fn group_entries(&mut self, pair: &Pair) -> Vec<GroupEntry> {
        let Some(block) = child(pair, Rule::group_block) else { return Vec::new() };
        block.into_inner().filter_map(|part| self.group_entry(&part)).collect()
    }

    fn group_entry(&mut self, pair: &Pair) -> Option<GroupEntry> {
        let entry = match pair.as_rule() {
            Rule::stage => match self.stage(pair) {
                Some(stage) => GroupEntry::Stage(stage),
                None => GroupEntry::Statement(self.broken_statement(pair)),
            },
            Rule::statement => GroupEntry::Statement(self.statement_or_broken(pair)),
            Rule::broken => GroupEntry::Statement(self.broken_statement(pair)),
            _ => return None,
        };
        Some(entry)
    }

    fn stage(&mut self, pair: &Pair) -> Option<Stage> {
        let span = self.span(pair);
        let name = self.stage_name(pair)?;
        let procedure = child(pair, Rule::procedure_call);
        Some(Stage {
            name,
            title: self.text_in(pair),
            procedure: procedure.and_then(|call| self.reading_in(&call)),
            body: self.block_in(pair).unwrap_or_default(),
            law: self.laws(pair),
            doc: self.doc(span),
            span,
        })
    }

    /// The name of a stage or an outcome; one that moves use for something else is reported.
    fn stage_name(&mut self, pair: &Pair) -> Option<Name> {
        let name = self.name_in(pair)?;
        let meaning = match name.text.as_str() {
            "self" => "`-> self` enters the same stage again",
            "last_stage" => "`-> last_stage` goes on in the stage before",
            "next" => "`-> next` goes on from an inserted stage",
            _ => return Some(name),
        };
        let message = format!("no stage can be called `{}`", name.text);
        let found = Diagnostic::error(codes::RESERVED_STAGE_NAME, message)
            .at(FileId::default(), name.span, meaning)
            .help("give it another name");
        self.diagnostics.push(found);
        Some(name)
    }

    fn outcome(&mut self, pair: &Pair) -> Option<Outcome> {
        Some(Outcome {
            name: self.stage_name(pair)?,
            title: self.text_in(pair),
            body: self.block_in(pair).unwrap_or_default(),
        })
    }

    fn start_rule(&mut self, pair: &Pair) -> Option<StartRule> {
        let condition = self.when_in(pair);
        Some(StartRule { stage: self.dotted_in(pair)?, condition, span: self.span(pair) })
    }

    fn whenever(&mut self, pair: &Pair) -> Option<Whenever> {
        let names = child(pair, Rule::on_names)?;
        let condition = self.when_in(pair);
        Some(Whenever { events: self.event_patterns_in(&names), condition, body: self.body_in(pair)? })
    }

    fn watch(&mut self, pair: &Pair) -> Option<Watch> {
        let condition = self.when_in(pair);
        Some(Watch { name: self.name_in(pair)?, condition, body: self.block_in(pair)? })
    }

    fn event(&mut self, pair: &Pair) -> Option<EventDeclaration> {
        Some(EventDeclaration { name: self.name_in(pair)?, parameters: self.parameters_in(pair) })
    }

    fn limit_entry(&mut self, pair: &Pair) -> Option<Limit> {
        Some(Limit { name: self.name_in(pair)?, value: self.number_in(pair)? })
    }

    fn templates(&mut self, pair: &Pair) -> Option<Templates> {
        let require = child(pair, Rule::templates_require);
        Some(Templates {
            directory: self.text_in(pair)?,
            languages: self.names_in(pair),
            require: require.map(|require| self.all_dotted_in(&require)).unwrap_or_default(),
        })
    }

    fn insert(&mut self, pair: &Pair) -> Option<Insert> {
        Some(Insert { stage: self.stage(pair)?, after: self.dotted_in(pair)? })
    }

    fn remove(&mut self, pair: &Pair) -> Option<Remove> {
        self.check_arrow(pair);
        Some(Remove { stage: self.dotted_in(pair)?, target: self.target_in(pair)? })
    }

    fn experiment(&mut self, pair: &Pair) -> Option<Experiment> {
        Some(Experiment { name: self.name_in(pair)?, arms: self.each(pair, Rule::arm, Self::arm) })
    }

    fn arm(&mut self, pair: &Pair) -> Option<Arm> {
        let params = child(pair, Rule::arm_params);
        let params = params.map(|params| self.each(&params, Rule::with_argument, Self::argument));
        Some(Arm {
            name: self.name_in(pair)?,
            share: self.simple_in(pair)?,
            params: params.unwrap_or_default(),
            span: self.span(pair),
        })
    }

    fn migrate(&mut self, pair: &Pair) -> Option<Migrate> {
        Some(Migrate { from: self.number_in(pair)?, moves: self.each(pair, Rule::migrate_move, Self::migrate_move) })
    }

    fn migrate_move(&mut self, pair: &Pair) -> Option<(DottedName, Target)> {
        self.check_arrow(pair);
        Some((self.dotted_in(pair)?, self.target_in(pair)?))
    }

    fn guarantee(&mut self, pair: &Pair) -> Option<Guarantee> {
        let form = pair.clone().into_inner().find(|part| part.as_rule() != Rule::kw_guarantee)?;
        let mut sums = self.sums_in(&form).into_iter();
        let mut values = self.each(&form, Rule::value, Self::value).into_iter();
        let mut points = self.each(&form, Rule::milestone, Self::milestone).into_iter();
        let guarantee = match form.as_rule() {
            Rule::never_action => {
                let action = child(&form, Rule::action_reference)?;
                Guarantee::NeverAction { action: self.action_reference(&action)?, while_: values.next()? }
            }
            Rule::never_condition => Guarantee::NeverCondition { condition: values.next()?, while_: values.next()? },
            Rule::at_most_contacts => {
                let by = child(&form, Rule::by_names).map(|by| self.names_in(&by));
                Guarantee::AtMostContacts { count: sums.next()?, by: by.unwrap_or_default(), within: sums.next()? }
            }
            Rule::at_least_before => Guarantee::AtLeastBefore {
                count: self.number_expr(&form)?,
                first: points.next()?,
                then: points.next()?,
            },
            Rule::a_before_b => Guarantee::Before { first: points.next()?, then: points.next()? },
            Rule::at_least_time => {
                Guarantee::AtLeastTime { duration: sums.next()?, from: points.next()?, to: points.next()? }
            }
            Rule::silent_reaches => Guarantee::SilentReaches { stage: self.dotted_in(&form)?, within: sums.next()? },
            Rule::silent_ends => Guarantee::SilentEnds { within: sums.next()? },
            Rule::every_ends => Guarantee::EveryEnds { within: sums.next()? },
            Rule::every_notice_grants => Guarantee::EveryNoticeGrants { duration: sums.next()? },
            _ => Guarantee::CostsAtMost { limit: sums.next()? },
        };
        Some(guarantee)
    }

    /// The `number` child as a value.
    fn number_expr(&mut self, pair: &Pair) -> Option<Expr> {
        let Number { digits, value, span } = self.number_in(pair)?;
        Some(Expr { kind: ExprKind::Literal(Literal::Number { digits, value }), span })
    }

    fn milestone(&mut self, pair: &Pair) -> Option<Milestone> {
        match child(pair, Rule::action_reference) {
            Some(action) => Some(Milestone::Action(self.action_reference(&action)?)),
            None => Some(Milestone::Stage(self.dotted_in(pair)?)),
        }
    }

    pub fn action_reference(&mut self, pair: &Pair) -> Option<ActionReference> {
        let verb = child(pair, Rule::verb)?;
        let plan = child(pair, Rule::bare_plan).map(|plan| {
            let (text, start) = ("plan".to_owned(), self.span(&plan).start);
            let span = Span::new(start, start + 4);
            DottedName { parts: vec![Name { text, span }], span }
        });
        let object = child(pair, Rule::reference_object);
        let by = child(pair, Rule::together_by);
        let verb_name = Name { text: verb.as_str().trim().to_owned(), span: self.span(&verb) };
        Some(ActionReference {
            verb: verb_name,
            object: plan.or_else(|| object.and_then(|object| self.dotted_in(&object))),
            by: by.map(|by| self.names(&by)).unwrap_or_default(),
            span: self.span(pair),
        })
    }
}
