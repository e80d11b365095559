//! Random cases and what happens to them, the same for the same seed: hosts that come in time, late, twice and out of order.

use crate::by_hand::case::{Case, EMAIL, LETTER, PHONE, Plan, SMS, Segment, Stage, Work};
use crate::by_hand::outcome::{Answer, Event, Happening, Outcome};
use crate::by_hand::{Opening, Strategy};
use dunlin_machine::value::{Date, Instant};

const DAY: i64 = 86_400;
/// Inputs of each case of a measurement, the instants between them at which it is woken not counted.
pub const INPUTS: usize = 60;

/// Numbers that look random (xorshift64*).
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// A sequence of its own for each seed.
    pub fn new(seed: u64) -> Self {
        let mut random = Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        for _ in 0..4 {
            random.next();
        }
        random
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16
    }

    /// A number from 0 to below `n`.
    fn below(&mut self, n: i64) -> i64 {
        // OK because 48 bits fit.
        self.next() as i64 % n.max(1)
    }

    /// Whether something happens that happens so often in a hundred.
    fn percent(&mut self, n: i64) -> bool {
        self.below(100) < n
    }

    fn one_of<T: Copy>(&mut self, of: &[T]) -> T {
        // OK because a length fits, and what is below it is not negative.
        of[self.below(of.len() as i64) as usize]
    }
}

/// A case and all its inputs.
#[derive(Clone, Debug)]
pub struct History {
    /// How it opens.
    pub opening: Opening,
    /// Each input: its instant, and an event, or none where only time goes by.
    pub inputs: Vec<(Instant, Option<Event>)>,
}

/// The history of a seed, with so many inputs at most; the case by hand says what may happen next.
pub fn history(strategy: &Strategy, seed: u64, most: usize) -> History {
    let mut random = Random::new(seed);
    let opening = opening(&mut random);
    let mut inputs = Vec::with_capacity(most);
    let mut out = Outcome::default();
    if let Some(mut case) = strategy.open(&opening, &mut out) {
        let mut ended = 0;
        // To some people nothing happens for years.
        let quiet = random.percent(12);
        while inputs.len() < most && ended < 4 {
            let (at, event) = input(&mut random, &case, (out.next_due, quiet), &inputs);
            strategy.step(&mut case, event.as_ref(), at, &mut out);
            ended += usize::from(case.place.stage.is_outcome());
            inputs.push((at, event));
        }
    }
    History { opening, inputs }
}

/// So many days after 2023-01-01.
fn day(n: i64) -> Date {
    // OK because the callers stay within some thousand days.
    Date::from_days(19_358 + n as i32).unwrap_or(Date::LAST)
}

fn instant(seconds: i64) -> Instant {
    Instant::from_seconds(seconds).unwrap_or(Instant::LAST)
}

fn opening(random: &mut Random) -> Opening {
    let opened = random.below(1_400);
    let at = instant(i64::from(day(opened).days()) * DAY + random.below(DAY));
    let mut claims = Vec::new();
    for _ in 0..random.one_of(&[1, 1, 1, 2, 3]) {
        let principal = random.one_of(&[100, 2_000, 12_000, 40_000, 200_000]) + random.below(10_000);
        claims.push((principal, day(opened - random.below(700) + 20)));
    }
    let some = |random: &mut Random, often| {
        [LETTER, EMAIL, SMS, PHONE].into_iter().filter(|_| random.percent(often)).fold(0, |set, c| set | c)
    };
    let reachable = if random.percent(60) { LETTER | EMAIL | SMS | PHONE } else { some(random, 75) };
    let consent = if random.percent(60) { LETTER | EMAIL | SMS | PHONE } else { some(random, 50) };
    let segment = random.one_of(&[Segment::Gold, Segment::Standard, Segment::Standard, Segment::Risk]);
    Opening { at, claims, reachable, consent, segment, score: random.below(101) }
}

