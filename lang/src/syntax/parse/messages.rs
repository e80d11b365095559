//! What authors are told when the grammar cannot go on: what was found, what could stand there.

use super::super::scan::{Scan, Token, TokenKind};
use super::super::tree::Span;
use super::super::words;
use super::grammar::Rule;
use super::recover::position;
use crate::diagnostic::{Diagnostic, FileId, codes, did_you_mean};
use pest::error::{Error, ErrorVariant};

/// More than this many possibilities help nobody.
const MOST_EXPECTED: usize = 6;

/// The message for an error of the grammar in a text that begins at `base` and ends at `end`.
pub(super) fn syntax_error(scan: &Scan, error: &Error<Rule>, base: u32, end: u32) -> Diagnostic {
    let at = base + position(error);
    let rules: &[Rule] = match &error.variant {
        ErrorVariant::ParsingError { positives, .. } => positives,
        // The one custom error is pest's own guard of the stack.
        ErrorVariant::CustomError { .. } => return too_deep(scan, at),
    };
    let index = scan.tokens.partition_point(|token| token.span.end <= at);
    let token = scan.tokens.get(index).filter(|token| token.span.start < end);
    let Some(token) = token else { return at_end(scan, rules) };
    Slip { scan, index, token, word: scan.text(token), rules }.diagnostic()
}

/// Whether a diagnostic speaks of single characters or brackets, before any grammar.
pub(super) fn is_lexical(found: &Diagnostic) -> bool {
    [codes::TEXT_NOT_CLOSED, codes::NAME_NOT_CLOSED, codes::STRANGE_CHARACTER, codes::NOT_CLOSED, codes::CLOSES_NOTHING]
        .contains(&found.code)
}

fn too_deep(scan: &Scan, at: u32) -> Diagnostic {
    let index = scan.tokens.partition_point(|token| token.span.end <= at);
    let span = scan.tokens.get(index).map_or(Span::new(at, at), |token| token.span);
    Diagnostic::error(codes::NESTED_TOO_DEEPLY, "this is put together too deeply to be read")
        .at(FileId::default(), span, "")
        .help("name parts of it by tables or stages of their own")
}

fn at_end(scan: &Scan, rules: &[Rule]) -> Diagnostic {
    let last = scan.tokens.last().map_or(Span::default(), |token| token.span);
    let expected = expected(rules);
    Diagnostic::error(codes::UNEXPECTED, "the file ends too early")
        .at(FileId::default(), last, "after this")
        .help(format!("what could follow: {expected}"))
}

/// A word or mark that the grammar did not expect.
struct Slip<'a> {
    scan: &'a Scan<'a>,
    index: usize,
    token: &'a Token,
    word: &'a str,
    rules: &'a [Rule],
}

