//! Who may be reached when: every `send` and `call` passes here (language, section 6; semantics, section 4).

use crate::case::{Attempt, Person};
use crate::days::{Clocks, Days, add};
use crate::fault::Fault;
use crate::outcome::{HeldBy, Unusable};
use crate::run::Run;
use dunlin_machine::events::PHONE;
use dunlin_machine::ir::{ChannelId, Channels, Limit, Nature, Quantity, Rest, RuleId, Window};
use dunlin_machine::value::{Date, Duration, Instant, Unit};

/// How far ahead an instant is looked for that admits a message.
const HORIZON_DAYS: i32 = 400;
/// The clock of a day.
const LAST_SECOND: u32 = 86_399;

/// What a message or an attempt asks of the contact rules.
#[derive(Clone, Copy)]
pub(crate) struct Asks {
    /// To whom, by position.
    pub person: usize,
    /// By which channels, together.
    pub channels: Channels,
    /// Why.
    pub nature: Nature,
    /// Whether it is an attempt of a `call`.
    pub call: bool,
    /// Its own hours, in seconds of the day.
    pub hours: Option<(u32, u32)>,
    /// Where it stands, to name its own hours.
    pub rule: RuleId,
}

impl Asks {
    /// Whether the hours of one channel alone decide: from when on they admit it is found by one look.
    const fn has_one_window(&self) -> bool {
        self.channels.0.count_ones() == 1 && self.hours.is_none()
    }
}

/// When it may go, and what holds it until then.
pub(crate) enum When {
    Now,
    Later(Instant, HeldBy),
    Never,
}

/// One kind of contact rules: from when on it admits, and by which rule it holds until then.
type Look<'a> = fn(&Run<'a>, Asks, Instant) -> Result<Option<(Instant, HeldBy)>, Fault>;

impl<'a> Run<'a> {
    /// The usable channels of a way for a person; where there are none, why.
    pub(crate) fn usable(
        &mut self,
        person: usize,
        way: Channels,
        nature: Nature,
    ) -> Result<Result<Channels, Unusable>, Fault> {
        let mut usable = Channels::default();
        let mut why = Unusable::Person;
        if !self.case.persons.get(person).is_some_and(|p| p.pursued) {
            return Ok(Err(why));
        }
        for channel in each(way).filter(|c| usize::from(c.0) < self.m.channels.len()) {
            match self.obstacle(person, channel, nature)? {
                None => usable = usable.or(Channels::of(channel)),
                Some(obstacle) => why = obstacle,
            }
        }
        Ok(if usable.is_empty() { Err(why) } else { Ok(usable) })
    }

    fn obstacle(&mut self, person: usize, channel: ChannelId, nature: Nature) -> Result<Option<Unusable>, Fault> {
        let Some(p) = self.case.persons.get(person) else { return Ok(Some(Unusable::Person)) };
        let contact = &self.m.contact;
        if !p.reachable.has(channel) {
            return Ok(Some(Unusable::NoAddress(channel)));
        }
        if p.barred.has(channel) {
            return Ok(Some(Unusable::Barred(channel)));
        }
        if nature == Nature::Reply {
            return Ok(None);
        }
        if !contact.allows.is_empty() && !contact.allows.iter().any(|a| a.channels.has(channel)) {
            return Ok(Some(Unusable::NotAllowed(channel)));
        }
        let consent = p.consent.has(channel);
        if let Some((_, rule)) = contact.consents.iter().find(|(c, _)| c.has(channel) && !consent) {
            return Ok(Some(Unusable::NoConsent(channel, *rule)));
        }
        // `debtor.…` is the person who is written to, whoever the event names.
        let before = core::mem::replace(&mut self.ctx.person, u8::try_from(person).unwrap_or(u8::MAX));
        let never = self.first_never(channel);
        self.ctx.person = before;
        never
    }

    fn first_never(&mut self, channel: ChannelId) -> Result<Option<Unusable>, Fault> {
        for (channels, condition, rule) in &self.m.contact.nevers {
            if channels.has(channel) && self.eval(*condition)? != 0 {
                return Ok(Some(Unusable::Never(channel, *rule)));
            }
        }
        Ok(None)
    }