/// The next input: most are what is due next, in time.
fn input(
    random: &mut Random,
    case: &Case,
    (due, quiet): (Option<Instant>, bool),
    before: &[(Instant, Option<Event>)],
) -> (Instant, Option<Event>) {
    let now = case.now.seconds();
    let due = due.map_or(now + 30 * DAY, Instant::seconds).max(now);
    match if quiet && random.percent(90) { 0 } else { random.below(100) } {
        0..58 => (instant(due), None),
        58..62 => (instant(due + random.one_of(&[3_600, DAY, 3 * DAY, 20 * DAY])), None),
        62..64 => (instant(now + random.below(due - now + 1)), None),
        64 => (instant(now - 1), None),
        65 if !before.is_empty() => {
            // A host that sends an event again, a bit later.
            let (_, event) = before[before.len() - 1 - random.below(before.len().min(8) as i64) as usize];
            (instant(now + 60), event)
        }
        n => {
            let most = if n < 94 { (due - now).min(9 * DAY) } else { due - now + 9 * DAY };
            let at = instant(now + random.below(most.max(1)));
            let id = random.percent(90).then(|| random.next());
            (at, Some(Event { id, what: happening(random, case, at) }))
        }
    }
}

/// Something that may happen to the case as it stands; now and then what may not.
fn happening(random: &mut Random, case: &Case, at: Instant) -> Happening {
    let today = day(at.seconds() / DAY - 19_358);
    let later = |random: &mut Random, most| day(i64::from(today.days()) - 19_358 + random.below(most));
    if case.is_held() && random.percent(45) {
        return settle_hold(random, case);
    }
    if random.percent(25) {
        return of_stage(random, case);
    }
    match random.below(40) {
        0..8 => payment(random, case, today),
        8..11 => returned(random, case),
        11..13 => {
            let amount = random.percent(50).then(|| 500 + random.below(20_000));
            Happening::Promise { amount, by: later(random, 30) }
        }
        13 => Happening::Dispute { claim: claim(random, case) },
        14 => Happening::Hardship,
        15 => settle_hold(random, case),
        16..18 => Happening::PlanRequested,
        18..20 => terms(random, case),
        20 => Happening::PlanDeclined,
        21..23 => Happening::Conversation { channel: random.one_of(&[PHONE, PHONE, EMAIL]) },
        23 => random.one_of(&[Happening::NoAnswer, Happening::Viewed, Happening::Delivered, Happening::Contacted]),
        24..26 => {
            let last = case.messages.as_slice().last();
            let effect = last.map(|m| m.effect).filter(|_| random.percent(60));
            Happening::Bounced { channel: random.one_of(&[LETTER, EMAIL, EMAIL, SMS]), effect }
        }
        26..31 => about_channel(random),
        31 if random.percent(50) => {
            // OK because a case has four claims.
            let id = case.claims.len() as u8;
            Happening::ClaimAdded { id, principal: 1_000 + random.below(30_000), due: later(random, 20) }
        }
        32 => Happening::ClaimReduced { amount: 1 + random.below(9_000), claim: claim(random, case) },
        33..36 => Happening::TaskDone(case.tasks.as_slice().first().map_or(Work::AssetCheck, |t| t.work)),
        36 => Happening::CostsSet { amount: 1 + random.below(3_000) },
        37 => random.one_of(&[Happening::WaivedCosts, Happening::WaivedInterest, Happening::WaivedCosts]),
        38 => Happening::DeadlineExtended { until: later(random, 40) },
        39 if random.percent(20) => Happening::Recalled,
        _ if random.percent(50) => Happening::Score(random.below(104)),
        _ => Happening::Segment(random.one_of(&[Segment::Gold, Segment::Standard, Segment::Risk])),
    }
}

fn claim(random: &mut Random, case: &Case) -> Option<u8> {
    // OK because a case has four claims.
    random.percent(40).then(|| random.below(case.claims.len() as i64 + 1) as u8)
}

fn settle_hold(random: &mut Random, case: &Case) -> Happening {
    if case.hardship.is_some() && random.percent(50) {
        return Happening::HardshipEnded;
    }
    let claim = if random.percent(70) { None } else { claim(random, case) };
    Happening::DisputeResolved { upheld: random.percent(12), claim }
}