impl Slip<'_> {
    fn diagnostic(&self) -> Diagnostic {
        if let Some(known) = self.known_slip() {
            return known;
        }
        if let Some(first) = self.unknown_first_word() {
            return first;
        }
        let is_word = self.token.kind == TokenKind::Word;
        if is_word && self.could_be(Rule::item) && !self.could_be(Rule::statement) {
            return self.unknown_declaration();
        }
        let known = statement_words().any(|word| word == self.word);
        if is_word && !known && self.could_be(Rule::statement) && self.begins_line() {
            return self.unknown_statement();
        }
        let found = self.unexpected(format!("{} cannot stand here", self.shown()));
        self.with_suggestion(found)
    }

    /// A word that the grammar took for the name of a table or of a duration, since it knows no other such word.
    fn unknown_first_word(&self) -> Option<Diagnostic> {
        let index = self.index.checked_sub(1)?;
        let token = &self.scan.tokens[index];
        let before = Slip { scan: self.scan, index, token, word: self.scan.text(token), rules: self.rules };
        let as_name = token.kind == TokenKind::Word && before.begins_line();
        if as_name && self.rules == [Rule::equals] && !words::ITEMS.contains(&before.word) {
            return Some(before.unknown_declaration());
        }
        let as_duration = self.could_be(Rule::kw_before) && self.could_be(Rule::kw_after);
        (as_name && as_duration).then(|| before.unknown_statement())
    }

    fn unexpected(&self, message: String) -> Diagnostic {
        Diagnostic::error(codes::UNEXPECTED, message)
            .at(FileId::default(), self.token.span, "")
            .help(format!("what could stand here: {}", expected(&self.likely())))
    }

    /// The rules without those that only say that a table could have the name of what stands before.
    fn likely(&self) -> Vec<Rule> {
        let before_item = words::ITEMS.contains(&self.before()) && self.rules.len() > 1;
        let rules = self.rules.iter().copied();
        rules.filter(|rule| !(before_item && *rule == Rule::equals)).collect()
    }

    fn could_be(&self, rule: Rule) -> bool {
        self.rules.contains(&rule)
    }

    fn begins_line(&self) -> bool {
        self.token.line_start || self.before() == "{" || self.before() == "}"
    }

    fn before(&self) -> &str {
        self.index.checked_sub(1).map_or("", |before| self.scan.text(&self.scan.tokens[before]))
    }

    fn shown(&self) -> String {
        match self.token.kind {
            TokenKind::Text => "a text".to_owned(),
            _ if self.word.len() > 40 => "this".to_owned(),
            _ => format!("`{}`", self.word),
        }
    }

    fn unknown_declaration(&self) -> Diagnostic {
        let message = format!("`{}` begins no declaration", self.word);
        let found = Diagnostic::error(codes::UNKNOWN_DECLARATION, message).at(FileId::default(), self.token.span, "");
        match did_you_mean(self.word, words::ITEMS.iter().copied()) {
            Some(near) => found.help(format!("did you mean `{near}`?")).fix(self.token.span, near),
            None if statement_words().any(|word| word == self.word) => {
                found.help("actions and triggers stand in a stage, a group, or a rule such as `whenever`")
            }
            None => found.help("declarations begin with words such as `stage`, `facts`, `contact`, `whenever`, or are tables: `NAME = table(…)`"),
        }
    }

    fn unknown_statement(&self) -> Diagnostic {
        let found = Diagnostic::error(codes::UNEXPECTED, format!("`{}` begins no action and no trigger", self.word))
            .at(FileId::default(), self.token.span, "");
        if words::ITEMS.contains(&self.word) {
            return found.help(format!("`{}` is a declaration of its own: it stands outside of stages", self.word));
        }
        if let Some(help) = habit(self.word) {
            return found.help(help);
        }
        match did_you_mean(self.word, statement_words()) {
            Some(near) => found.help(format!("did you mean `{near}`?")).fix(self.token.span, near),
            None => found
                .help("actions begin with words such as `send`, `call`, `task`; triggers with `after`, `on`, `every`"),
        }
    }

    /// Slips that have a name of their own.
    fn known_slip(&self) -> Option<Diagnostic> {
        let found = Diagnostic::error(codes::UNEXPECTED, format!("{} cannot stand here", self.shown())).at(
            FileId::default(),
            self.token.span,
            "",
        );
        let before_number = self.index.checked_sub(1).map(|before| self.scan.tokens[before].kind);
        if self.token.kind == TokenKind::Word && before_number == Some(TokenKind::Number) {
            return self.unit_slip(found);
        }
        if self.token.kind == TokenKind::Number {
            return self.stuck_unit();
        }
        match self.word {
            "," if self.lists_channels() => {
                let help = "`email and letter` go out together; `email else letter` takes the first that can be used";
                return Some(found.help(help));
            }
            "after" | "before" => return self.after_twice(found),
            "->" if self.could_be(Rule::open) && self.line_begins_with("if") => {
                return Some(found.help("what is done then stands in braces: `if … { -> STAGE }`"));
            }
            "goto" | "go" if [Rule::arrow, Rule::arrow_body, Rule::move_to].iter().any(|rule| self.could_be(*rule)) => {
                return Some(found.help("a move is written `->`").fix(self.token.span, "->"));
            }
            "wait" if [Rule::statement, Rule::act, Rule::colon_act].iter().any(|rule| self.could_be(*rule)) => {
                return habit(self.word).map(|help| found.help(help));
            }
            _ if self.word_before(1) == "no" && self.word_before(2) == "on" => {
                let help = format!(
                    "that nothing comes is a timer: `after 14 days -> STAGE`; where it comes, `on {}` acts",
                    self.word
                );
                return Some(found.help(help));
            }
            "on" if self.line_begins_with("expect") => {
                let help = "an action has its day in the same line; where the case stands on a day is asked after \
                            `until DATE`, in a line of its own";
                return Some(found.help(help));
            }
            _ => {}
        }
        if self.word == "," && self.could_be(Rule::close) {
            let help = "no comma stands between the lines of a block";
            return Some(found.help(help).fix(self.token.span, ""));
        }
        None
    }

    /// The word so many tokens before.
    fn word_before(&self, tokens: usize) -> &str {
        self.index.checked_sub(tokens).map_or("", |at| self.scan.text(&self.scan.tokens[at]))
    }

    /// Whether channels are listed before: `by email`, `by email else letter`.
    fn lists_channels(&self) -> bool {
        let before = &self.scan.tokens[..self.index];
        let Some(by) = before.iter().rposition(|token| self.scan.text(token) == "by") else { return false };
        let joins = before[by..].iter().skip(2).step_by(2);
        joins.map(|token| self.scan.text(token)).all(|word| matches!(word, "and" | "else"))
            && self.could_be(Rule::kw_and)
    }

    /// Whether the line begins with that word.
    fn line_begins_with(&self, word: &str) -> bool {
        let first = self.scan.tokens[..self.index].iter().rfind(|token| token.line_start);
        first.is_some_and(|first| self.scan.text(first) == word)
    }

    /// `after 3 days after deadline`: the day is counted twice.
    fn after_twice(&self, found: Diagnostic) -> Option<Diagnostic> {
        let before = &self.scan.tokens[..self.index];
        let number = before.iter().rposition(is_number).filter(|at| self.index - at <= 3)?;
        let first = before.get(number.checked_sub(1)?)?;
        if self.scan.text(first) != "after" {
            return None;
        }
        let to = before.get(number)?.span.start;
        let help = format!("`… days {} DAY` is a trigger by itself: leave out the first `after`", self.word);
        Some(found.help(help).fix(Span::new(first.span.start, to), ""))
    }

    /// `14 tage`, `7 dyas`: a word after a number that is no unit.
    fn unit_slip(&self, found: Diagnostic) -> Option<Diagnostic> {
        if !self.could_be(Rule::unit) && !self.could_be(Rule::currency) {
            return None;
        }
        let word = self.word.to_ascii_lowercase();
        let near = match word.as_str() {
            "tag" | "tage" | "tagen" => Some("days"),
            "woche" | "wochen" => Some("weeks"),
            "jahr" | "jahre" | "jahren" => Some("years"),
            "business" => Some("working"),
            "arbeitstag" | "arbeitstage" | "arbeitstagen" => Some("working days"),
            "monat" | "monate" | "monaten" => Some("months"),
            "stunde" | "stunden" => Some("hours"),
            "percent" | "prozent" | "pct" => Some("%"),
            _ if word.len() == 3 && self.word != word.to_ascii_uppercase() && is_currency(&word) => {
                let fix = word.to_ascii_uppercase();
                let help = "currencies are written in capitals";
                return Some(found.help(help).fix(self.token.span, fix));
            }
            _ => did_you_mean(self.word, words::UNITS.iter().copied()),
        };
        let near = near?;
        Some(found.help(format!("did you mean `{near}`?")).fix(self.token.span, near))
    }

    /// `14days`, `5EUR`: a unit that sticks to its number.
    fn stuck_unit(&self) -> Option<Diagnostic> {
        let digits = self.word.find(|c: char| !c.is_ascii_digit() && c != '_' && c != '.')?;
        let (number, unit) = self.word.split_at(digits);
        if !unit.chars().all(char::is_alphabetic) {
            return None;
        }
        let message = format!("`{}` is neither a number nor a name", self.word);
        let found = Diagnostic::error(codes::UNEXPECTED, message).at(FileId::default(), self.token.span, "");
        Some(
            found.help("a space stands between a number and its unit").fix(self.token.span, format!("{number} {unit}")),
        )
    }

    /// "Did you mean", where one word of the language could stand here and looks like what does.
    fn with_suggestion(&self, found: Diagnostic) -> Diagnostic {
        if self.token.kind != TokenKind::Word {
            return found;
        }
        let words: Vec<String> = self.rules.iter().filter_map(|rule| keyword(*rule)).collect();
        match did_you_mean(self.word, words.iter().map(String::as_str)) {
            Some(near) => found.help(format!("did you mean `{near}`?")).fix(self.token.span, near.to_owned()),
            None => found,
        }
    }
}