    /// The least instant from now on at which the contact rules admit it.
    pub(crate) fn earliest(&mut self, asks: Asks) -> Result<When, Fault> {
        if asks.nature == Nature::Reply {
            return Ok(When::Now);
        }
        let now = self.case.now;
        let last = self.today.add_days(HORIZON_DAYS + 1)?;
        // Where that day has no beginning any more, nothing goes out.
        if last.days() > Date::LAST.days() - 2 {
            self.midnight(last)?;
        }
        let mut at = now;
        let mut by = None;
        loop {
            let mut next: Option<(Instant, HeldBy)> = None;
            let looks: [(Look<'a>, bool); 3] =
                [(Self::after_limits, false), (Self::after_rests, false), (Self::in_hours, asks.has_one_window())];
            for (look, at_once) in looks {
                if let Some((t, holder)) = self.alone(look, at_once, asks, at)?
                    && next.is_none_or(|(n, _)| t > n)
                {
                    next = Some((t, holder));
                }
            }
            match next {
                None => return Ok(by.map_or(When::Now, |by| When::Later(at, by))),
                // The rule that holds it is the one that alone admits latest: what the first look found.
                Some((t, _)) if t >= self.midnight(last)? => return Ok(When::Never),
                Some((t, holder)) => (at, by) = (t, by.or(Some(holder))),
            }
        }
    }

    /// From when on rules of one kind admit it by themselves, and which of them admits last; `at_once` says that what the
    /// first look finds is admitted by all of them.
    fn alone(
        &self,
        look: Look<'a>,
        at_once: bool,
        asks: Asks,
        at: Instant,
    ) -> Result<Option<(Instant, HeldBy)>, Fault> {
        let end = self.beyond_horizon(at)?;
        if at_once {
            let found = look(self, asks, at)?.filter(|(next, _)| *next > at);
            // A second look would look as far ahead.
            return found.map(|(next, by)| self.beyond_horizon(next).map(|_| (next, by))).transpose();
        }
        let (mut t, mut last) = (at, None);
        while let Some((next, by)) = look(self, asks, t)?.filter(|(next, _)| *next > t && t < end) {
            (t, last) = (next, Some((next, by)));
        }
        Ok(last)
    }

    fn person(&self, asks: Asks) -> Result<&Person, Fault> {
        self.case.persons.get(asks.person).ok_or(Fault::Broken("a person is missing"))
    }

    fn after_limits(&self, asks: Asks, at: Instant) -> Result<Option<(Instant, HeldBy)>, Fault> {
        let mut latest = None;
        if asks.nature == Nature::Notice {
            return Ok(latest);
        }
        let person = self.person(asks)?;
        for limit in self.m.contact.limits.iter().filter(|l| !l.channels.and(asks.channels).is_empty()) {
            let t = self.after_limit(person, limit, at)?;
            if t > at && latest.is_none_or(|(l, _)| t > l) {
                latest = Some((t, HeldBy::Limit(limit.rule)));
            }
        }
        Ok(latest)
    }

    /// The least instant from `at` on at which a limit is not reached.
    fn after_limit(&self, person: &Person, limit: &Limit, at: Instant) -> Result<Instant, Fault> {
        let counted = |a: &&Attempt| !a.channels.and(limit.channels).is_empty();
        let most = self.most_attempts_under(limit);
        if limit.per.unit() == Unit::Hours {
            let span = i64::from(limit.per.amount()) * 3600;
            let since = at.add_seconds(-span)?;
            let mut within = person.attempts.iter().filter(counted).filter(|a| a.at > since);
            let reached = within.clone().count();
            let Some(over) = reached.checked_sub(most) else { return Ok(at) };
            // Once the oldest of those too many is out of the window, the limit is not reached.
            return within.nth(over).map_or(self.beyond_horizon(at), |a| Ok(a.at.add_seconds(span)?));
        }
        if person.attempts.iter().filter(counted).count() < most {
            return Ok(at);
        }
        let first_day = self.local_day(at);
        let mut day = first_day;
        for _ in 0..=HORIZON_DAYS {
            let from = self.window_start(day, limit.per)?;
            let within = person.attempts.iter().filter(counted).filter(|a| (from..=day).contains(&a.day)).count();
            if within < most {
                return if day == first_day { Ok(at) } else { self.midnight(day) };
            }
            day = day.add_days(1)?;
        }
        self.beyond_horizon(at)
    }

    /// How many attempts a limit allows: `per claim`, as many for each unpaid claim.
    fn most_attempts_under(&self, limit: &Limit) -> usize {
        let unpaid = || self.case.ledger.claims.iter().filter(|c| c.principal > 0).count().max(1);
        let times = if limit.per_claim { unpaid() } else { 1 };
        (limit.count as usize).saturating_mul(times)
    }

    fn beyond_horizon(&self, at: Instant) -> Result<Instant, Fault> {
        Ok(at.add_seconds(i64::from(HORIZON_DAYS + 2) * 86_400)?)
    }

    fn after_rests(&self, asks: Asks, at: Instant) -> Result<Option<(Instant, HeldBy)>, Fault> {
        let mut latest = None;
        if asks.nature == Nature::Notice {
            return Ok(latest);
        }
        let person = self.person(asks)?;
        for rest in &self.m.contact.rests {
            let Some(spoke) = spoke(person, rest, asks) else { continue };
            let t = match rest.rest.unit() {
                Unit::Hours => spoke.add_hours(rest.rest.amount())?,
                _ => self.midnight(add(self.local_day(spoke), rest.rest, self.calendar())?)?,
            };
            if t > at && latest.is_none_or(|(l, _)| t > l) {
                latest = Some((t, HeldBy::Rest(rest.rule)));
            }
        }
        Ok(latest)
    }

    /// The least instant from `at` on that the hours of all its channels admit, in every zone of the person.
    fn in_hours(&self, asks: Asks, at: Instant) -> Result<Option<(Instant, HeldBy)>, Fault> {
        let person = self.person(asks)?;
        let mut latest: Option<(Instant, HeldBy)> = None;
        let mut later = |t: Instant, rule| {
            if t > at && latest.is_none_or(|(l, _)| t > l) {
                latest = Some((t, HeldBy::Hours(rule)));
            }
        };
        for channel in each(asks.channels) {
            if let Some((t, rule)) = self.admits_channel(person, channel, at)? {
                later(t, rule);
            }
        }
        if let Some(hours) = asks.hours {
            later(self.in_own_hours(person, hours, at)?, asks.rule);
        }
        Ok(latest)
    }

    /// The least instant from `at` on at which some `allow` admits the channel in each of the person's zones.
    fn admits_channel(
        &self,
        person: &Person,
        channel: ChannelId,
        at: Instant,
    ) -> Result<Option<(Instant, RuleId)>, Fault> {
        let end = self.beyond_horizon(at)?;
        // A channel that is always allowed needs no look at the clocks.
        let mut allows = self.m.contact.allows.iter().filter(|a| a.channels.has(channel));
        if allows.all(|allow| allow.window.is_none()) {
            return Ok(None);
        }
        let calendar = self.calendar_of(person.calendar);
        let mut latest: Option<(Instant, RuleId)> = None;
        let mut t = at;
        loop {
            let mut next = t;
            for zone in self.zones_of(person) {
                let mut first: Option<(Instant, RuleId)> = None;
                for allow in self.m.contact.allows.iter().filter(|a| a.channels.has(channel)) {
                    let opens = match &allow.window {
                        None => t,
                        Some(window) => {
                            admits_in_zone(zone, hours_of(window), &|day| window_admits(window, calendar, day), t, end)?
                        }
                    };
                    if first.is_none_or(|(f, _)| opens < f) {
                        first = Some((opens, allow.rule));
                    }
                }
                if let Some((opens, rule)) = first.filter(|(opens, _)| *opens > next) {
                    next = opens;
                    latest = Some((opens, rule));
                }
            }
            if next == t || next >= end {
                return Ok(latest);
            }
            t = next;
        }
    }

    /// The least instant from `at` on that lies in a call's own hours, in every zone of the person at once.
    fn in_own_hours(&self, person: &Person, hours: (u32, u32), at: Instant) -> Result<Instant, Fault> {
        let end = self.beyond_horizon(at)?;
        let mut t = at;
        loop {
            let mut next = t;
            for zone in self.zones_of(person) {
                next = next.max(admits_in_zone(zone, &[hours], &|_| true, t, end)?);
            }
            if next == t || next >= end {
                return Ok(next);
            }
            t = next;
        }
    }

    fn zones_of<'p>(&self, person: &'p Person) -> impl Iterator<Item = Clocks<'a>> + use<'a, 'p> {
        let (machine, names) = (self.m, self.names);
        person.zones.iter().take(MOST_ZONES).filter_map(move |z| names.clocks(machine, usize::from(*z)))
    }

