//! The step: pure from outside, undone as a whole when anything in it fails.

use crate::case::{Case, Cost, Ledger, Mark, Person, Place, State, Waits};
use crate::contact::MOST_ZONES;
use crate::fault::{Fault, Refusal};
use crate::input::{Event, Input, Opening, PersonGiven};
use crate::life::{self, Hears, Life};
use crate::outcome::{Alarm, Effect, Outcome};
use crate::run::{Ctx, Names, Run, Work};
use crate::take::{Taken, check_bounds, in_type, learned, mark_of, not_there, wrong};
use crate::timers::{Due, Timer};
use crate::undo::{Held, Undo};
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use dunlin_machine::events::PHONE;
use dunlin_machine::ir::{CalendarChoice, CalendarId, Channels, Machine, StageId, Type};
use dunlin_machine::value::Instant;

/// How many event ids are remembered.
const IDS: usize = 16;
/// A step fires at most so many timers: rules may bring each other about without end, by stages that are entered anew.
const MOST_TIMERS: u32 = 100_000;

/// What runs cases: the interpreter, or a compiled module.
pub trait Engine {
    /// Opens a case.
    ///
    /// # Errors
    /// A [`Refusal`] that says what is missing or wrong.
    fn open(&mut self, opening: &Opening, at: Instant, out: &mut Outcome) -> Result<Case, Refusal>;

    /// Takes one input. An error leaves the case as it was.
    ///
    /// # Errors
    /// A [`Refusal`] that says why.
    fn step(&mut self, case: &mut Case, input: Input<'_>, at: Instant, out: &mut Outcome) -> Result<(), Refusal>;

    /// Runs a case from its opening on with a punctual host, who hears of every step, and gives the case as it is then.
    ///
    /// # Errors
    /// A [`Refusal`] of the opening, or of time that goes by. Events that are refused are heard of.
    fn live(&mut self, life: &Life<'_>, hears: &mut Hears<'_>) -> Result<Case, Refusal> {
        life::by_steps(self, life, hears)
    }
}

/// Runs cases on a machine, straight from its tables.
#[derive(Debug)]
pub struct Interpreter<'m> {
    machine: &'m Machine,
    hash: [u8; 32],
    names: Names,
    work: Work,
    /// What a failure goes back to.
    undo: Undo,
}

impl<'m> Interpreter<'m> {
    /// An interpreter of a machine that the verifier has passed.
    #[must_use]
    pub fn new(machine: &'m Machine) -> Self {
        let hash = machine.hash().0;
        Self { machine, hash, names: Names::of(machine), work: Work::default(), undo: Undo::default() }
    }

    /// The machine that it runs.
    #[must_use]
    pub const fn machine(&self) -> &'m Machine {
        self.machine
    }

    fn run<'a>(&'a mut self, case: &'a mut Case, out: &'a mut Outcome) -> Result<Run<'a>, Fault> {
        Run::new(self.machine, Held::new(case, &mut self.undo), out, &mut self.work, &self.names)
    }

    /// Takes one input; what it changed before it failed is undone by the caller.
    fn take(
        &mut self,
        case: &mut Case,
        input: Input<'_>,
        mark: Option<Mark>,
        out: &mut Outcome,
    ) -> Result<(), Refusal> {
        let mut run = self.run(case, out)?;
        let Input::Event(event) = input else { return Ok(run.fire_due(true)?) };
        run.take(event, mark)?;
        run.begin_chain();
        Ok(run.fire_due(false)?)
    }
}

impl Engine for Interpreter<'_> {
    fn open(&mut self, opening: &Opening, at: Instant, out: &mut Outcome) -> Result<Case, Refusal> {
        out.clear();
        self.work.runs = 0;
        self.work.forget_account();
        let mut case = new_case(self.machine, &self.names, self.hash, opening, at)?;
        self.undo.begin_step(&case.state, false);
        let mut run = self.run(&mut case, out)?;
        run.begin_case(opening)?;
        run.begin_chain();
        run.fire_due(false)?;
        case.state.forget_runs();
        Ok(case)
    }

    fn step(&mut self, case: &mut Case, input: Input<'_>, at: Instant, out: &mut Outcome) -> Result<(), Refusal> {
        out.clear();
        self.work.forget_account();
        if case.machine != self.hash {
            return Err(Refusal::OtherMachine);
        }
        let mark = match input {
            Input::Event(event) => event.id.as_deref().map(mark_of),
            Input::Advance => None,
        };
        if mark.is_some_and(|mark| case.recent.contains(&mark)) {
            out.already_taken = true;
            out.next_due = self.run(case, out)?.earliest_timer()?.map(|(due, _)| due);
            return Ok(());
        }
        if at < case.now {
            return Err(Refusal::Earlier { at, now: case.now });
        }
        let was = case.now;
        self.undo.begin_step(&case.state, true);
        self.work.runs = 0;
        case.state.now = at;
        let done = self.take(case, input, mark, out);
        if self.work.runs != 0 {
            case.state.forget_runs();
        }
        if done.is_err() {
            case.next = None;
            self.undo.undo_step(&mut case.state);
            case.state.now = was;
            out.clear();
        }
        done
    }
}