/// How something is written that authors begin a line with out of habit.
fn habit(word: &str) -> Option<String> {
    let help = match word {
        "wait" => "time goes by until a trigger: `after 14 days -> STAGE`",
        "when" => "a condition stands behind a trigger, or is one itself: `as soon as balance < 10 EUR -> STAGE`",
        "letter" | "email" | "sms" | "messenger" | "portal" => {
            return Some(format!("a message is written `send NAME by {word}`"));
        }
        "phone" => "a call is written `call NAME`",
        _ => return None,
    };
    Some(help.to_owned())
}

fn is_number(token: &Token) -> bool {
    token.kind == TokenKind::Number
}

fn is_currency(word: &str) -> bool {
    matches!(word, "eur" | "chf" | "usd" | "gbp" | "pln" | "sek" | "dkk" | "nok" | "czk" | "huf")
}

fn statement_words() -> impl Iterator<Item = &'static str> {
    words::ACTIONS.iter().chain(words::TRIGGERS).copied()
}

/// A short list of what could stand somewhere, in the author's words.
fn expected(rules: &[Rule]) -> String {
    let mut phrases: Vec<String> = Vec::new();
    for rule in rules {
        if let Some(phrase) = phrase(*rule).filter(|phrase| !phrases.contains(phrase)) {
            phrases.push(phrase);
        }
    }
    // Almost any name could go on with its arguments.
    if phrases.len() > 1 {
        phrases.retain(|phrase| phrase != "`(`");
    }
    let more = phrases.len() > MOST_EXPECTED;
    phrases.truncate(MOST_EXPECTED);
    if phrases.is_empty() {
        return "something else".to_owned();
    }
    let list = phrases.join(", ");
    if more { format!("{list}, …") } else { list }
}

