//! Contact rules of a library: `contact us.reg_f { … }`, and strategies whose own rules hold besides them.

use dunlin_machine::ir::{Allow, Contact, Window};

use super::contact;
use super::context::Checker;
use super::modules::{Declared, Family, Reported};
use crate::diagnostic::codes;
use crate::model::Expr;
use crate::syntax::tree::{self, DottedName, ItemKind};

/// Contact rules of the model.
type Rules = Contact<Expr>;

impl Checker<'_> {
    /// The rules of a block, with those that hold besides.
    pub fn contact_with_extended(&mut self, block: &tree::Contact) -> Rules {
        let before = std::mem::take(&mut self.model.contact);
        contact::rules(self, &block.rules);
        let mut rules = std::mem::replace(&mut self.model.contact, before);
        for name in &block.extends {
            if let Some(others) = self.contact_named(name) {
                self.add_rules(&mut rules, others, name);
            }
        }
        rules
    }

    /// Where two sets of rules hold: every limit, rest, `never` and `require` of both, and what both allow.
    fn add_rules(&mut self, rules: &mut Rules, others: Rules, name: &DottedName) {
        match allowed_by_both(&rules.allows, &others.allows) {
            Some(allows) => rules.allows = allows,
            None => {
                let message =
                    format!("Nothing is allowed both here and by `{}`, so nobody could be contacted", name.text());
                let error = self.error(codes::CONTACT_NOTHING_LEFT, name.span, message);
                self.report(error.help("`allow` channels and hours here that are allowed there too, or none at all"));
            }
        }
        rules.limits.extend(others.limits);
        rules.rests.extend(others.rests);
        rules.consents.extend(others.consents);
        rules.nevers.extend(others.nevers);
    }

    /// The contact rules of that name; unknown ones are reported.
    fn contact_named(&mut self, name: &DottedName) -> Option<Rules> {
        match self.declared(Family::Contact, name) {
            Ok(Some(declared)) => self.contact_of(declared, name),
            Ok(None) => {
                self.report_unknown_of(Family::Contact, name);
                None
            }
            Err(Reported) => None,
        }
    }

    fn contact_of(&mut self, declared: Declared, name: &DottedName) -> Option<Rules> {
        if let Some(known) = self.contacts.get(&declared).cloned() {
            if known.is_none() {
                self.report_own_use(declared, name.span, "set of contact rules");
            }
            return known;
        }
        self.contacts.insert(declared, None);
        let item = self.item(declared)?;
        let ItemKind::Contact(block) = item.kind() else { return None };
        let rules = self.in_file(declared.file, |checker| checker.contact_with_extended(block));
        self.contacts.insert(declared, Some(rules.clone()));
        Some(rules)
    }

    /// Checks a block that has a name, used or not.
    pub fn named_contact(&mut self, name: &DottedName) {
        if let Ok(Some(declared)) = self.declared(Family::Contact, name) {
            self.contact_of(declared, name);
        }
    }
}

/// What both allow, none where that is nothing; a set without any `allow` allows everything.
fn allowed_by_both(own: &[Allow], others: &[Allow]) -> Option<Vec<Allow>> {
    if own.is_empty() || others.is_empty() {
        return Some([own, others].concat());
    }
    let pairs = own.iter().flat_map(|allow| others.iter().map(move |other| (allow, other)));
    let both: Vec<Allow> = pairs.filter_map(|(allow, other)| one_by_both(allow, other)).collect();
    (!both.is_empty()).then_some(both)
}

fn one_by_both(own: &Allow, other: &Allow) -> Option<Allow> {
    let channels = own.channels.and(other.channels);
    let window = match (&own.window, &other.window) {
        (None, window) | (window, None) => window.clone(),
        (Some(own), Some(other)) => Some(shared(own, other)?),
    };
    // Cited is the rule of the library where it takes something away.
    let rule = if window == own.window { own.rule } else { other.rule };
    (!channels.is_empty()).then_some(Allow { rule, channels, window })
}

/// The days and hours that lie in both; none where no hour does.
fn shared(own: &Window, other: &Window) -> Option<Window> {
    let pairs = own.hours.iter().flat_map(|hours| other.hours.iter().map(move |others| (hours, others)));
    let hours = pairs.map(|((from, to), (f, t))| (*from.max(f), *to.min(t))).filter(|(from, to)| from < to);
    let mut except = own.except.clone();
    except.extend(other.except.iter().filter(|day| !own.except.contains(day)));
    let window = Window {
        weekdays: own.weekdays & other.weekdays,
        except_holidays: own.except_holidays || other.except_holidays,
        except,
        hours: hours.collect(),
    };
    (window.weekdays != 0 && !window.hours.is_empty()).then_some(window)
}
