//! A small machine written by hand, with nearly every form in it once.
#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use dunlin_machine::events::{
    BUILTIN_CHANNELS, BUILTIN_ENUMS, BUILTIN_EVENTS, BUILTIN_TONES, EventParam, EventType, Happening, PHONE,
};
use dunlin_machine::ir::*;
use dunlin_machine::value::{Calendar, Currency, Date, DayRule, Duration, HolidayRule, Unit, Zone};

/// Lists under construction.
struct Build {
    texts: Vec<String>,
    exprs: Vec<Expr>,
    rules: Vec<Rule>,
}

impl Build {
    fn text(&mut self, text: &str) -> TextId {
        let found = self.texts.iter().position(|known| known == text);
        let at = found.unwrap_or_else(|| {
            self.texts.push(text.to_owned());
            self.texts.len() - 1
        });
        TextId(at as u32)
    }

    fn expr(&mut self, expr: Expr) -> ExprId {
        self.exprs.push(expr);
        ExprId(self.exprs.len() as u16 - 1)
    }

    fn days(&mut self, days: u32) -> ExprId {
        self.expr(Expr::Const(duration(days).pack()))
    }

    fn read(&mut self, quantity: Quantity) -> ExprId {
        self.expr(Expr::Read(quantity))
    }

    fn rule(&mut self, line: u32, name: &str) -> RuleId {
        let name = self.text(name);
        self.rules.push(Rule { file: 0, line, name, law: None });
        RuleId(self.rules.len() as u16 - 1)
    }
}

pub fn duration(days: u32) -> Duration {
    Duration::new(days, Unit::Days).unwrap()
}

pub fn date(year: i32, month: u8, day: u8) -> Date {
    Date::new(year, month, day).unwrap()
}

/// The built-in head of every machine, and nothing else.
fn events(build: &mut Build) -> Vec<EventType> {
    let event = |builtin: &dunlin_machine::events::Builtin| {
        let name = build.text(builtin.name);
        let param = |(name, ty, required): &(&str, Type, bool)| EventParam {
            name: build.text(name),
            ty: *ty,
            required: *required,
        };
        EventType { name, params: builtin.params.iter().map(param).collect() }
    };
    BUILTIN_EVENTS.iter().map(event).collect()
}

fn enums(build: &mut Build) -> Vec<Enumeration> {
    let own: &[(&str, &[&str])] = &[("segment", &["gold", "standard", "risk"])];
    let enumeration = |(name, values): &(&str, &[&str])| {
        let name = build.text(name);
        Enumeration { name, values: values.iter().map(|value| build.text(value)).collect() }
    };
    BUILTIN_ENUMS.iter().chain(own).map(enumeration).collect()
}

/// The segments of the sample, behind the built-in enumerations.
pub const SEGMENT: Type = Type::Enum(EnumId(BUILTIN_ENUMS.len() as u16));

/// Numbers of the sample's expressions that tests change.
pub mod at {
    pub const SEGMENT: usize = 0;
    pub const BALANCE: usize = 4;
    pub const LOW: usize = 6;
    pub const TONE: usize = 11;
    pub const RATE: usize = 14;
    pub const HOURS: usize = 28;
    pub const FEE: usize = 29;
    pub const AMOUNTS: usize = 30;
}

/// A plan with every term; its blocks are one action each.
fn plan(name: TextId, rule: RuleId, values: &PlanValues, first: u16) -> Plan {
    let block = |n| Span { first: first + n, len: 1 };
    Plan {
        name,
        rule,
        offer_when: Some(values.when),
        over: Some(values.share),
        instalments: (2, 24),
        rhythm: Duration::new(1, Unit::Months).unwrap(),
        at_least: Some(values.sum),
        first_within: Some(values.time),
        due_on: vec![1, 15],
        grace: Some(values.time),
        breach_consecutive: Some(2),
        breach_missed: Some(3),
        breach_overdue: Some(values.time),
        renegotiate: Some(1),
        without_interest: true,
        notice: block(0),
        sign_by: Some(Channels::of(ChannelId(0))),
        on_missed: block(1),
        on_completed: block(2),
        on_breached: block(3),
    }
}

