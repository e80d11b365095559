//! Runs a history by machine and by hand, and says where the two differ: in what they answer, tell the host, move, book,
//! and wait for.

use crate::by_hand::case::{Case as ByHand, Channels, Form, Kind, Script, Segment, Stage, Template, Work};
use crate::by_hand::outcome::{
    Answer, Effect, Event as Told0, Happening as H, Missing, Move, Outcome as Outcome0, Report, Statement, Told, Tone,
};
use crate::by_hand::{Opening as Opening0, Strategy};
use crate::histories::History;
use dunlin_lang::check::{Sources, check};
use dunlin_lang::lower::lower;
use dunlin_machine::events::Happening;
use dunlin_machine::ir::{ChannelId, FactId, Machine, StageId, TextId};
use dunlin_machine::value::Instant;
use dunlin_runtime::input::{ChannelGiven, ClaimGiven, PersonGiven};
use dunlin_runtime::outcome::{Alarm, Effect as E, What};
use dunlin_runtime::{Case, Engine, Event, Given, Input, Interpreter, Opening, Outcome};

/// The machine of `benches/consumer.dun`.
///
/// # Errors
/// What is wrong with the strategy, in words.
pub fn machine() -> Result<Machine, String> {
    let find = |module: &str| dunlin_stdlib::source(module).map(|(file, text)| (file.to_owned(), text.to_owned()));
    let main = ("benches/consumer.dun", include_str!("../consumer.dun"));
    let checked = check(&Sources { main, find: &find, rows: &|_| None });
    let model = checked.model.ok_or_else(|| format!("the strategy has errors: {:?}", checked.diagnostics))?;
    lower(&model).map_err(|e| e.to_string())
}

/// The strategy by hand, with the zone that the machine carries.
///
/// # Errors
/// A machine without a zone.
pub fn by_hand(machine: &Machine) -> Result<Strategy, String> {
    let zone = machine.zones.first().cloned().ok_or("the machine has no zone")?;
    Ok(Strategy { zone })
}

/// A history as the machine takes it.
#[derive(Clone, Debug)]
pub struct ForMachine {
    /// How the case opens.
    pub opening: Opening,
    /// When.
    pub at: Instant,
    /// Its inputs.
    pub inputs: Vec<(Instant, Option<Event>)>,
}

/// Writes a history for the machine.
pub fn for_machine(machine: &Machine, history: &History) -> ForMachine {
    let event = |e: &Option<Told0>| e.as_ref().map(event);
    let inputs = history.inputs.iter().map(|(at, e)| (*at, event(e))).collect();
    ForMachine { opening: opening(machine, &history.opening), at: history.opening.at, inputs }
}

fn name(machine: &Machine, text: TextId) -> &str {
    machine.texts.get(text.index()).map_or("", String::as_str)
}

fn opening(machine: &Machine, given: &Opening0) -> Opening {
    let channels = (0u8..4).map(|n| ChannelGiven {
        channel: ChannelId(n),
        reachable: given.reachable >> n & 1 == 1,
        consent: given.consent >> n & 1 == 1,
    });
    let claims = given.claims.iter().enumerate().map(|(n, (principal, due))| ClaimGiven {
        id: format!("c{n}"),
        principal: *principal,
        due: *due,
        kind: None,
        arose: None,
        default_on: None,
        secured: false,
    });
    let fact = |named: &str| {
        let at = machine.facts.iter().position(|f| name(machine, f.name) == named);
        FactId(at.and_then(|at| u16::try_from(at).ok()).unwrap_or(u16::MAX))
    };
    Opening {
        id: "bench".into(),
        persons: vec![PersonGiven { id: "d".into(), channels: Some(channels.collect()), ..PersonGiven::default() }],
        claims: claims.collect(),
        facts: vec![(fact("segment"), Given::Value(given.segment as i64)), (fact("score"), Given::Value(given.score))],
        ..Opening::default()
    }
}

