//! What the formatter needs to know of a text: where entries begin, which marks stand close, where lines may break.

use super::super::scan::{Scan, scan};
use super::build::{child, children};
use super::grammar::{Grammar, Rule};
use super::{Pair, prepare};
use pest::Parser;
use std::collections::{BTreeMap, BTreeSet};

/// All by the byte offset of a token.
#[derive(Default)]
pub(in super::super) struct Layout {
    /// Declarations and entries of blocks.
    pub entries: BTreeSet<u32>,
    /// No space before it.
    pub close_before: BTreeSet<u32>,
    /// No space after it.
    pub close_after: BTreeSet<u32>,
    /// A line that is too long may break before it.
    pub breaks: BTreeSet<u32>,
    /// Columns that adjacent lines share begin here.
    pub columns: BTreeSet<u32>,
    /// Entries whose columns are shared, with what they share them with.
    pub columned: BTreeMap<u32, &'static str>,
}

/// The layout of a text without errors, and its tokens.
pub(in super::super) fn layout(source: &str) -> (Scan<'_>, Layout) {
    let mut layout = Layout::default();
    let scanned = scan(source);
    let Ok(prepared) = prepare(source) else { return (scanned, layout) };
    let mut index = 0;
    while let Some(token) = scanned.tokens.get(index) {
        let base = token.span.start;
        let text = &prepared.text[base as usize..];
        let Some(pair) = Grammar::parse(Rule::item, text).ok().and_then(|mut pairs| pairs.next()) else { break };
        let end = base + pair.as_span().end() as u32;
        let mut collector = Collector { base, layout: &mut layout };
        collector.layout.entries.insert(base);
        collector.visit(&pair);
        let next = scanned.tokens.partition_point(|token| token.span.start < end);
        index = next.max(index + 1);
    }
    (scanned, layout)
}

struct Collector<'a> {
    base: u32,
    layout: &'a mut Layout,
}