/// Expressions that the terms of a plan are made of.
struct PlanValues {
    when: ExprId,
    share: ExprId,
    sum: ExprId,
    time: ExprId,
}

fn scale(name: TextId, rule: RuleId) -> Scale {
    let part = |part, to, more| ScalePart { rule, part, to, more };
    let version = |from, fee| ScaleRows {
        rule,
        from,
        up_to: 50_000,
        fee,
        parts: vec![part(50_000, Some(200_000), 4_150), part(100_000, None, 5_950)],
    };
    let versions = vec![version(Some(date(2021, 1, 1)), 4_900), version(Some(date(2025, 6, 1)), 5_150)];
    Scale { name, versions, verified_until: Some(date(2026, 12, 31)) }
}

fn limitation(rule: RuleId, ends: ExprId, years: ExprId, open: ExprId) -> Limitation {
    let event = |happening: Happening| EventPattern { event: happening.id(), is: vec![] };
    Limitation {
        rule,
        periods: vec![
            Period { rule, length: years, from: PeriodFrom::Date(ends), when: Some(open) },
            Period { rule, length: years, from: PeriodFrom::Title, when: None },
        ],
        restarts: vec![Restart { rule, on: event(Happening::Acknowledged), when: Some(open) }],
        suspensions: vec![
            Suspension { rule, days: SuspendedDays::While(open), when: None },
            Suspension {
                rule,
                days: SuspendedDays::Between {
                    start: event(Happening::Filed),
                    until: event(Happening::OrderEnded),
                    delay: Some(years),
                },
                when: Some(open),
            },
        ],
    }
}

/// One guarantee of each form.
fn guarantees(rule: RuleId, text: TextId, bound: ExprId, time: ExprId, holds: ExprId, sum: ExprId) -> Vec<Guarantee> {
    let court = || Milestone::Stage(vec![StageId(2)]);
    let letter = Channels::of(ChannelId(0));
    let send = || Meant { kind: EffectKind::Send, object: Some(text), by: letter };
    let forms = [
        Promised::NeverAction {
            action: Meant { kind: EffectKind::File, object: None, by: Channels::ALL },
            during: holds,
        },
        Promised::Never { condition: holds, during: holds },
        Promised::AtMostContacts { count: bound, by: letter, within: time },
        Promised::AtLeastBefore { count: bound, first: Milestone::Action(send()), then: court() },
        Promised::Before { first: Milestone::Action(send()), then: court() },
        Promised::AtLeastTime { duration: time, from: Milestone::Stage(vec![StageId(0)]), to: court() },
        Promised::SilentReaches { stages: vec![StageId(2), StageId(1)], within: time },
        Promised::SilentEnds { within: time },
        Promised::EveryEnds { within: time },
        Promised::EveryNoticeGrants(time),
        Promised::CostsAtMost(sum),
    ];
    forms.into_iter().map(|promised| Guarantee { rule, text, promised }).collect()
}

fn calendars() -> Vec<Calendar> {
    let mut nw = Calendar::weekends_only();
    nw.name = "de.nw".to_owned();
    nw.holidays.push(HolidayRule::every_year(DayRule::Easter { offset: 60 }, "Fronleichnam"));
    vec![Calendar::weekends_only(), nw]
}