fn event(given: &Told0) -> Event {
    let money = |name: &'static str, amount: i64| (name, Given::Value(amount));
    let date = |name: &'static str, day: dunlin_machine::value::Date| (name, Given::Value(day.days().into()));
    let channel = |set: Channels| ("channel", Given::Value(set.trailing_zeros().into()));
    let claim = |id: Option<u8>| id.map(|id| ("claim", Given::Text(format!("c{id}"))));
    let text = |name: &'static str, text: &str| (name, Given::Text(text.into()));
    let fact = |name: &str, value: String| (Happening::Fact, vec![text("name", name), ("value", Given::Text(value))]);
    let (what, args) = match given.what {
        H::Payment { amount, on } => {
            (Happening::Payment, [money("amount", amount)].into_iter().chain(on.map(|on| date("on", on))).collect())
        }
        H::PaymentReturned { of, fee } => {
            let of = ("of", Given::Text(of.to_string()));
            (Happening::PaymentReturned, [of].into_iter().chain(fee.map(|fee| money("fee", fee))).collect())
        }
        H::Promise { amount, by } => {
            (Happening::Promise, amount.map(|a| money("amount", a)).into_iter().chain([date("by", by)]).collect())
        }
        H::Bounced { channel: c, effect } => {
            let effect = effect.map(|n| ("effect", Given::Value(n.into())));
            (Happening::Bounced, [channel(c)].into_iter().chain(effect).collect())
        }
        H::Delivered => (Happening::Delivered, vec![channel(1)]),
        H::Viewed => (Happening::Viewed, vec![channel(2)]),
        H::NoAnswer => (Happening::NoAnswer, vec![channel(8)]),
        H::Contacted => (Happening::Contacted, vec![channel(8)]),
        H::Conversation { channel: c } => (Happening::Conversation, vec![channel(c)]),
        H::WrongParty { channel: c } => (Happening::WrongParty, vec![channel(c)]),
        H::ConsentGiven { channel: c } => (Happening::ConsentGiven, vec![channel(c)]),
        H::ConsentWithdrawn { channel: c } => (Happening::ConsentWithdrawn, vec![channel(c)]),
        H::AddressLost { channel: c } => (Happening::AddressLost, vec![channel(c)]),
        H::AddressFound { channel: c } => (Happening::AddressFound, vec![channel(c)]),
        H::CeaseContact => (Happening::CeaseContact, vec![]),
        H::Dispute { claim: c } => (Happening::Dispute, claim(c).into_iter().collect()),
        H::DisputeResolved { upheld, claim: c } => {
            let result = ("result", Given::Value(i64::from(!upheld)));
            (Happening::DisputeResolved, [result].into_iter().chain(claim(c)).collect())
        }
        H::Hardship => (Happening::Hardship, vec![]),
        H::HardshipEnded => (Happening::HardshipEnded, vec![]),
        H::ClaimAdded { id, principal, due } => {
            let args = claim(Some(id)).into_iter().chain([money("principal", principal), date("due", due)]);
            (Happening::ClaimAdded, args.collect())
        }
        H::ClaimReduced { amount, claim: c } => {
            (Happening::ClaimReduced, [money("amount", amount)].into_iter().chain(claim(c)).collect())
        }
        H::PlanRequested => (Happening::PlanRequested, vec![]),
        H::PlanAccepted { amount, day } => {
            let day = day.map(|d| ("day", Given::Value(d)));
            (Happening::PlanAccepted, [money("amount", amount)].into_iter().chain(day).collect())
        }
        H::PlanDeclined => (Happening::PlanDeclined, vec![]),
        H::TaskDone(work) => (Happening::TaskDone, vec![text("name", work_name(work))]),
        H::Served { on } => (Happening::Served, on.map(|on| date("on", on)).into_iter().collect()),
        H::Objection => (Happening::Objection, vec![]),
        H::Opposition => (Happening::Opposition, vec![]),
        H::TitleIssued => (Happening::TitleIssued, vec![]),
        H::Judgment => (Happening::Judgment, vec![]),
        H::EnforcementFailed => (Happening::EnforcementFailed, vec![]),
        H::ClaimWithdrawn => (Happening::ClaimWithdrawn, vec![]),
        H::Recalled => (Happening::Recalled, vec![]),
        H::CostsSet { amount } => (Happening::CostsSet, vec![money("amount", amount)]),
        H::WaivedCosts => (Happening::Waived, vec![text("what", "costs")]),
        H::WaivedInterest => (Happening::Waived, vec![text("what", "interest")]),
        H::DeadlineExtended { until } => (Happening::DeadlineExtended, vec![date("until", until)]),
        H::Segment(Segment::Gold) => fact("segment", "gold".into()),
        H::Segment(Segment::Standard) => fact("segment", "standard".into()),
        H::Segment(Segment::Risk) => fact("segment", "risk".into()),
        H::Score(score) => fact("score", score.to_string()),
    };
    let at = |name: &str| what.param(name).and_then(|p| u8::try_from(p).ok()).unwrap_or(u8::MAX);
    let mut args: Vec<(u8, Given)> = args.into_iter().map(|(name, given)| (at(name), given)).collect();
    args.sort_by_key(|(at, _)| *at);
    Event { event: what.id(), id: given.id.map(|id| id.to_string()), args }
}