impl State {
    /// Body runs are told apart within one step only: what is left of them must not show in the stored case.
    pub(crate) fn forget_runs(&mut self) {
        self.waiting.iter_mut().for_each(|w| w.run = 0);
        self.stopped.iter_mut().for_each(|s| s.run = 0);
        self.tasks.iter_mut().for_each(|t| t.run = 0);
        self.calls.iter_mut().for_each(|c| c.run = 0);
        self.approvals.iter_mut().for_each(|a| a.run = 0);
        if let Some(before) = &mut self.before {
            before.tasks.iter_mut().for_each(|t| t.run = 0);
            before.calls.iter_mut().for_each(|c| c.run = 0);
            before.approvals.iter_mut().for_each(|a| a.run = 0);
        }
    }
}

/// The step as one pure function.
///
/// # Errors
/// A [`Refusal`] that says why nothing happened.
pub fn step(machine: &Machine, case: &Case, input: Input<'_>, at: Instant) -> Result<(Case, Outcome), Refusal> {
    let mut engine = Interpreter::new(machine);
    let mut next = case.clone();
    let mut out = Outcome::default();
    engine.step(&mut next, input, at, &mut out)?;
    Ok((next, out))
}

impl Run<'_> {
    /// Takes an event from the host, and what follows from it.
    fn take(&mut self, event: &Event, mark: Option<Mark>) -> Result<(), Refusal> {
        let mut taken = Taken { mark, ..Taken::of(event.event) };
        self.check(event, &mut taken)?;
        if let Some(mark) = mark {
            if self.case.recent.len() >= IDS {
                self.case.recent_mut().remove(0);
            }
            self.case.recent_mut().push(mark);
        }
        Ok(self.follow(&taken)?)
    }

    /// Fires every timer that is due, one at a time; one that fails is undone and spent, and the case pauses.
    /// `kept` says that the case stands as before the input but for the clock: undoing the first timer is undoing the step.
    fn fire_due(&mut self, kept: bool) -> Result<(), Fault> {
        for round in 0..MOST_TIMERS {
            let next = self.earliest_timer()?;
            self.out.next_due = next.map(|(due, _)| due);
            let Some((due, timer)) = next.filter(|(due, _)| *due <= self.case.now) else { return Ok(()) };
            if !(kept && round == 0) {
                self.case.begin_timer();
            }
            let before = Told::until_now(self.out);
            if let Err(fault) = self.fire_and_follow(timer, due) {
                self.undo_timer(&before);
                self.fail_timer(timer, fault.words(self.m))?;
            }
            self.begin_chain();
        }
        Err(Fault::Bound("timers in one step", MOST_TIMERS))
    }

    /// Goes back to what the case was, and what was told, before the timer fired.
    #[cold]
    fn undo_timer(&mut self, before: &Told) {
        self.case.undo_timer();
        self.work.forget_account();
        before.forget_later(self.out);
        self.begin_chain();
    }

    /// Takes up an event and lets the rules see it, and what follows.
    fn follow(&mut self, taken: &Taken) -> Result<(), Fault> {
        self.remember_acted(taken);
        self.ctx.person = taken.person;
        self.take_up(taken)?;
        self.complete_plan()?;
        self.ctx = Ctx::new();
        self.deliver(taken)?;
        self.drain()?;
        self.settle()?;
        self.look_at_suspensions()
    }

    fn fire_and_follow(&mut self, timer: Timer, due: Instant) -> Result<(), Fault> {
        self.fire(timer, due)?;
        self.ctx = Ctx::new();
        self.drain()?;
        self.settle()?;
        self.look_at_suspensions()
    }

    /// Spends a timer whose step failed, and pauses the case with an alarm.
    fn fail_timer(&mut self, timer: Timer, words: String) -> Result<(), Fault> {
        let rule = self.rule_of(timer);
        self.give_up(timer)?;
        let reason = self.learn("step_failed")?;
        let hold = crate::case::Hold { reason, since: self.case.now, until: None, without_interest: false, by: None };
        self.set_hold(hold)?;
        let from = self.mark();
        self.enter(rule, from, crate::outcome::What::Paused { reason, until: None });
        self.effect(rule, from, Effect::Alarm(Alarm::StepFailed(words)))?;
        Ok(())
    }

    fn give_up(&mut self, timer: Timer) -> Result<(), Fault> {
        let at = timer.position();
        match timer.due() {
            Due::Hold => {
                self.case.holds_mut().remove(at);
            }
            Due::Promise => *self.case.promise_mut() = None,
            Due::Grace => self.pass_over_instalment(),
            Due::Overdue => self.end_plan()?,
            Due::Task => {
                self.case.tasks_mut().remove(at);
            }
            Due::Substitute => {
                if let Some(task) = self.case.tasks_mut().get_mut(at) {
                    task.asked = task.asked.saturating_add(1);
                }
            }
            Due::Approval => {
                self.case.approvals_mut().remove(at);
            }
            Due::Waiting => {
                self.case.waiting_mut().remove(at);
            }
            Due::Call => {
                self.case.calls_mut().remove(at);
            }
            Due::Watch | Due::Block | Due::Stage | Due::Around => self.spend_timer(timer)?,
        }
        Ok(())
    }

    /// Opens the case: watches, the first stage, and what follows.
    fn begin_case(&mut self, opening: &Opening) -> Result<(), Fault> {
        let machine = self.m;
        for at in 0..self.case.ledger.claims.len() {
            self.start_interest(at)?;
        }
        for (kind, amount) in &opening.costs {
            let kind = self.learn(kind)?;
            self.book_cost(kind, *amount)?;
        }
        self.bring(opening)?;
        self.start_vars()?;
        for (w, watch) in (0u16..).zip(&machine.watches) {
            self.open_slots(crate::case::Owner::Watch(w), watch.triggers)?;
        }
        let first = match opening.stage {
            Some(stage) => stage,
            None => self.start()?,
        };
        let rule = machine.stages.get(first.index()).map(|s| s.rule);
        self.work.chain.push(first);
        match opening.entered {
            Some(day) => self.come_in(first, self.begin(day)?.min(self.case.now), rule)?,
            None => self.enter_stage(first, rule, None)?,
        }
        self.drain()?;
        self.settle()?;
        self.look_at_suspensions()
    }
}

