//! What falls due, by hand: the earliest of all timers, and what each of them does.

use super::case::{Case, NEVER, Owner, Plan, Stage, Timer, Work};
use super::days::{Fault, begin};
use super::outcome::{Effect, Missing, Report};
use super::{Raised, Step};
use dunlin_machine::value::{Date, Instant};

/// Something that falls due; of two at once, the one written first.
#[derive(Clone, Copy, Debug)]
pub(super) enum Due {
    Hardship,
    Promise,
    Grace,
    Overdue,
    Task(usize),
    Waiting(usize),
    Call(usize),
    Report,
    Stage(usize),
    Group,
}

/// The earliest so far.
struct Earliest {
    at: i64,
    due: Due,
}

impl Earliest {
    fn offer(&mut self, at: i64, due: Due) {
        if at < self.at {
            *self = Self { at, due };
        }
    }
}

impl Case {
    /// The date that a timer of the stage hangs on, and how many days after it the timer falls due.
    fn date_of(&self, timer: usize) -> Option<(Date, i32)> {
        match (self.place.stage, timer) {
            (Stage::LastDemand, 0) => Some((self.deadline?.day?, 5)),
            (Stage::Waiting, 0) => Some((self.served_on?, 14)),
            _ => None,
        }
    }
}

impl Step<'_> {
    /// The earliest timer as things stand.
    pub(super) fn earliest_timer(&self) -> Option<(Instant, Due)> {
        let case = &*self.case;
        let mut best = Earliest { at: NEVER, due: Due::Report };
        if let Some(until) = case.hardship {
            best.offer(until.seconds(), Due::Hardship);
        }
        if let Some(promise) = &case.promise {
            best.offer(promise.over.seconds(), Due::Promise);
        }
        let awake = !case.place.stage.is_outcome();
        if let (Some(Plan::Active(plan)), true) = (&case.plan, awake) {
            best.offer(plan.grace, Due::Grace);
            best.offer(plan.overdue, Due::Overdue);
        }
        for (at, task) in case.tasks.as_slice().iter().enumerate() {
            best.offer(task.due, Due::Task(at));
        }
        let held = case.is_held();
        if !held {
            for (at, waiting) in case.waiting.as_slice().iter().enumerate() {
                best.offer(waiting.due.seconds(), Due::Waiting(at));
            }
            for (at, call) in case.calls.as_slice().iter().enumerate() {
                best.offer(call.due.seconds(), Due::Call(at));
            }
        }
        if awake {
            best.offer(case.report_due.seconds(), Due::Report);
            if !held {
                self.earliest_of_stage(&mut best);
            }
        }
        Some((Instant::from_seconds(best.at)?, best.due))
    }

    fn earliest_of_stage(&self, best: &mut Earliest) {
        let place = &self.case.place;
        let waits = self.case.place.stage == Stage::LastDemand && self.moves_wait();
        match place.stage {
            Stage::LastDemand | Stage::Waiting if !waits => {
                // A date that lies beyond the calendar never comes.
                if let Ok(Some(due)) = self.due_by_date(0) {
                    best.offer(due, Due::Stage(0));
                }
            }
            _ => {}
        }
        for (at, timer) in place.timers.iter().enumerate() {
            best.offer(timer.due.max(timer.not_before), Due::Stage(at));
        }
        if let (Some(group), false) = (&place.group, waits) {
            best.offer(group.timer.due.max(group.timer.not_before), Due::Group);
        }
    }

    /// When a timer that hangs on a date is due: not before the case is there, and once a day.
    fn due_by_date(&self, timer: usize) -> Result<Option<i64>, Fault> {
        let place = &self.case.place;
        let slot = &place.timers[timer];
        let Some(mut due) = self.plain_due(timer)? else { return Ok(None) };
        if let Some(moved) = self.case.moved_by_past_date
            && due <= place.entered
        {
            due = due.max(begin(&self.rules.zone, moved.add_days(1)?)?);
        }
        Ok(Some(due.seconds().max(slot.not_before).max(place.since.seconds())))
    }

    /// When it is due by the date alone; none where it has fired for that date.
    fn plain_due(&self, timer: usize) -> Result<Option<Instant>, Fault> {
        let Some((date, after)) = self.case.date_of(timer) else { return Ok(None) };
        if self.case.place.timers[timer].fired_for == Some(date) {
            return Ok(None);
        }
        begin(&self.rules.zone, date.add_days(after)?).map(Some)
    }

    /// Fires what is due.
    pub(super) fn fire(&mut self, what: Due, due: Instant) -> Result<(), Fault> {
        match what {
            Due::Hardship => {
                self.case.hardship = None;
                self.hold_ended()
            }
            Due::Promise => {
                self.case.promise = None;
                self.raise(Raised::PromiseBroken);
                Ok(())
            }
            Due::Grace => self.grace_over(),
            Due::Overdue => {
                self.breach_plan();
                Ok(())
            }
            Due::Task(at) => {
                let task = &mut self.case.tasks.as_mut_slice()[at];
                task.due = NEVER;
                let work = task.work;
                self.tell(Effect::Overdue(work));
                self.raise(Raised::TaskOverdue);
                Ok(())
            }
            Due::Waiting(at) => self.retry(at),
            Due::Call(at) => self.attempt_call(at),
            Due::Report => self.report(),
            Due::Stage(at) => self.fire_of_stage(at, due),
            Due::Group => {
                if let Some(group) = &mut self.case.place.group {
                    group.timer.due = NEVER;
                }
                self.catch_up(self.late(due))?;
                self.body(Owner::Stage, |step| step.go(Stage::Court))
            }
        }
    }

    fn late(&self, due: Instant) -> i32 {
        (self.case.today.days() - self.rules.zone.local(due).0.days()).max(0)
    }

    /// On the first of every month, when anything happened: a report.
    fn report(&mut self) -> Result<(), Fault> {
        let next = self.case.today.end_of_month().add_days(1)?;
        self.case.report_due = begin(&self.rules.zone, next)?;
        if self.case.events > self.case.report_events {
            self.case.report_events = self.case.events;
            self.tell(Effect::Report(Report::Status));
        }
        Ok(())
    }

    /// A host that was late makes the rest of the stage later.
    fn catch_up(&mut self, late: i32) -> Result<(), Fault> {
        if late == 0 {
            return Ok(());
        }
        let mut timers = self.case.place.timers;
        self.shift_timers(&mut timers, late)?;
        self.case.place.timers = timers;
        if let Some(mut group) = self.case.place.group {
            self.shift(&mut group.timer, late)?;
            self.case.place.group = Some(group);
        }
        Ok(())
    }

    fn fire_of_stage(&mut self, at: usize, due: Instant) -> Result<(), Fault> {
        let stage = self.case.place.stage;
        let by_past_date = self
            .plain_due(at)?
            .is_some_and(|plain| plain <= self.case.place.entered || self.rules.zone.local(plain).0 < self.case.today);
        self.spend(at)?;
        let missing = match (stage, at) {
            (Stage::Court, 0) => Some(Missing::Served),
            (Stage::Order, 0) => Some(Missing::TitleIssued),
            (Stage::Litigation, 0) => Some(Missing::Judgment),
            _ => None,
        };
        if let Some(missing) = missing {
            self.tell(Effect::Missing(missing));
            return Ok(());
        }
        let admitted = match (stage, at) {
            (Stage::Demand, 1) => self.balance() < 25_00,
            (Stage::LongTerm, 1) => self.case.score >= 60 && self.case.rounds <= 3,
            _ => true,
        };
        if !admitted {
            return Ok(());
        }
        self.catch_up(self.late(due))?;
        self.body(Owner::Stage, |step| step.timer_of(stage, at))?;
        if by_past_date {
            self.case.moved_by_past_date = Some(self.case.today);
        }
        Ok(())
    }

    /// What a timer of a stage does.
    fn timer_of(&mut self, stage: Stage, at: usize) -> Result<(), Fault> {
        use super::case::{Action, Script, Template};
        match (stage, at) {
            (Stage::Reminder, 0) => self.send(Template::Nudge),
            (Stage::Reminder, _) => self.go(Stage::Demand),
            (Stage::Demand, 0) => self.act(Action::Call(Script::OpenClaim)),
            (Stage::Demand, 1) => self.go(Stage::Uneconomic),
            (Stage::Demand, _) => self.go(Stage::LastDemand),
            (Stage::LastDemand, _) => self.go(Stage::FinalCall),
            (Stage::FinalCall, _) => self.go(Stage::Court),
            (Stage::Court | Stage::Order | Stage::Litigation, _) => self.go(Stage::LongTerm),
            (Stage::Waiting, _) => self.go(Stage::Order),
            (Stage::Enforcement, 0) => self.open_task(Work::EnforceAgain),
            (Stage::Enforcement, _) => self.go(Stage::LongTerm),
            (Stage::LongTerm, 0) => self.open_task(Work::AssetCheck),
            (Stage::LongTerm, 1) => self.go(Stage::Reminder),
            (Stage::LongTerm, _) => self.go(Stage::WrittenOff),
            _ => Ok(()),
        }
    }

    /// Takes this time off a timer: it goes on to its next one, or is spent.
    fn spend(&mut self, at: usize) -> Result<(), Fault> {
        let stage = self.case.place.stage;
        let tomorrow = begin(&self.rules.zone, self.case.today.add_days(1)?)?.seconds();
        let date = self.case.date_of(at).map(|(date, _)| date);
        let entered = self.rules.zone.local(self.case.place.entered).0;
        let timer = &mut self.case.place.timers[at];
        let (every, most) = match (stage, at) {
            (Stage::LastDemand | Stage::Waiting, 0) => {
                *timer = Timer { fired_for: date, not_before: tomorrow, ..*timer };
                return Ok(());
            }
            (Stage::Enforcement, 0) => (2, 3),
            (Stage::LongTerm, 0) => (6, 5),
            _ => {
                timer.due = NEVER;
                return Ok(());
            }
        };
        timer.times += 1;
        if timer.times >= most {
            timer.due = NEVER;
            return Ok(());
        }
        timer.base = entered.add_months(every * (i32::from(timer.times) + 1))?;
        timer.due = begin(&self.rules.zone, timer.base.add_days(timer.shift)?)?.seconds();
        Ok(())
    }
}