const WORKS: [(Work, &str, &str); 8] = [
    (Work::FindAddress, "find_address", "clerk"),
    (Work::ReviewFile, "review_file", "clerk"),
    (Work::ReviewObjection, "review_objection", "lawyer"),
    (Work::Enforce, "enforce", "clerk"),
    (Work::EnforceAgain, "enforce_again", "clerk"),
    (Work::AssetCheck, "asset_check", "clerk"),
    (Work::CheckDispute, "check_dispute", "clerk"),
    (Work::CheckHardship, "check_hardship", "clerk"),
];
const TEMPLATES: [(Template, &str); 7] = [
    (Template::Reminder, "reminder"),
    (Template::Nudge, "nudge"),
    (Template::Demand, "demand"),
    (Template::LastDemand, "last_demand"),
    (Template::PromiseConfirmation, "promise_confirmation"),
    (Template::PlanReminder, "plan_reminder"),
    (Template::PlanCancelled, "plan_cancelled"),
];
const STAGES: [(Stage, &str); 16] = [
    (Stage::Reminder, "reminder"),
    (Stage::Demand, "demand"),
    (Stage::LastDemand, "last_demand"),
    (Stage::FinalCall, "final_call"),
    (Stage::Promised, "promised"),
    (Stage::Instalments, "instalments"),
    (Stage::Court, "court"),
    (Stage::Waiting, "waiting"),
    (Stage::Order, "order"),
    (Stage::Litigation, "litigation"),
    (Stage::Enforcement, "enforcement"),
    (Stage::LongTerm, "long_term"),
    (Stage::Paid, "paid"),
    (Stage::Withdrawn, "withdrawn"),
    (Stage::Uneconomic, "uneconomic"),
    (Stage::WrittenOff, "written_off"),
];
const TONES: [(Tone, &str); 4] =
    [(Tone::Friendly, "friendly"), (Tone::Empathic, "empathic"), (Tone::Neutral, "neutral"), (Tone::Firm, "firm")];

fn work_name(work: Work) -> &'static str {
    WORKS.iter().find(|(w, ..)| *w == work).map_or("", |(_, name, _)| name)
}

/// What the machine told, in the terms of the other.
struct Reading<'m> {
    machine: &'m Machine,
    out: &'m Outcome,
}