/// How much an outcome held at some time.
struct Told {
    entries: usize,
    seen: usize,
    with: usize,
    without: usize,
}

impl Told {
    const fn until_now(out: &Outcome) -> Self {
        Self { entries: out.entries.len(), seen: out.seen.len(), with: out.with.len(), without: out.without.len() }
    }

    fn forget_later(&self, out: &mut Outcome) {
        out.entries.truncate(self.entries);
        out.seen.truncate(self.seen);
        out.with.truncate(self.with);
        out.without.truncate(self.without);
    }
}

impl Run<'_> {
    /// Gives every variable its first value, in order.
    pub(crate) fn start_vars(&mut self) -> Result<(), Fault> {
        self.case.vars_mut().clear();
        for var in &self.m.vars {
            let value = self.quietly(|run| run.eval(var.start))?;
            self.case.vars_mut().push(value);
        }
        Ok(())
    }

    /// Where the case opens: the first `start` whose condition holds, else the first stage.
    fn start(&mut self) -> Result<StageId, Fault> {
        let machine = self.m;
        for start in &machine.starts {
            if self.quietly(|run| run.holds(start.when))? {
                return Ok(start.stage);
            }
        }
        Ok(StageId(0))
    }
}

/// A case before its first stage.
fn new_case(machine: &Machine, names: &Names, hash: [u8; 32], opening: &Opening, at: Instant) -> Result<Case, Refusal> {
    if opening.claims.is_empty() {
        return Err(Refusal::Missing { param: "claims".into() });
    }
    if opening.persons.is_empty() {
        return Err(Refusal::Missing { param: "debtor".into() });
    }
    bound("debtors", opening.persons.len(), machine.limits.debtors)?;
    bound("claims", opening.claims.len(), machine.limits.claims)?;
    crate::history::check(machine, opening, at)?;
    let mut texts = Vec::new();
    let currency = currency_of(machine, opening.currency.as_deref())?;
    let state = State {
        machine: hash,
        id: opening.id.clone(),
        currency,
        calendar: CalendarId(0),
        opened: at,
        now: at,
        next_effect: 1,
        events: 1,
        recent: Vec::new(),
        facts: facts_of(machine, names, opening, usize::from(currency), &mut texts)?,
        first_facts: Vec::new(),
        vars: Vec::new(),
        new_name: String::new(),
        kept: vec![None; machine.kept.len()],
        noted: vec![false; machine.noted.len()],
        persons: persons_of(machine, names, opening, &mut texts)?,
        ledger: ledger_of(machine, names, opening, &mut texts)?,
        place: Place::nowhere(at),
        before: None,
        been: Vec::new(),
        whenevers: machine.whenevers.iter().map(|_| Waits { since: None, slots: Vec::new() }).collect(),
        watches: machine.watches.iter().map(|_| Vec::new()).collect(),
        holds: Vec::new(),
        held_since: None,
        stopped: Vec::new(),
        waiting: Vec::new(),
        tasks: Vec::new(),
        calls: Vec::new(),
        approvals: Vec::new(),
        promise: None,
        plan: None,
        agreed: vec![0; machine.plans.len()],
        messages: Vec::new(),
        sent: vec![crate::case::Sent::default(); machine.templates.len()],
        deadline: None,
        settled: false,
        moved_by_past_date: None,
        titled: opening.titled || opening.titled_on.is_some(),
        titled_on: opening.titled_on,
        limitation_date: opening.limitation_date,
        suspended: Vec::new(),
        texts,
    };
    let mut case = Case::from(state);
    choose_calendars(machine, names, &mut case)?;
    Ok(case)
}

