//! Contact rules, the ledger, limitation and plans.

use super::super::tree::*;
use super::Pair;
use super::build::{Builder, child, children, has};
use super::grammar::Rule;
use super::literals::weekday;

impl Builder<'_> {
    pub fn contact(&mut self, pair: &Pair) -> Contact {
        let extends = child(pair, Rule::contact_extends);
        Contact {
            name: child(pair, Rule::contact_name).and_then(|name| self.dotted_in(&name)),
            extends: extends.map(|extends| self.all_dotted_in(&extends)).unwrap_or_default(),
            rules: self.entries(pair, Rule::contact_rule, Self::contact_rule),
        }
    }

    /// The entries of a block: those of this rule, and those that were blanked out.
    pub fn entries<T>(&mut self, pair: &Pair, rule: Rule, build: fn(&mut Self, &Pair) -> Option<T>) -> Vec<T> {
        let is_entry = |part: &Pair| part.as_rule() == rule || part.as_rule() == Rule::broken;
        let parts = pair.clone().into_inner().filter(is_entry);
        parts.filter_map(|part| build(self, &part)).collect()
    }

    fn contact_rule(&mut self, pair: &Pair) -> Option<ContactRule> {
        if pair.as_rule() == Rule::broken {
            let span = self.broken_span(pair);
            return Some(ContactRule { kind: ContactRuleKind::Broken, law: Vec::new(), span });
        }
        let kind = self.contact_rule_kind(&pair.clone().into_inner().next()?);
        let kind = kind.unwrap_or(ContactRuleKind::Broken);
        Some(ContactRule { kind, law: self.laws(pair), span: self.span(pair) })
    }

    fn contact_rule_kind(&mut self, pair: &Pair) -> Option<ContactRuleKind> {
        let kind = match pair.as_rule() {
            Rule::allow => {
                let times = child(pair, Rule::contact_times);
                let on = match times {
                    Some(times) => Some(self.contact_times(&times)?),
                    None => None,
                };
                ContactRuleKind::Allow { channels: self.names_in(pair), on }
            }
            Rule::require_consent => ContactRuleKind::RequireConsent { channels: self.names_in(pair) },
            Rule::limit => self.limit(pair)?,
            Rule::rest => {
                let by = child(pair, Rule::by_names).map(|by| self.names_in(&by));
                ContactRuleKind::Rest {
                    duration: self.sum_in(pair)?,
                    after: self.event_pattern_in(pair)?,
                    by: by.unwrap_or_default(),
                }
            }
            Rule::never => ContactRuleKind::Never { channels: self.names_in(pair), condition: self.when_in(pair)? },
            _ if has(pair, Rule::kw_skip) => ContactRuleKind::OtherwiseSkip,
            _ => ContactRuleKind::OtherwiseWait,
        };
        Some(kind)
    }

    fn limit(&mut self, pair: &Pair) -> Option<ContactRuleKind> {
        let channels = child(pair, Rule::limit_channels).map(|channels| self.names_in(&channels));
        Some(ContactRuleKind::Limit {
            count: self.simple_in(pair)?,
            channels: channels.unwrap_or_default(),
            per: self.duration_or_unit(pair)?,
            per_claim: has(pair, Rule::per_claim),
        })
    }

    fn contact_times(&mut self, pair: &Pair) -> Option<ContactTimes> {
        let days = child(pair, Rule::days)?;
        let weekdays = children(&days, Rule::weekdays);
        let days = if !weekdays.is_empty() {
            Days::Weekdays(weekdays.iter().filter_map(weekday_range).collect())
        } else if has(&days, Rule::kw_working) {
            Days::Working
        } else {
            Days::Every
        };
        let except = children(pair, Rule::except);
        let except: Vec<Pair> = except.iter().flat_map(|except| children(except, Rule::except_day)).collect();
        let hours = children(pair, Rule::contact_hours);
        Some(ContactTimes {
            days,
            except: except.iter().filter_map(|day| self.except_day(day)).collect(),
            hours: hours.iter().filter_map(|hours| self.range(hours)).collect(),
            span: self.span(pair),
        })
    }

    fn except_day(&mut self, pair: &Pair) -> Option<ExceptDay> {
        match child(pair, Rule::day_of_year) {
            Some(day) => Some(ExceptDay::Day(self.day_of_year(&day)?)),
            None => Some(ExceptDay::Holidays),
        }
    }

    pub fn ledger(&mut self, pair: &Pair) -> Vec<LedgerEntry> {
        self.entries(pair, Rule::ledger_entry, Self::ledger_entry)
    }

    fn ledger_entry(&mut self, pair: &Pair) -> Option<LedgerEntry> {
        if pair.as_rule() == Rule::broken {
            let span = self.broken_span(pair);
            return Some(LedgerEntry { kind: LedgerEntryKind::Broken, law: Vec::new(), span });
        }
        let kind = self.ledger_entry_kind(&pair.clone().into_inner().next()?);
        let kind = kind.unwrap_or(LedgerEntryKind::Broken);
        Some(LedgerEntry { kind, law: self.laws(pair), span: self.span(pair) })
    }

    fn ledger_entry_kind(&mut self, pair: &Pair) -> Option<LedgerEntryKind> {
        let kind = match pair.as_rule() {
            Rule::interest => LedgerEntryKind::Interest(self.interest(pair)?),
            Rule::allocate => LedgerEntryKind::Allocate(self.allocate(pair)),
            Rule::designation if has(pair, Rule::kw_follows) => LedgerEntryKind::DesignationFollows,
            Rule::designation => LedgerEntryKind::DesignationRefused(self.names_in(pair)),
            Rule::costs_up_to => LedgerEntryKind::CostsUpTo {
                kind: self.name_in(pair),
                limit: self.sum_in(pair)?,
                of: child(pair, Rule::of_name).and_then(|of| self.name_in(&of)),
            },
            Rule::limitation => LedgerEntryKind::Limitation(self.limitation(pair)),
            _ => LedgerEntryKind::SettledWhen(self.when_in(pair)?),
        };
        Some(kind)
    }

    fn interest(&mut self, pair: &Pair) -> Option<Interest> {
        let from_date = child(pair, Rule::from_date);
        let from = match from_date {
            _ if has(pair, Rule::from_default) => Some(InterestFrom::Default),
            Some(date) => self.sum_in(&date).map(InterestFrom::Date),
            None => None,
        };
        let without = child(pair, Rule::without_names);
        Some(Interest {
            rate: self.value_in(pair)?,
            on: self.name_in(pair)?,
            from,
            without: without.map(|without| self.names_in(&without)).unwrap_or_default(),
            year: child(pair, Rule::year).and_then(|year| self.year(&year)),
            condition: self.when_in(pair),
        })
    }

    fn year(&mut self, pair: &Pair) -> Option<YearBasis> {
        let Some(days) = child(pair, Rule::decimal) else { return Some(YearBasis::Actual) };
        match days.as_str() {
            "365" => Some(YearBasis::Days365),
            "360" => Some(YearBasis::Days360),
            other => {
                let message = format!("no year of interest has {other} days");
                let help = "say `year of 365 days`, `year of 360 days`, or `year actual`";
                self.report(crate::diagnostic::codes::BAD_NUMBER, self.span(&days), message, help);
                None
            }
        }
    }

    fn allocate(&mut self, pair: &Pair) -> Allocate {
        let pools = children(pair, Rule::pool);
        let orders = children(pair, Rule::claim_order);
        let across = child(pair, Rule::across);
        Allocate {
            pools: pools.iter().filter_map(|pool| self.name_in(pool)).collect(),
            claims: orders.iter().map(|order| (claim_order(order), self.span(order))).collect(),
            across: across.map(|across| match has(&across, Rule::kw_pool) {
                true => AllocateAcross::EachPoolAcrossClaims,
                false => AllocateAcross::EachClaimInTurn,
            }),
        }
    }

    pub fn limitation(&mut self, pair: &Pair) -> Limitation {
        let rules = child(pair, Rule::limitation_rules);
        Limitation {
            name: self.dotted_in(pair),
            rules: rules.map(|rules| self.entries(&rules, Rule::limitation_rule, Self::limitation_rule)),
        }
    }

    fn limitation_rule(&mut self, pair: &Pair) -> Option<LimitationRule> {
        if pair.as_rule() == Rule::broken {
            let span = self.broken_span(pair);
            let kind = LimitationRuleKind::Broken;
            return Some(LimitationRule { kind, condition: None, law: Vec::new(), span });
        }
        let kind = self.limitation_rule_kind(&pair.clone().into_inner().next()?);
        Some(LimitationRule {
            kind: kind.unwrap_or(LimitationRuleKind::Broken),
            condition: self.when_in(pair),
            law: self.laws(pair),
            span: self.span(pair),
        })
    }

    fn limitation_rule_kind(&mut self, pair: &Pair) -> Option<LimitationRuleKind> {
        let kind = match pair.as_rule() {
            Rule::restart_on => LimitationRuleKind::RestartOn(self.event_patterns_in(pair)),
            Rule::suspend_while => LimitationRuleKind::SuspendWhile(self.value_in(pair)?),
            Rule::suspend_from => {
                let mut events = self.event_patterns_in(pair).into_iter();
                let delay = child(pair, Rule::suspend_delay);
                LimitationRuleKind::SuspendFrom {
                    from: events.next()?,
                    delay: delay.and_then(|delay| self.sum_in(&delay)),
                    until: events.next()?,
                }
            }
            _ => {
                let mut sums = self.sums_in(pair).into_iter();
                LimitationRuleKind::Period { duration: sums.next()?, from: sums.next()? }
            }
        };
        Some(kind)
    }

    pub fn plan(&mut self, pair: &Pair) -> Option<Plan> {
        Some(Plan {
            name: self.dotted_in(pair)?,
            title: self.text_in(pair),
            entries: self.entries(pair, Rule::plan_entry, Self::plan_entry),
        })
    }

    fn plan_entry(&mut self, pair: &Pair) -> Option<PlanEntry> {
        if pair.as_rule() == Rule::broken {
            let span = self.broken_span(pair);
            return Some(PlanEntry { kind: PlanEntryKind::Broken, law: Vec::new(), span });
        }
        let inner = pair.clone().into_inner().next()?;
        let kind = self.plan_entry_kind(&inner).unwrap_or(PlanEntryKind::Broken);
        let mut law = self.laws(&inner);
        law.append(&mut self.laws(pair));
        Some(PlanEntry { kind, law, span: self.span(pair) })
    }

    fn plan_entry_kind(&mut self, pair: &Pair) -> Option<PlanEntryKind> {
        let kind = match pair.as_rule() {
            Rule::offer_when => PlanEntryKind::OfferWhen(self.when_in(pair)?),
            Rule::over => {
                let of = child(pair, Rule::of_name)?;
                PlanEntryKind::Over { share: self.simple_in(pair)?, of: self.name_in(&of)? }
            }
            Rule::instalments => self.instalments(pair)?,
            Rule::first_within => PlanEntryKind::FirstWithin(self.sum_in(pair)?),
            Rule::due_on_day => {
                let days = children(pair, Rule::number);
                PlanEntryKind::DueOnDay(days.iter().map(|day| self.number(day)).collect())
            }
            Rule::grace => PlanEntryKind::Grace(self.sum_in(pair)?),
            Rule::breach => PlanEntryKind::BreachWhen(self.each(pair, Rule::breach_reason, Self::breach)),
            Rule::renegotiate => {
                let most = child(pair, Rule::at_most)?;
                PlanEntryKind::Renegotiate(self.sum_in(&most)?)
            }
            Rule::without_interest => PlanEntryKind::WithoutInterest,
            Rule::notice_first => PlanEntryKind::NoticeFirst(self.name_in(pair)?),
            Rule::sign_by => PlanEntryKind::SignBy(self.names_in(&child(pair, Rule::by_names)?)),
            _ => PlanEntryKind::On(self.trigger(pair)?),
        };
        Some(kind)
    }

    fn instalments(&mut self, pair: &Pair) -> Option<PlanEntryKind> {
        let mut counts = self.each(pair, Rule::simple, Self::simple).into_iter();
        let rhythm = child(pair, Rule::rhythm)?;
        let rhythm = if has(&rhythm, Rule::kw_monthly) {
            Rhythm::Monthly
        } else if has(&rhythm, Rule::kw_weekly) {
            Rhythm::Weekly
        } else {
            Rhythm::Every(self.sum_in(&rhythm)?)
        };
        let at_least = child(pair, Rule::at_least_each);
        Some(PlanEntryKind::Instalments {
            from: counts.next()?,
            to: counts.next(),
            rhythm,
            at_least: at_least.and_then(|least| self.simple_in(&least)),
        })
    }

    fn breach(&mut self, pair: &Pair) -> Option<Breach> {
        let reason = pair.clone().into_inner().next()?;
        let kind = match reason.as_rule() {
            Rule::breach_overdue => BreachKind::Overdue(self.sum_in(&reason)?),
            _ if has(&reason, Rule::kw_consecutive) => BreachKind::ConsecutiveMissed(self.simple_in(&reason)?),
            _ => BreachKind::Missed(self.simple_in(&reason)?),
        };
        Some(Breach { kind, span: self.span(pair) })
    }
}

fn weekday_range(pair: &Pair) -> Option<(Weekday, Weekday)> {
    let days = children(pair, Rule::weekday);
    Some((weekday(days.first()?), weekday(days.last()?)))
}

fn claim_order(pair: &Pair) -> ClaimOrder {
    if has(pair, Rule::kw_due) {
        ClaimOrder::DueFirst
    } else if has(pair, Rule::kw_secured) {
        ClaimOrder::LeastSecured
    } else if has(pair, Rule::kw_burdensome) {
        ClaimOrder::MostBurdensome
    } else {
        ClaimOrder::OlderFirst
    }
}