    /// Notes an attempt to reach a person, and forgets those that nothing asks about any more. A case keeps a bounded
    /// number; when the oldest would have to go while a limit still counts it, the attempt is refused, so that no limit is
    /// ever exceeded.
    pub(crate) fn log_attempt(&mut self, person: usize, channels: Channels) -> Result<(), Fault> {
        self.log_attempt_of(person, Attempt { at: self.case.now, day: self.today, channels })
    }

    /// As [`Self::log_attempt`], of an attempt that is not earlier than those before.
    pub(crate) fn log_attempt_of(&mut self, person: usize, attempt: Attempt) -> Result<(), Fault> {
        let most = self.m.limits.attempts;
        let oldest_counted = self.oldest_counted()?;
        let keeps = self.names.reads_attempts();
        let Some(p) = self.case.persons_mut().get_mut(person) else { return Ok(()) };
        let counted = p.attempts.partition_point(|a| a.day < oldest_counted);
        let room = p.attempts.len() < most as usize;
        if counted == 0 && !room {
            return Err(Fault::Bound("attempts to reach one debtor", most));
        }
        p.attempts.drain(..if keeps { usize::from(!room) } else { counted });
        p.attempts.push(attempt);
        Ok(())
    }

    /// The first day that a limit still counts.
    fn oldest_counted(&self) -> Result<Date, Fault> {
        let mut oldest = self.today.add_days(1)?;
        for limit in &self.m.contact.limits {
            let from = match elapsed(limit.per) {
                Some(span) => self.local_day(self.case.now.add_seconds(-span)?),
                None => self.window_start(self.today, limit.per)?,
            };
            oldest = oldest.min(from);
        }
        Ok(oldest)
    }