fn payment(random: &mut Random, case: &Case, today: Date) -> Happening {
    let open: i64 = case.claims.as_slice().iter().map(|c| c.principal).sum();
    let instalment = match case.plan {
        Some(Plan::Active(running)) => running.amount,
        _ => 2_500,
    };
    let amount = match random.below(10) {
        0 => open + 5_000,
        1 | 2 => open.max(1),
        3..7 => instalment,
        _ => 1 + random.below(open.max(50)),
    };
    let on = random.percent(40).then(|| day(i64::from(today.days()) - 19_358 + 4 - random.below(40)));
    Happening::Payment { amount, on }
}

fn returned(random: &mut Random, case: &Case) -> Happening {
    let payments = case.payments.as_slice();
    let last = payments.len().saturating_sub(1 + random.below(3) as usize);
    let of = payments.get(last).and_then(|p| p.id).unwrap_or(7);
    Happening::PaymentReturned { of, fee: random.percent(50).then_some(325) }
}

/// Terms that the plan mostly admits.
fn terms(random: &mut Random, case: &Case) -> Happening {
    let open: i64 = case.claims.as_slice().iter().map(|c| c.principal).sum();
    let amount = open / (2 + random.below(14)) + random.below(900);
    Happening::PlanAccepted { amount, day: random.one_of(&[None, Some(1), Some(15), Some(15), Some(20)]) }
}

fn about_channel(random: &mut Random) -> Happening {
    let channel = random.one_of(&[LETTER, EMAIL, SMS, PHONE]);
    match random.below(20) {
        0 => Happening::CeaseContact,
        1..3 => Happening::WrongParty { channel },
        3..6 => Happening::ConsentWithdrawn { channel },
        6..11 => Happening::ConsentGiven { channel },
        11..14 => Happening::AddressLost { channel },
        _ => Happening::AddressFound { channel },
    }
}

/// What the stage waits for.
fn of_stage(random: &mut Random, case: &Case) -> Happening {
    let served = Happening::Served { on: random.percent(50).then(|| day(i64::from(case.today.days()) - 19_361)) };
    match case.place.stage {
        Stage::LastDemand => Happening::TaskDone(Work::FindAddress),
        Stage::FinalCall => Happening::TaskDone(Work::ReviewFile),
        Stage::Court => random.one_of(&[served, served, served, Happening::Objection]),
        Stage::Waiting => random.one_of(&[served, Happening::Objection]),
        Stage::Order => random.one_of(&[Happening::TitleIssued, Happening::TitleIssued, Happening::Opposition]),
        Stage::Litigation => random.one_of(&[Happening::Judgment, Happening::Judgment, Happening::ClaimWithdrawn]),
        Stage::Enforcement => random.one_of(&[Happening::EnforcementFailed, Happening::TaskDone(Work::Enforce)]),
        Stage::LongTerm => Happening::TaskDone(Work::AssetCheck),
        Stage::Instalments => payment(random, case, case.today),
        Stage::Paid => returned(random, case),
        _ => Happening::PlanRequested,
    }
}

/// The same history with a punctual host: the case is woken at every instant that is due.
pub fn punctual(strategy: &Strategy, history: &History) -> History {
    let mut out = Outcome::default();
    let mut inputs = Vec::new();
    if let Some(mut case) = strategy.open(&history.opening, &mut out) {
        let mut due = out.next_due;
        let mut step = |case: &mut _, at, event: Option<&_>, due: &mut Option<_>| {
            inputs.push((at, event.copied()));
            if matches!(strategy.step(case, event, at, &mut out), Answer::Done) {
                *due = out.next_due;
            }
        };
        for (at, event) in &history.inputs {
            while let Some(wake) = due.filter(|wake| wake < at || (wake == at && event.is_none())) {
                let wake = wake.max(case.now);
                step(&mut case, wake, None, &mut due);
            }
            if event.is_some() || case.now < *at {
                step(&mut case, *at, event.as_ref(), &mut due);
            }
        }
    }
    History { opening: history.opening.clone(), inputs }
}