impl Collector<'_> {
    /// Not by recursion: chains of `else if` and the like may be long.
    fn visit(&mut self, root: &Pair) {
        let mut waiting = vec![root.clone()];
        while let Some(pair) = waiting.pop() {
            self.note(&pair);
            waiting.extend(pair.into_inner());
        }
    }

    fn offset(&self, pair: &Pair) -> u32 {
        self.base + pair.as_span().start() as u32
    }

    fn note(&mut self, pair: &Pair) {
        match pair.as_rule() {
            Rule::group_block => children(pair, Rule::stage).iter().for_each(|stage| self.entry(stage)),
            Rule::arm_params => {
                children(pair, Rule::with_argument).iter().for_each(|argument| self.entry(argument));
            }
            rule if is_entry(rule) => self.entry(pair),
            _ => {}
        }
        self.note_spacing(pair);
        self.note_breaks(pair);
        self.note_columns(pair);
    }

    fn entry(&mut self, pair: &Pair) {
        self.layout.entries.insert(self.offset(pair));
    }

    fn note_spacing(&mut self, pair: &Pair) {
        match pair.as_rule() {
            Rule::arguments | Rule::event_arguments | Rule::parameters => self.close_before(pair),
            Rule::waive_costs | Rule::costs_up_to => self.each_close_before(pair, Rule::left),
            Rule::colon_body | Rule::test_at => self.each_close_before(pair, Rule::colon),
            Rule::sum | Rule::simple | Rule::plain => {
                for minus in children(pair, Rule::minus) {
                    self.layout.close_after.insert(self.offset(&minus));
                }
            }
            Rule::range | Rule::type_range | Rule::fixed_hours | Rule::weekdays => self.range(pair),
            _ => {}
        }
    }

    fn close_before(&mut self, pair: &Pair) {
        self.layout.close_before.insert(self.offset(pair));
    }

    fn each_close_before(&mut self, pair: &Pair, rule: Rule) {
        children(pair, rule).iter().for_each(|part| self.close_before(part));
    }

    /// `a..b` has no spaces, `a.. when` has one.
    fn range(&mut self, pair: &Pair) {
        let mut before = false;
        let mut dots = None;
        for part in pair.clone().into_inner() {
            match dots {
                None if part.as_rule() == Rule::dots => dots = Some(self.offset(&part)),
                None => before = true,
                Some(dots) => {
                    self.layout.close_after.insert(dots);
                }
            }
        }
        if let (Some(dots), true) = (dots, before) {
            self.layout.close_before.insert(dots);
        }
    }

    fn note_breaks(&mut self, pair: &Pair) {
        let breaks = matches!(
            pair.as_rule(),
            Rule::cascade
                | Rule::recipient
                | Rule::tone
                | Rule::payable
                | Rule::manner
                | Rule::with_arguments
                | Rule::call_hours
                | Rule::attempts
                | Rule::for_role
                | Rule::substitute
                | Rule::within
                | Rule::results
                | Rule::priority
                | Rule::law
                | Rule::approval
                | Rule::approval_else
                | Rule::when
                | Rule::arrow_body
                | Rule::junction
                | Rule::bounds
                | Rule::verified
                | Rule::calendar_extends
                | Rule::exits
                | Rule::usually
                | Rule::bar
                | Rule::from_default
                | Rule::from_date
                | Rule::without_names
                | Rule::year
                | Rule::across
                | Rule::templates_require
                | Rule::replacing
                | Rule::shift
                | Rule::years
                | Rule::kw_then
                | Rule::kw_else
                | Rule::colon_act
                | Rule::gives
        );
        if breaks {
            self.layout.breaks.insert(self.offset(pair));
        }
    }

    fn note_columns(&mut self, pair: &Pair) {
        match pair.as_rule() {
            Rule::row => {
                self.layout.columned.insert(self.offset(pair), "row");
                children(pair, Rule::range).iter().skip(1).for_each(|range| self.column(range));
                self.column_child(pair, Rule::gives);
            }
            Rule::value_row => self.columned(pair, "row", Rule::gives),
            Rule::step_row => {
                let Some(inner) = pair.clone().into_inner().next() else { return };
                self.columned(pair, "row", Rule::gives);
                self.column_child(&inner, Rule::gives);
            }
            Rule::fact => self.columned(pair, "fact", Rule::colon),
            Rule::param => self.columned(pair, "param", Rule::colon),
            Rule::migrate_move => self.columned(pair, "move", Rule::arrow),
            Rule::exit if child(pair, Rule::when).is_none() => self.columned(pair, "exit", Rule::arrow_body),
            Rule::whenever if child(pair, Rule::when).is_none() => {
                self.columned(pair, "whenever", Rule::arrow_body);
            }
            Rule::outcome => self.columned(pair, "outcome", Rule::string),
            Rule::trigger if is_plain_event(pair) => self.columned(pair, "on", Rule::arrow_body),
            _ => {}
        }
    }

    fn columned(&mut self, pair: &Pair, with: &'static str, rule: Rule) {
        self.layout.columned.insert(self.offset(pair), with);
        self.column_child(pair, rule);
    }

    fn column_child(&mut self, pair: &Pair, rule: Rule) {
        if let Some(part) = child(pair, rule) {
            self.column(&part);
        }
    }

    fn column(&mut self, pair: &Pair) {
        self.layout.columns.insert(self.offset(pair));
    }
}

/// `on EVENT -> stage`, nothing else.
fn is_plain_event(trigger: &Pair) -> bool {
    let head = child(trigger, Rule::trigger_head).and_then(|head| child(&head, Rule::on_target));
    let plain = head.is_some_and(|on| child(&on, Rule::usually).is_none());
    plain && child(trigger, Rule::when).is_none()
}

fn is_entry(rule: Rule) -> bool {
    matches!(
        rule,
        Rule::statement
            | Rule::fact
            | Rule::contact_rule
            | Rule::ledger_entry
            | Rule::limitation_rule
            | Rule::plan_entry
            | Rule::row
            | Rule::dated_rows
            | Rule::step_row
            | Rule::dated_steps
            | Rule::value_row
            | Rule::calendar_entry
            | Rule::test_step
            | Rule::start_rule
            | Rule::limit_entry
            | Rule::arm
            | Rule::migrate_move
    )
}