/// The word that a keyword rule stands for.
fn keyword(rule: Rule) -> Option<String> {
    format!("{rule:?}").strip_prefix("kw_").map(str::to_owned)
}

/// What a rule of the grammar is called in front of authors; nothing for those that only add noise.
fn phrase(rule: Rule) -> Option<String> {
    if let Some(word) = keyword(rule) {
        return Some(format!("`{word}`"));
    }
    let phrase = match rule {
        Rule::open | Rule::block | Rule::table_rows | Rule::steps_rows | Rule::group_block | Rule::limitation_rules => {
            "`{`"
        }
        Rule::close => "`}`",
        Rule::left | Rule::arguments | Rule::event_arguments | Rule::parameters => "`(`",
        Rule::right => "`)`",
        Rule::comma => "`,`",
        Rule::colon | Rule::colon_body => "`:`",
        Rule::equals | Rule::procedure_call => "`=`",
        Rule::arrow | Rule::arrow_body | Rule::move_to | Rule::move_act | Rule::plain_move => "`->`",
        Rule::gives => "`=>`",
        Rule::dots => "`..`",
        Rule::name | Rule::dotted | Rule::names | Rule::target | Rule::reading | Rule::reference_object => "a name",
        Rule::string | Rule::text => "a text in quotes",
        Rule::value | Rule::condition | Rule::sum | Rule::simple | Rule::plain | Rule::parens | Rule::hours => {
            "a value"
        }
        Rule::range => "a value or a range",
        Rule::number | Rule::decimal | Rule::year_number => "a number",
        Rule::date | Rule::moment => "a date such as `2026-01-05`",
        Rule::time => "a time such as `08:00`",
        Rule::unit | Rule::bare_duration => "a unit such as `days`",
        Rule::currency => "a currency",
        Rule::ty | Rule::one_of => "a type",
        Rule::event_pattern | Rule::on_names | Rule::test_event => "an event",
        Rule::statement | Rule::act | Rule::colon_act => "an action or a trigger",
        Rule::trigger | Rule::trigger_head => "a trigger",
        Rule::stage => "`stage`",
        Rule::when => "`when`",
        Rule::law => "`law`",
        Rule::approval => "`with approval`",
        Rule::usually => "`usually within`",
        Rule::at_most => "`at most`",
        Rule::cascade | Rule::together_by | Rule::by_names | Rule::calendar_by => "`by`",
        Rule::recipient => "`to`",
        Rule::tone => "`tone`",
        Rule::payable => "`payable within`",
        Rule::manner => "`as reply`",
        Rule::with_arguments => "`with`",
        Rule::contact_rule => "a contact rule",
        Rule::ledger_entry => "a line of the ledger",
        Rule::plan_entry => "a line of the plan",
        Rule::fact => "a fact",
        Rule::row | Rule::dated_rows | Rule::step_row | Rule::dated_steps | Rule::value_row => "a row",
        Rule::calendar_entry => "a line of the calendar",
        Rule::limitation_rule => "a rule of limitation",
        Rule::test_step => "`case`, `open`, `at`, `until`, `expect`",
        Rule::action_reference | Rule::verb => "an action",
        Rule::weekday | Rule::weekdays => "a day of the week",
        Rule::month => "a month",
        Rule::day_rule | Rule::day_of_year => "a day such as `1 november`",
        Rule::days => "`working days`, `every day`, days of the week",
        Rule::item | Rule::next_item => "the next declaration",
        Rule::compare => "a comparison",
        Rule::contact_hours => "hours such as `08:00..20:00`",
        _ => return None,
    };
    Some(phrase.to_owned())
}