/// The sample.
pub fn machine() -> Machine {
    let mut build = Build { texts: Vec::new(), exprs: Vec::new(), rules: Vec::new() };
    let b = &mut build;
    let (events, enums) = (events(b), enums(b));
    let channels: Vec<TextId> = BUILTIN_CHANNELS.iter().map(|name| b.text(name)).collect();
    let tones: Vec<TextId> = BUILTIN_TONES.iter().map(|name| b.text(name)).collect();
    let law = b.text("§ 286 (1) BGB");
    let (r_stage, r_send) = (b.rule(10, "stage reminder"), b.rule(11, "send reminder"));
    b.rules[1].law = Some(law);

    let segment = b.expr(Expr::Fact(FactId(0)));
    let one = b.expr(Expr::Const(1));
    let level = b.expr(Expr::Var(VarId(0)));
    let next = b.expr(Expr::Add(level, one));
    let balance = b.read(Quantity::Balance);
    let bound = b.expr(Expr::Const(2_500));
    let low = b.expr(Expr::Compare(Comparison::Less, balance, bound));
    let settled = b.expr(Expr::Compare(Comparison::LessOrEqual, balance, bound));
    let friendly = b.expr(Expr::Const(0));
    let firm = b.expr(Expr::Const(3));
    let level_again = b.expr(Expr::Var(VarId(1)));
    let tone = b.expr(Expr::Table(TableId(0), vec![segment, level_again]));
    let base = b.expr(Expr::Dated(DatedId(0), None));
    let five = b.expr(Expr::Const(50_000_000));
    let rate = b.expr(Expr::Add(base, five));
    let pause = b.expr(Expr::Param(ParamId(0)));
    let week = b.days(7);
    let cost = b.expr(Expr::Param(ParamId(1)));
    let served = b.expr(Expr::Kept(0));
    let known = b.expr(Expr::Known(served));
    let region = b.read(Quantity::DebtorRegion);
    let dispute = b.read(Quantity::DisputeOpen);
    let quiet = b.expr(Expr::Not(dispute));
    let both = b.expr(Expr::And(low, quiet));
    let changed = b.read(Quantity::Changed);
    let attempts = b.read(Quantity::Attempts(PHONE, week));
    let busy = b.expr(Expr::Compare(Comparison::Greater, attempts, one));
    let half = b.expr(Expr::TimesRate(balance, five));
    let hours = b.expr(Expr::Const(28_800 * 100_000 + 72_000));
    let fee = b.expr(Expr::Scale(ScaleId(0), balance, None));
    let amounts = b.expr(Expr::Amounts(vec![5_000, 6_000]));
    let missed = b.read(Quantity::PlanMissed);
    let remaining = b.read(Quantity::PlanRemaining);
    let plan_paid = b.read(Quantity::PlanPaid);
    let mostly_paid = b.expr(Expr::Compare(Comparison::Greater, plan_paid, remaining));
    let none_missed = b.expr(Expr::Compare(Comparison::Less, missed, one));
    let plan_active = b.read(Quantity::PlanActive);
    let going_well = b.expr(Expr::And(plan_active, none_missed));
    let judged = b.read(Quantity::Had(1));
    let arose = b.read(Quantity::ClaimArose);
    let year_ends = b.expr(Expr::EndOfYear(arose));
    let years = b.expr(Expr::Const(Duration::new(3, Unit::Years).unwrap().pack()));

    let r = r_stage;
    let action = |does| Action { rule: r, does };
    let stage = |n| Does::Move(Target::Stage(StageId(n)));
    let (reminder, work) = (b.text("reminder"), b.text("check_dispute"));
    let (clerk, check, dunning) = (b.text("clerk"), b.text("dispute_check"), b.text("dunning"));
    let (lead, card, court) = (b.text("team_lead"), b.text("card"), b.text("court"));
    let (creditor, status) = (b.text("creditor"), b.text("status"));
    let send = Send {
        template: TemplateId(0),
        ways: vec![Channels::of(ChannelId(1)), Channels::of(ChannelId(0)).or(Channels::of(ChannelId(2)))],
        tone: Some(tone),
        payable_within: Some(pause),
        after_post: false,
        nature: Nature::Ordinary,
        to: To::All,
        with: vec![(dunning, Type::Money, half)],
    };
    let call = Call {
        script: reminder,
        to: To::First,
        tone: Some(friendly),
        hours: Some(hours),
        attempts: 3,
        every: Some(week),
        with: vec![(dunning, Type::Money, half)],
    };
    let task = Task {
        name: work,
        role: clerk,
        substitutes: vec![(lead, week)],
        within: week,
        results: vec![],
        priority: Some(1),
        keep: false,
    };
    let notice = Send {
        template: TemplateId(0),
        ways: vec![Channels::of(ChannelId(0))],
        tone: None,
        payable_within: None,
        after_post: false,
        nature: Nature::Notice,
        to: To::All,
        with: vec![],
    };
    let approval = Approval {
        name: b.text("paid"),
        role: lead,
        within: Some(week),
        when: Some(going_well),
        body: Span { first: 31, len: 1 },
        otherwise: Some(Span { first: 32, len: 1 }),
    };
    let title = Does::Exit { from: ScopeId(1), exit: b.text("title"), body: Span { first: 15, len: 1 } };
    let choice = Does::If { condition: low, then: Span { first: 4, len: 1 }, otherwise: Span { first: 5, len: 1 } };
    let actions = vec![
        // The entry of `reminder`.
        Action { rule: r_send, does: Does::Send(send) },
        action(Does::Charge { amount: cost, kind: dunning, replacing: None }),
        // After the pause.
        action(Does::Call(call)),
        action(choice),
        action(stage(1)),
        action(Does::Set { var: VarId(1), value: next }),
        // `whenever dispute`.
        action(Does::Pause { reason: check, ends: HoldEnd::For(week), without_interest: true }),
        action(Does::Task(task)),
        action(Does::Resume(check)),
        // `whenever settled`.
        action(stage(1)),
        // The watch.
        action(Does::Report { party: creditor, what: status, message: false }),
        // `paid`.
        action(Does::Move(Target::LastStage)),
        // `court`: its argument, its first stage, its exit, and the ways out.
        action(Does::Set { var: VarId(1), value: one }),
        action(Does::File { form: court, with: vec![(dunning, Type::Money, fee)] }),
        action(title),
        action(stage(1)),
        action(Does::Alarm(check)),
        action(Does::File { form: status, with: vec![] }),
        // The plan.
        action(Does::Send(notice)),
        action(Does::Alarm(check)),
        action(Does::Waive(Waive::Money(remaining))),
        action(Does::Alarm(check)),
        // `whenever recalled`.
        action(Does::Collect { amount: amounts, by: card }),
        action(Does::OfferPlan(PlanId(0))),
        action(Does::ActivatePlan(PlanId(0))),
        action(Does::CancelPlan),
        action(Does::ReleaseDebtor),
        action(Does::Split { part: SplitPart::Disputed, to: StageId(0) }),
        action(Does::Split { part: SplitPart::Money(half), to: StageId(2) }),
        action(Does::Split { part: SplitPart::Debtor, to: StageId(0) }),
        action(Does::Approval(approval)),
        action(stage(1)),
        action(Does::Alarm(check)),
        // The watch for effects.
        action(Does::Alarm(check)),
    ];
    let event = |happening: Happening, is: Vec<(u8, i64)>| EventPattern { event: happening.id(), is };
    let trigger = |on, when, first, moves| Trigger { rule: r, on, when, body: Span { first, len: 1 }, moves };
    let mut triggers = vec![
        Trigger { rule: r, on: On::After(pause), when: Some(both), body: Span { first: 2, len: 2 }, moves: true },
        trigger(
            On::Event { event: event(Happening::DisputeResolved, vec![(0, 0)]), usually_within: Some(week) },
            None,
            8,
            false,
        ),
        trigger(On::EveryWorkingDay { at_most: None }, Some(changed), 10, false),
        trigger(On::Event { event: event(Happening::PaymentReturned, vec![]), usually_within: None }, None, 11, true),
    ];
    triggers.push(Trigger { body: Span::default(), ..trigger(On::Move, None, 0, false) });
    let served_here = On::Event { event: event(Happening::Served, vec![]), usually_within: None };
    triggers.push(trigger(served_here, Some(judged), 14, true));
    triggers.push(trigger(On::Effect(EffectKind::Send), Some(mostly_paid), 33, false));
    let span = |first, len| Span { first, len };
    let mut stages = vec![
        Stage {
            name: reminder,
            title: reminder,
            rule: r,
            outcome: false,
            scope: Some(ScopeId(0)),
            entry: span(0, 2),
            triggers: span(0, 1),
            leaving: vec![],
        },
        Stage {
            name: b.text("paid"),
            title: b.text("Paid"),
            rule: r,
            outcome: true,
            scope: None,
            entry: span(12, 0),
            triggers: span(3, 1),
            leaving: vec![],
        },
    ];

    stages.push(Stage {
        name: b.text("court.applied"),
        title: court,
        rule: r,
        outcome: false,
        scope: Some(ScopeId(1)),
        entry: span(13, 1),
        triggers: span(5, 1),
        leaving: vec![Leaving { rule: r, ways: Ways::To(vec![StageId(0)]), body: span(16, 1) }],
    });
    let whenevers = vec![
        Whenever {
            rule: r,
            event: event(Happening::Dispute, vec![]),
            when: Some(known),
            body: span(6, 2),
            triggers: span(1, 1),
        },
        Whenever {
            rule: r,
            event: event(Happening::Settled, vec![]),
            when: None,
            body: span(9, 1),
            triggers: span(5, 0),
        },
        Whenever {
            rule: r,
            event: event(Happening::Recalled, vec![]),
            when: None,
            body: span(22, 9),
            triggers: span(7, 0),
        },
    ];
    let feedback = b.text("feedback");
    let watches = vec![
        Watch { name: feedback, rule: r, when: None, triggers: span(2, 1) },
        Watch { name: b.text("moves"), rule: r, when: Some(busy), triggers: span(4, 1) },
        Watch { name: b.text("effects"), rule: r, when: None, triggers: span(6, 1) },
    ];
    let row = |patterns, result| Row { rule: r, patterns, result };
    let tone_of = Table {
        name: b.text("tone_of"),
        columns: vec![(b.text("segment"), SEGMENT), (b.text("level"), Type::Number)],
        result: Type::Tone,
        by_day: false,
        verified_until: None,
        rows: vec![
            row(vec![Pattern::OneOf(vec![0]), Pattern::Between(Some(1), Some(2))], friendly),
            row(vec![Pattern::Any, Pattern::Any], firm),
        ],
    };
    let base_rate = Dated {
        name: b.text("base_rate"),
        ty: Type::Rate,
        rows: vec![(date(2024, 1, 1), 36_200_000), (date(2024, 7, 1), 33_700_000)],
        verified_until: Some(date(2026, 6, 30)),
        added: None,
    };
    let contact = Contact {
        allows: vec![
            Allow { rule: r, channels: Channels(0b1), window: None },
            Allow {
                rule: r,
                channels: Channels(0b1110),
                window: Some(Window {
                    weekdays: 31,
                    except_holidays: true,
                    except: vec![(12, 24)],
                    hours: vec![(28_800, 72_000)],
                }),
            },
        ],
        limits: vec![Limit { rule: r, count: 1, channels: Channels::ALL, per: duration(1), per_claim: false }],
        rests: vec![Rest { rule: r, rest: duration(7), by: None }],
        consents: vec![(Channels::of(PHONE), r)],
        nevers: vec![(Channels::of(PHONE), dispute, r)],
        otherwise_skip: false,
    };
    let ledger = LedgerRules {
        interest: Some(InterestRule {
            rule: r,
            rate,
            changes: vec![date(2024, 1, 1), date(2024, 7, 1)],
            added_changes: vec![],
            from: InterestFrom::AfterDue,
            year: Year::Days365,
        }),
        pools: vec![Pool::Costs, Pool::Interest, Pool::Principal],
        order: vec![ClaimOrder::OlderFirst],
        each_claim_in_turn: false,
        designation: Designation::RefusedOn(vec![Pool::Costs, Pool::Interest]),
        costs_up_to: Some(CostCap::OfPrincipal(five)),
        costs_of_up_to: vec![(dunning, CostCap::Money(amounts))],
        limitation: Some(limitation(r, year_ends, years, dispute)),
        settled,
        settled_rule: r,
    };
    let facts = vec![
        Fact { name: b.text("segment"), ty: SEGMENT, bounds: None, default: Some(1), optional: false, further: vec![] },
        Fact {
            name: b.text("score"),
            ty: Type::Number,
            bounds: Some((Some(0), Some(100))),
            default: Some(50),
            optional: false,
            further: vec![],
        },
    ];
    let params = vec![
        Param {
            name: b.text("first_pause"),
            ty: Type::Duration,
            value: duration(14).pack(),
            bounds: Some((duration(7).pack(), duration(28).pack())),
            further: vec![],
        },
        Param {
            name: b.text("dispatch_cost"),
            ty: Type::Money,
            value: 100,
            bounds: None,
            further: vec![FurtherParam { value: 120, bounds: None }],
        },
    ];
    let vars = vec![
        Var { name: b.text("level"), ty: Type::Number, start: one },
        Var { name: b.text("next_level"), ty: Type::Number, start: next },
    ];
    let mut scopes = vec![Scope {
        name: b.text("precourt"),
        title: b.text("Pre-court"),
        parent: None,
        first: None,
        entry: span(0, 0),
        triggers: span(0, 0),
        leaving: vec![],
    }];
    scopes.push(Scope {
        name: court,
        title: b.text("Court"),
        parent: Some(ScopeId(0)),
        first: Some(StageId(2)),
        entry: span(12, 1),
        triggers: span(7, 0),
        leaving: vec![
            Leaving { rule: r, ways: Ways::Every, body: span(34, 0) },
            Leaving { rule: r, ways: Ways::Otherwise, body: span(17, 1) },
        ],
    });
    let starts =
        vec![Start { rule: r, stage: StageId(2), when: Some(low) }, Start { rule: r, stage: StageId(0), when: None }];
    let values = PlanValues { when: low, share: five, sum: cost, time: week };
    let plans = vec![plan(b.text("standard"), r, &values, 18)];
    let promised = b.text("a promise");
    let guarantees = guarantees(r, promised, one, week, dispute, cost);
    let scales = vec![scale(b.text("lawyers_fee"), r)];
    Machine {
        name: "acme".to_owned(),
        title: "ACME \"Mobile\"".to_owned(),
        version: 3,
        currencies: vec![Currency::EUR, Currency::from_code("CHF").unwrap()],
        zones: vec![Zone::utc()],
        calendars: calendars(),
        calendar: CalendarChoice::By {
            key: region,
            choices: vec![("nw".to_owned(), CalendarId(1))],
            otherwise: CalendarId(0),
        },
        day_begins: 28_800,
        enums,
        channels,
        tones,
        facts,
        params,
        vars,
        templates: vec![Template { name: reminder, counted: true }],
        events,
        kept: vec![Kept { event: Happening::Served.id(), param: 1 }],
        noted: vec![event(Happening::Served, vec![]), event(Happening::DisputeResolved, vec![(0, 1)])],
        starts,
        stages,
        scopes,
        plans,
        whenevers,
        watches,
        triggers,
        actions,
        tables: vec![tone_of],
        dated: vec![base_rate],
        scales,
        contact,
        ledger,
        guarantees,
        limits: Limits::default(),
        files: vec!["acme.dun".to_owned()],
        exprs: build.exprs,
        texts: build.texts,
        rules: build.rules,
    }
}