impl Reading<'_> {
    fn text(&self, id: TextId) -> &str {
        name(self.machine, id)
    }

    fn stage(&self, id: StageId) -> Option<Stage> {
        let name = self.text(self.machine.stages.get(id.index())?.name);
        STAGES.iter().find(|(_, n)| *n == name).map(|(stage, _)| *stage)
    }

    fn work(&self, id: TextId) -> Option<(Work, &'static str)> {
        WORKS.iter().find(|(_, n, _)| *n == self.text(id)).map(|(work, _, role)| (*work, *role))
    }

    fn tone(&self, id: Option<dunlin_machine::ir::ToneId>) -> Option<Tone> {
        let name = self.text(*self.machine.tones.get(id?.index())?);
        TONES.iter().find(|(_, n)| *n == name).map(|(tone, _)| *tone)
    }

    fn template(&self, id: dunlin_machine::ir::TemplateId) -> Option<Template> {
        let name = self.text(self.machine.templates.get(id.index())?.name);
        TEMPLATES.iter().find(|(_, n)| *n == name).map(|(template, _)| *template)
    }

    fn kind(&self, id: TextId) -> Option<Kind> {
        let kinds = [("dunning", Kind::Dunning), ("return_fee", Kind::ReturnFee), ("court", Kind::Court)];
        kinds.into_iter().find(|(n, _)| *n == self.text(id)).map(|(_, kind)| kind)
    }

    fn without(&self, run: &core::ops::Range<u32>) -> u8 {
        let claims = self.out.without.get(run.start as usize..run.end as usize).unwrap_or(&[]);
        claims.iter().fold(0, |set, at| set | 1 << at)
    }

    fn moves(&self) -> Vec<Option<Move>> {
        let of = |what: &What| match what {
            What::Move { from, to, back } => {
                let from = from.and_then(|f| self.stage(f));
                Some(self.stage(*to).map(|to| Move { from, to, back: *back }))
            }
            _ => None,
        };
        self.out.entries.iter().filter_map(|e| of(&e.what)).collect()
    }

    fn effects(&self) -> Vec<Option<Told>> {
        let of = |what: &What| match what {
            What::Effect { number, effect, statement } => {
                let statement = Statement {
                    principal: statement.principal.0,
                    interest: statement.interest.0,
                    costs: statement.costs.0,
                };
                Some(self.effect(effect).map(|effect| Told { number: *number, effect, statement }))
            }
            _ => None,
        };
        self.out.entries.iter().filter_map(|e| of(&e.what)).collect()
    }

    /// None where it is one that the strategy does not have.
    fn effect(&self, effect: &E) -> Option<Effect> {
        Some(match effect {
            E::Send { template, channels, tone, deadline, without, .. } => Effect::Send {
                template: self.template(*template)?,
                channels: u8::try_from(channels.0).ok()?,
                tone: self.tone(*tone)?,
                deadline: *deadline,
                without: self.without(without),
            },
            E::Call { script, tone, attempt, of, .. } => {
                let script = match self.text(*script) {
                    "open_claim" => Script::OpenClaim,
                    _ => Script::LastOffer,
                };
                Effect::Call { script, tone: self.tone(*tone)?, attempt: *attempt, of: *of }
            }
            E::Task { name, role, until, again, .. } => {
                let (work, right) = self.work(*name)?;
                let until = until.filter(|_| self.text(*role) == right)?;
                Effect::Task { work, until, again: *again }
            }
            E::File { form, with, without, .. } => {
                let values = self.out.with.get(with.start as usize..with.end as usize)?;
                let claim = values.first().map(|(_, _, value)| *value);
                let form = match self.text(*form) {
                    "mahnbescheid" => Form::Mahnbescheid,
                    _ => Form::Vollstreckungsbescheid,
                };
                Effect::File { form, claim, without: self.without(without) }
            }
            E::Charge { amount, kind, replacing, without } => Effect::Charge {
                amount: amount.0,
                kind: self.kind(*kind)?,
                replacing: replacing.is_some(),
                without: self.without(without),
            },
            E::Report { what, .. } => Effect::Report(match self.text(*what) {
                "status" => Report::Status,
                "payment plan broken" => Report::PlanBroken,
                _ => Report::Uneconomic,
            }),
            E::Alarm(Alarm::Missing(event)) => Effect::Missing(match Happening::of(*event)? {
                Happening::Served => Missing::Served,
                Happening::TitleIssued => Missing::TitleIssued,
                Happening::Judgment => Missing::Judgment,
                _ => return None,
            }),
            E::Alarm(Alarm::TaskOverdue(name)) => Effect::Overdue(self.work(*name)?.0),
            E::Refund(amount) => Effect::Refund(amount.0),
            E::Cancel { of } => Effect::Cancel(*of),
            E::Offer { at_least, first_by, total, .. } => {
                Effect::Offer { at_least: at_least.as_ref()?.0, first_by: (*first_by)?, total: total.0 }
            }
            E::Activate { count, amount, total, first, last, .. } => {
                Effect::Activate { count: *count, amount: amount.0, total: total.0, first: *first, last: *last }
            }
            _ => return None,
        })
    }
}

/// The account in whole numbers: per claim principal, interest and its next day; costs; what was paid.
fn account(case: &Case) -> Vec<i64> {
    let claims = case.ledger.claims.iter().flat_map(|c| [c.principal, c.interest, c.next.days().into()]);
    let costs = case.ledger.costs.iter().flat_map(|c| [c.charged, c.paid]);
    claims.chain(costs).chain([case.ledger.paid]).collect()
}

fn account_by_hand(case: &ByHand) -> Vec<i64> {
    let claims = case.claims.as_slice().iter().flat_map(|c| [c.principal, c.interest, c.next.days().into()]);
    let costs = case.costs.as_slice().iter().flat_map(|c| [c.charged, c.paid]);
    claims.chain(costs).chain([case.paid]).collect()
}