    /// Notes a conversation with a person.
    pub(crate) fn log_conversation(&mut self, person: usize, channel: ChannelId) {
        let now = self.case.now;
        let Some(p) = self.case.persons_mut().get_mut(person) else { return };
        match p.conversations.iter_mut().find(|(c, _)| *c == channel) {
            Some((_, at)) => *at = now,
            None => p.conversations.push((channel, now)),
        }
    }

    /// What a guard reads of the people who owe.
    pub(crate) fn of_persons(&mut self, quantity: &Quantity) -> Result<Option<i64>, Fault> {
        let any = |run: &Self, test: &dyn Fn(&Person) -> bool| {
            Ok(Some(i64::from(run.case.persons.iter().any(|p| p.pursued && test(p)))))
        };
        match quantity {
            Quantity::Attempts(channel, length) => self.most_attempts(Channels::of(*channel), *length),
            Quantity::Contacts(length) => self.most_attempts(Channels::ALL, *length),
            Quantity::ReachedWithin(length) => {
                let since = self.window_from(*length)?;
                let reached = |p: &Person| p.conversations.iter().any(|(_, at)| *at >= since);
                Ok(Some(i64::from(self.case.persons.iter().any(reached))))
            }
            Quantity::Reachable(c) => any(self, &|p| p.reachable.has(*c) && !p.barred.has(*c)),
            Quantity::Consent(c) => any(self, &|p| p.consent.has(*c)),
            Quantity::Barred(c) => {
                Ok(Some(i64::from(self.case.persons.iter().all(|p| !p.pursued || p.barred.has(*c)))))
            }
            Quantity::Debtors => Ok(i64::try_from(self.case.persons.iter().filter(|p| p.pursued).count()).ok()),
            _ => Ok(self.of_person(quantity)),
        }
    }

    fn of_person(&self, quantity: &Quantity) -> Option<i64> {
        let person = self.case.persons.get(usize::from(self.ctx.person))?;
        match quantity {
            Quantity::DebtorKind => Some(i64::from(person.business)),
            Quantity::DebtorLanguage => person.language,
            Quantity::DebtorRegion => person.region,
            Quantity::DebtorAge => person.born.map(|born| age(born, self.today)),
            Quantity::DebtorTimeZone => {
                let zone = person.zones.first().filter(|_| person.zones_given)?;
                let name = self.m.zones.get(usize::from(*zone))?.name();
                self.names.find(self.m, name)
            }
            _ => None,
        }
    }