fn bound(what: &'static str, given: usize, most: u32) -> Result<(), Refusal> {
    if given > most as usize { Err(Fault::Bound(what, most).into()) } else { Ok(()) }
}

fn currency_of(machine: &Machine, code: Option<&str>) -> Result<u8, Refusal> {
    let Some(code) = code else { return Ok(0) };
    let found = machine.currencies.iter().position(|c| c.code() == code);
    found.and_then(|at| u8::try_from(at).ok()).ok_or_else(|| not_there("currency in the strategy", code))
}

fn facts_of(
    machine: &Machine,
    names: &Names,
    opening: &Opening,
    currency: usize,
    texts: &mut Vec<String>,
) -> Result<Vec<Option<i64>>, Refusal> {
    let mut facts: Vec<Option<i64>> = machine.facts.iter().map(|f| f.default_in(currency)).collect();
    for (id, given) in &opening.facts {
        let fact = machine.facts.get(id.index()).ok_or(Fault::Broken("a fact is missing"))?;
        let name = machine.texts.get(fact.name.index()).map_or("", String::as_str);
        let value = match given {
            crate::input::Given::Value(v) if in_type(machine, fact.ty, *v) => *v,
            crate::input::Given::Text(t) if fact.ty == Type::Text => names.learn(machine, texts, t)?,
            _ => return Err(wrong(name, "a value of the fact's type")),
        };
        check_bounds(machine, name, fact, currency, value)?;
        if let Some(place) = facts.get_mut(id.index()) {
            *place = Some(value);
        }
    }
    for (fact, value) in machine.facts.iter().zip(&facts) {
        if value.is_none() && !fact.optional {
            let name = machine.texts.get(fact.name.index()).map_or("", String::as_str);
            return Err(Refusal::Missing { param: alloc::format!("facts.{name}") });
        }
    }
    Ok(facts)
}

fn persons_of(
    machine: &Machine,
    names: &Names,
    opening: &Opening,
    texts: &mut Vec<String>,
) -> Result<Vec<Person>, Refusal> {
    let mut persons = Vec::new();
    for given in &opening.persons {
        let (reachable, consent) = channels_of(given);
        persons.push(Person {
            business: given.business,
            language: learned(names, machine, texts, &given.language)?,
            region: learned(names, machine, texts, &given.region)?,
            zones: zones_of(machine, given)?,
            zones_given: !given.zones.is_empty(),
            born: given.born,
            reachable,
            consent,
            ..Person::named(given.id.clone())
        });
    }
    Ok(persons)
}