/// What histories came to.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    /// Inputs.
    pub inputs: usize,
    /// Inputs that were refused.
    pub refused: usize,
    /// Effects.
    pub effects: usize,
    /// Moves.
    pub moves: usize,
    /// Stages that were entered, a bit each.
    pub stages: u32,
    /// Returns to the stage before.
    pub returns: usize,
    /// Effects of each kind, in the order of [`Effect`].
    pub kinds: [usize; 12],
}

impl Tally {
    fn count(&mut self, answer: Answer, out: &Outcome0) {
        self.inputs += 1;
        self.refused += usize::from(answer == Answer::Refused);
        self.effects += out.effects.len();
        self.moves += out.moves.len();
        self.stages |= out.moves.iter().fold(0, |set, m| set | 1 << m.to as u32);
        self.returns += out.moves.iter().filter(|m| m.back).count();
        for told in &out.effects {
            self.kinds[kind_of(&told.effect)] += 1;
        }
    }
}

const fn kind_of(effect: &Effect) -> usize {
    match effect {
        Effect::Send { .. } => 0,
        Effect::Call { .. } => 1,
        Effect::Task { .. } => 2,
        Effect::File { .. } => 3,
        Effect::Charge { .. } => 4,
        Effect::Report(_) => 5,
        Effect::Missing(_) => 6,
        Effect::Overdue(_) => 7,
        Effect::Refund(_) => 8,
        Effect::Cancel(_) => 9,
        Effect::Offer { .. } => 10,
        Effect::Activate { .. } => 11,
    }
}

/// Runs a history both ways.
///
/// # Errors
/// The first difference, in words.
pub fn compare(machine: &Machine, strategy: &Strategy, history: &History, tally: &mut Tally) -> Result<(), String> {
    let given = for_machine(machine, history);
    let mut engine = Interpreter::new(machine);
    let (mut out, mut out0) = (Outcome::default(), Outcome0::default());
    let mut case = engine.open(&given.opening, given.at, &mut out).map_err(|e| e.words(machine))?;
    let mut case0 = strategy.open(&history.opening, &mut out0).ok_or("by hand the case does not open")?;
    tally.count(Answer::Done, &out0);
    same(machine, (&case, &out), (&case0, &out0)).map_err(|e| format!("opening: {e}"))?;
    for (n, ((at, event), (_, event0))) in given.inputs.iter().zip(&history.inputs).enumerate() {
        let input = event.as_ref().map_or(Input::Advance, Input::Event);
        let done = engine.step(&mut case, input, *at, &mut out);
        let answer = match &done {
            Ok(()) if out.already_taken => Answer::AlreadyTaken,
            Ok(()) => Answer::Done,
            Err(_) => Answer::Refused,
        };
        let answer0 = strategy.step(&mut case0, event0.as_ref(), *at, &mut out0);
        tally.count(answer0, &out0);
        let place = || format!("input {n} ({at}: {:?})", event0.map(|e| e.what));
        if answer != answer0 {
            let why = done.err().map(|e| e.words(machine));
            return Err(format!("{}: {answer:?} by machine, {answer0:?} by hand; {why:?}", place()));
        }
        same(machine, (&case, &out), (&case0, &out0)).map_err(|e| format!("{}: {e}", place()))?;
    }
    Ok(())
}

fn same(machine: &Machine, by_machine: (&Case, &Outcome), by_hand: (&ByHand, &Outcome0)) -> Result<(), String> {
    let ((case, out), (case0, out0)) = (by_machine, by_hand);
    let reading = Reading { machine, out };
    let differ = |what: &str, a: &dyn core::fmt::Debug, b: &dyn core::fmt::Debug| {
        Err(format!("{what} differ\n  by machine: {a:?}\n  by hand:    {b:?}"))
    };
    let moves0: Vec<_> = out0.moves.iter().copied().map(Some).collect();
    let (effects, moves) = (reading.effects(), reading.moves());
    if !effects.iter().copied().eq(out0.effects.iter().copied().map(Some)) {
        return differ("the effects", &effects, &out0.effects);
    }
    if moves != moves0 {
        return differ("the moves", &moves, &moves0);
    }
    if account(case) != account_by_hand(case0) {
        return differ("the accounts", &account(case), &account_by_hand(case0));
    }
    if out.next_due != out0.next_due {
        return differ("the next instants", &out.next_due, &out0.next_due);
    }
    let deadline = (case.deadline.and_then(|d| d.day), case0.deadline.and_then(|d| d.day));
    if deadline.0 != deadline.1 {
        return differ("the deadlines", &deadline.0, &deadline.1);
    }
    Ok(())
}