    /// The first instant of a window that ends now.
    fn window_from(&mut self, length: dunlin_machine::ir::ExprId) -> Result<Instant, Fault> {
        let length = self.duration(length)?;
        match length.unit() {
            Unit::Hours => Ok(self.case.now.add_seconds(1 - i64::from(length.amount()) * 3600)?),
            _ => self.midnight(self.window_start(self.today, length)?),
        }
    }

    fn most_attempts(&mut self, channels: Channels, length: dunlin_machine::ir::ExprId) -> Result<Option<i64>, Fault> {
        let since = self.window_from(length)?;
        let of =
            |p: &Person| p.attempts.iter().filter(|a| a.at >= since && !a.channels.and(channels).is_empty()).count();
        Ok(self.case.persons.iter().map(of).max().and_then(|n| i64::try_from(n).ok()))
    }
}

/// The channels of a set, in order, without a look at those that are not in it.
fn each(channels: Channels) -> impl Iterator<Item = ChannelId> {
    let mut left = channels.0;
    core::iter::from_fn(move || {
        let first = u8::try_from(left.trailing_zeros()).ok().filter(|_| left != 0)?;
        left &= left - 1;
        Some(ChannelId(first))
    })
}

/// More zones than a person may be in.
pub(crate) const MOST_ZONES: usize = 8;

/// The conversation after which a rest forbids what is asked.
fn spoke(person: &Person, rest: &Rest, asks: Asks) -> Option<Instant> {
    let of =
        |channels: Channels| person.conversations.iter().filter(|(c, _)| channels.has(*c)).map(|(_, at)| *at).max();
    match rest.by {
        None if asks.call => of(Channels::ALL),
        Some(by) if !by.and(asks.channels).is_empty() => of(by),
        _ => None,
    }
}

/// Whether a window admits a day, by the person's calendar.
fn window_admits(window: &Window, calendar: Days<'_>, day: Date) -> bool {
    let weekday = day.weekday().number() - 1;
    let excepted = || {
        let civil = day.civil();
        window.except.contains(&(civil.month, civil.day))
    };
    window.weekdays & (1u8 << weekday) != 0
        && !(window.except_holidays && calendar.is_holiday(day))
        && (window.except.is_empty() || !excepted())
}

fn hours_of(window: &Window) -> &[(u32, u32)] {
    if window.hours.is_empty() { &[(0, LAST_SECOND)] } else { &window.hours }
}

/// The least instant from `at` on in the hours of an admitted day, on the clocks of one zone; `end` where there is none before.
fn admits_in_zone(
    zone: Clocks<'_>,
    hours: &[(u32, u32)],
    day_ok: &impl Fn(Date) -> bool,
    at: Instant,
    end: Instant,
) -> Result<Instant, Fault> {
    let (first, second) = zone.local(at);
    let mut day = first;
    for _ in 0..=HORIZON_DAYS {
        if day_ok(day) {
            let from = if day == first { second } else { 0 };
            if hours.iter().any(|(a, b)| (*a..=*b).contains(&from)) && day == first {
                return Ok(at);
            }
            let opens = hours.iter().filter(|(a, b)| *a >= from && a <= b).map(|(a, _)| *a).min();
            if let Some(opens) = opens {
                let t = zone.instant_at(day, opens)?;
                if t >= at {
                    return Ok(t);
                }
            }
        }
        day = day.add_days(1)?;
    }
    Ok(end)
}

/// Full years since birth. A year of life is complete with the day before the birthday, so that on the birthday itself
/// the person is that old all day (§ 187 (2) BGB).
fn age(born: Date, today: Date) -> i64 {
    let (b, t) = (born.civil(), today.civil());
    let before_birthday = (t.month, t.day) < (b.month, b.day);
    i64::from(t.year - b.year) - i64::from(before_birthday)
}

/// The hours of a value of that type.
pub(crate) fn hours_value(value: i64) -> Option<(u32, u32)> {
    let (from, to) = (value.div_euclid(100_000), value.rem_euclid(100_000));
    Some((u32::try_from(from).ok()?, u32::try_from(to).ok()?))
}

/// The phone alone.
pub(crate) const BY_PHONE: Channels = Channels::of(PHONE);

/// A length of a duration in hours, as seconds; none for day-like ones.
pub(crate) fn elapsed(length: Duration) -> Option<i64> {
    (length.unit() == Unit::Hours).then(|| i64::from(length.amount()) * 3600)
}