/// What is reachable and what is consented to: everything and nothing where no channel is given.
fn channels_of(given: &PersonGiven) -> (Channels, Channels) {
    let Some(channels) = &given.channels else { return (Channels::ALL, Channels::default()) };
    let mut reachable = Channels::default();
    let mut consent = Channels::default();
    for c in channels {
        if c.reachable {
            reachable = reachable.or(Channels::of(c.channel));
        }
        if c.consent {
            consent = consent.or(Channels::of(c.channel));
        }
    }
    (reachable, consent)
}

fn zones_of(machine: &Machine, given: &PersonGiven) -> Result<Vec<u8>, Refusal> {
    if given.zones.is_empty() {
        return Ok(vec![0]);
    }
    if given.zones.len() > MOST_ZONES {
        return Err(Fault::Bound("time zones of one debtor", 8).into());
    }
    let find = |name: &String| {
        let at = machine.zones.iter().position(|z| z.name() == name).and_then(|at| u8::try_from(at).ok());
        at.ok_or_else(|| not_there("time zone in this machine:", name))
    };
    given.zones.iter().map(find).collect()
}

fn ledger_of(machine: &Machine, names: &Names, opening: &Opening, texts: &mut Vec<String>) -> Result<Ledger, Refusal> {
    let mut claims = Vec::new();
    let mut claimed: i64 = 0;
    for given in &opening.claims {
        if given.principal <= 0 {
            return Err(wrong("principal", "an amount of more than nothing"));
        }
        if claims.iter().any(|c: &crate::case::Claim| c.id == given.id) {
            return Err(wrong("claims.id", "different for each claim"));
        }
        claimed = claimed.checked_add(given.principal).ok_or(Fault::Overflow)?;
        claims.push(crate::case::Claim {
            id: given.id.clone(),
            principal: given.principal,
            interest: 0,
            next: given.due,
            due: given.due,
            arose: given.arose,
            default_on: given.default_on,
            kind: learned(names, machine, texts, &given.kind)?,
            disputed: false,
            fresh: names.demands(),
            secured: given.secured,
            restarted: None,
        });
    }
    let costs: Vec<Cost> = Vec::new();
    Ok(Ledger { claims, costs, payments: Vec::new(), parts: Vec::new(), paid: 0, claimed, free_days: Vec::new() })
}

/// Chooses the calendar of the case and of each person.
fn choose_calendars(machine: &Machine, names: &Names, case: &mut Case) -> Result<(), Refusal> {
    let mut work = Work::default();
    let mut out = Outcome::default();
    let mut undo = Undo::nothing();
    let mut chosen = |case: &mut Case, person| {
        let held = Held::new(case, &mut undo);
        calendar_for(&mut Run::new(machine, held, &mut out, &mut work, names)?, person)
    };
    case.state.calendar = chosen(case, 0)?;
    for person in 0..case.persons.len() {
        let chosen = chosen(case, person)?;
        if let Some(p) = case.state.persons.get_mut(person) {
            p.calendar = chosen;
        }
    }
    Ok(())
}

pub(crate) fn calendar_for(run: &mut Run<'_>, person: usize) -> Result<CalendarId, Fault> {
    let machine = run.m;
    let (key, choices, otherwise) = match &machine.calendar {
        CalendarChoice::One(calendar) => return Ok(*calendar),
        CalendarChoice::By { key, choices, otherwise } => (*key, choices, *otherwise),
    };
    run.ctx.person = u8::try_from(person).unwrap_or(0);
    let Some(value) = run.eval_known(key)? else { return Ok(otherwise) };
    let text = run.text_value(value);
    let suffix = text.rsplit('-').next().unwrap_or(text).to_ascii_lowercase();
    let found = choices.binary_search_by(|(s, _)| s.as_str().cmp(&suffix)).ok();
    Ok(found.and_then(|at| choices.get(at)).map_or(otherwise, |(_, calendar)| *calendar))
}

/// The least instant at which something of a case is due.
///
/// # Errors
/// A [`Refusal`] where the case belongs to another machine.
pub fn next_due(machine: &Machine, case: &Case) -> Result<Option<Instant>, Refusal> {
    let names = Names::of(machine);
    let mut copy = case.clone();
    let mut out = Outcome::default();
    let mut work = Work::default();
    let mut undo = Undo::nothing();
    let mut run = Run::new(machine, Held::new(&mut copy, &mut undo), &mut out, &mut work, &names)?;
    Ok(run.earliest_timer()?.map(|(due, _)| due))
}

/// Calls need a channel of that number.
const _: () = assert!(PHONE.0 < 32);
