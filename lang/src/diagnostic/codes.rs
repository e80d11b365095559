//! The one table of diagnostics: number, name, title, and what it means. Numbers are never reused.
//!
//! | range | about |
//! |---|---|
//! | 0001–0099 | text and syntax |
//! | 0100–0199 | names |
//! | 0200–0299 | types and values |
//! | 0300–0399 | stages and moves |
//! | 0400–0499 | contact, ledger and plans |
//! | 0500–0599 | tables, calendars, dated values |
//! | 0600–0699 | tests |
//! | 0700–0799 | forms that are not built yet |
//! | 0800–0899 | warnings |
//! | 0900–0999 | files of figures |
//!
//! To add one, write one entry at the end of its range.

use std::fmt;

/// The number of a diagnostic, printed `D0013`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Code(u16);

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "D{:04}", self.0)
    }
}

impl Code {
    /// The entry of this number in [`TABLE`].
    pub fn entry(self) -> Option<&'static Entry> {
        TABLE.iter().find(|entry| entry.code == self)
    }

    /// The bare number.
    pub const fn number(self) -> u16 {
        self.0
    }
}

/// What the table says of one diagnostic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The number.
    pub code: Code,
    /// A few words.
    pub title: &'static str,
    /// One or two sentences in the author's words.
    pub explanation: &'static str,
}

macro_rules! codes {
    ($($name:ident = $number:literal, $title:literal, $explanation:literal;)*) => {
        $(#[doc = $explanation] pub const $name: Code = Code($number);)*
        /// Every diagnostic, in the order of the numbers.
        pub const TABLE: &[Entry] = &[
            $(Entry { code: $name, title: $title, explanation: $explanation },)*
        ];
    };
}

codes! {
    // 0001–0099: text and syntax
    FILE_TOO_LONG = 1, "file too long", "A file may have 8 MB. Split a longer one into modules, or read its rows from a CSV file.";
    NOT_UTF8 = 2, "not UTF-8", "The file holds bytes that are not UTF-8 text. Save it as UTF-8.";
    EMPTY_FILE = 3, "empty file", "The file declares nothing. A strategy begins with `strategy NAME`; a library declares tables, calendars or procedures.";
    NESTED_TOO_DEEPLY = 4, "nested too deeply", "Brackets, `if` chains and calculations may stand 128 deep. Name a part of it by a table, or split it.";
    TEXT_NOT_CLOSED = 5, "text not closed", "A text begins and ends with `\"` on one line.";
    NAME_NOT_CLOSED = 6, "quoted name not closed", "A name in backquotes begins and ends with a backquote on one line.";
    STRANGE_CHARACTER = 7, "character without meaning", "The language has no use for this character outside of texts and comments.";
    NOT_CLOSED = 8, "bracket not closed", "This bracket has no partner; what follows was read as if it were closed there.";
    CLOSES_NOTHING = 9, "bracket closes nothing", "There is no open bracket that this one could close.";
    UNEXPECTED = 10, "unexpected word", "Something else must stand here. The message lists what could.";
    UNKNOWN_DECLARATION = 11, "unknown declaration", "A file is made of header lines and declarations, and each begins with a word of its own: `stage`, `facts`, `contact`, …";
    DECIMAL_COMMA = 12, "comma in an amount", "Amounts and rates have a decimal point: `2.50 EUR`. Thousands may be grouped with `_`: `5_000 EUR`.";
    NO_SUCH_DATE = 13, "no such date", "The calendar has no such day.";
    NO_SUCH_TIME = 14, "no such time", "Times go from `00:00` to `24:00`, with two digits before and after the colon.";
    BAD_DURATION = 15, "not a duration", "A duration is a whole number, at least 1, of one unit: `14 days`, `36 hours`, `6 months`.";
    BAD_NUMBER = 16, "not a number", "A number is whole and has at most 18 digits; amounts name their currency, rates `%` or `points`.";
    WERKTAGE = 17, "Werktage", "`Werktage` is not a word of the language, because in law it includes Saturday.";
    FOREIGN_OPERATOR = 18, "operator of another language", "Comparisons are written `=`, `is not`, `<`, `<=`, `>`, `>=`; conditions are joined by `and`, `or`, `not`; there is no division.";
    WRONG_ARROW = 19, "wrong arrow", "`->` moves a case to a stage; `=>` stands between a row of a table and its result.";
    RESERVED_STAGE_NAME = 20, "reserved stage name", "No stage or outcome is called `self`, `last_stage` or `next`: moves use these words.";
    SAID_TWICE = 21, "said twice", "An action says each thing once.";
    LEFT_OUT = 22, "left out", "Something that this action cannot do without is missing.";
    NO_SUCH_DAY_OF_YEAR = 23, "no such day of the year", "No year has this day.";
    BAD_ESCAPE = 24, "unknown escape", "In a text, `\\` stands only before `\"`, `\\`, `n` and `t`.";
    BAD_CURRENCY = 25, "not a currency", "Currencies are written as three capital letters: `EUR`, `CHF`.";
    DECLARATION_TOO_LONG = 26, "declaration too long", "One declaration may have 200,000 words and marks. A longer table reads its rows from a CSV file.";

    // 0100–0199: names
    UNKNOWN_STAGE = 100, "unknown stage", "A move or a condition names a stage or outcome that the strategy does not declare.";
    UNKNOWN_EVENT = 101, "unknown event", "Events are those of the language and those that `event NAME(…)` declares.";
    UNKNOWN_VALUE = 102, "unknown name", "A value is a fact, a param, a var, a table, a dated value, or something that the language can read of a case.";
    UNKNOWN_PARAMETER = 103, "unknown parameter of an event", "An event brings only the parameters that the language or its declaration lists.";
    UNKNOWN_CHANNEL = 104, "unknown channel", "Channels are those of the language and those that `channels { … }` adds.";
    UNKNOWN_PARTY = 105, "unknown party", "Reports go to `creditor`, `bureau`, `court`, and to those that `parties { … }` adds.";
    UNKNOWN_TYPE = 106, "unknown type", "A type is one of the language's words, a list of values, or the name of a fact that has one.";
    UNKNOWN_MODULE = 107, "unknown module", "A module is a file: `de.consumer` is `de/consumer.dun`, beside the strategy or in the standard library.";
    UNKNOWN_DECLARED = 108, "unknown declaration of a library", "Calendars, contact rules and procedures are declared in this file, in a module in `use`, or written with their module's name.";
    UNKNOWN_CURRENCY = 109, "unknown currency", "Currencies are the codes of ISO 4217.";
    UNKNOWN_TIME_ZONE = 110, "unknown time zone", "Time zones have the names of the IANA database: `Europe/Berlin`.";
    UNKNOWN_REASON = 111, "unknown reason of a hold", "`resume` names the reason of a hold that some rule sets.";
    UNKNOWN_PATTERN = 112, "unknown value of an event's parameter", "In the parentheses of an event stands a value that its parameter can have, or a new name for it.";
    UNKNOWN_LIMIT = 113, "unknown bound", "`limits` raises the bounds of a case: debtors, claims, cost_kinds, holds, payments, attempts.";
    DECLARED_TWICE = 114, "declared twice", "Within a family of names, each name has one meaning.";
    AMBIGUOUS_NAME = 115, "name of two modules", "Two modules in `use` offer the same name; its dotted name says which is meant.";
    TWO_MEANINGS = 116, "name with two meanings", "A name could mean a value of the case or what the event brings.";
    BUILTIN_NAME = 117, "name of the language", "An author's value or event takes no name to which the language itself gives a meaning.";
    KNOWN_WORD = 118, "word that is known already", "`channels`, `tones` and `parties` add words that are not there yet.";
    USES_ITSELF = 119, "declaration that uses itself", "No table, value or calendar is worked out from itself.";
    HEADER_TWICE = 120, "header line said twice", "Each header line stands at most once.";
    NAME_EXPECTED = 121, "name expected", "Here stands a bare name.";
    STRATEGY_ONLY = 122, "belongs into a strategy", "A file without a `strategy` line is a library: it declares tables, dated values, calendars, procedures, plans and rules that strategies `use`.";

    // 0200–0299: types and values
    WRONG_TYPE = 200, "another kind of value expected", "What stands here is not the kind of value that belongs here.";
    MIXED_TYPES = 201, "values that do not go together", "An operator joins two values that do not go together.";
    NO_ORDER = 202, "values without order", "Only numbers, amounts, rates, dates, instants and durations are smaller or larger than others.";
    DURATIONS_APART = 203, "durations that do not compare", "Durations compare within days and weeks, months and years, hours, and working days.";
    HOURS_ON_DATE = 204, "hours added to a date", "A date has no time of day to which hours could be added.";
    CANNOT_COMPUTE = 205, "cannot be computed", "This calculation has no meaning for this kind of value.";
    NOT_KNOWN = 206, "read before it was asked for", "What a case may lack is asked for (`debtor.age known`, `had served`) before it is read.";
    ALWAYS_KNOWN = 207, "asked for without need", "`known` asks only for what a case may lack.";
    NOT_CONSTANT = 208, "not the same for every case", "Here stands a value that is certain before any case: a literal, a param, or what is computed from them.";
    OUT_OF_BOUNDS = 209, "out of bounds", "A value lies outside of the bounds that its own declaration sets.";
    EMPTY_RANGE = 210, "empty range", "A range begins above its end, so that nothing lies in it.";
    RANGE_NOT_HERE = 211, "range out of place", "Ranges stand in types, in the rows of tables, and in hours.";
    PATTERN_NOT_HERE = 212, "pattern out of place", "`_` stands only in the rows of tables and in the parentheses of events.";
    OR_NOT_HERE = 213, "`|` out of place", "`|` joins names behind `=`, `is` and `is not`, in types and in patterns.";
    TIME_NOT_HERE = 214, "time out of place", "A time of day stands only in hours.";
    BAD_AMOUNT = 215, "not an amount", "An amount has no more decimals than its currency, and at most 18 digits.";
    BAD_RATE = 216, "not a rate", "A rate has at most 7 decimals.";
    OTHER_CURRENCY = 217, "amount in another currency", "The amounts of a strategy are in its currencies, those of a test in that of its case.";
    TABLE_WITHOUT_ARGUMENTS = 218, "table without its columns", "A table is read by a value for each of its columns, in parentheses.";
    WRONG_NUMBER_OF_ARGUMENTS = 219, "wrong number of values", "A table or function is read with another number of values in its parentheses.";
    NAMED_ARGUMENT = 220, "value with a name", "Tables and functions take their values in order, without names.";
    NOT_DATED = 221, "not dated", "`at` chooses a row by its date, and only dated values have such rows.";
    CHANGED_NOT_HERE = 222, "`changed` out of place", "`changed` looks back to when its trigger last acted, so it stands in the condition of a trigger.";
    NOT_A_FACT = 223, "not a fact", "A fact has a type whose values a host can state.";
    PARAM_WITHOUT_TYPE = 224, "without a type", "A param and the parameter of an event say their type.";
    NOT_A_VAR = 225, "not a var", "`set` changes a `var`; facts and params do not change.";
    TOO_MANY = 226, "too many", "A strategy has more of something than its machine can number.";
    BAD_VERSION = 227, "not a version", "Versions count from 1.";
    BAD_DAY_BEGIN = 228, "not a begin of the day", "A day begins at a time before 24:00.";
    AMOUNT_MISSING = 229, "amount missing for a currency", "In a strategy in several currencies an amount is written for each: `50 EUR | 60 CHF`.";

    // 0300–0399: stages and moves
    NO_STAGE = 300, "strategy without a stage", "A case is always in one stage; it opens in the first one written.";
    ENTERS_TWICE = 301, "moved round for ever", "Moves on entry lead back to the stage where they began.";
    AFTER_MOVE = 302, "action after a move", "A move ends the body that it stands in; what stands behind it is never done.";
    TRIGGER_NOT_HERE = 303, "trigger out of place", "Triggers stand in stages, groups, outcomes, watches and `whenever` blocks, not behind another trigger or in an `if`.";
    ACTION_NOT_HERE = 304, "action out of place", "Groups and watches hold triggers only.";
    ACTION_AFTER_TRIGGER = 305, "action after a trigger", "What is done on entry stands before the triggers.";
    TOO_MANY_PARAMETERS = 306, "too much in parentheses", "An event has fewer parameters than stand in its parentheses.";
    ON_MOVE_OUTSIDE_WATCH = 307, "`on move` outside of a watch", "Only a watch stands beside the stages and sees every move and every effect.";
    NO_SUCH_DAY_OF_MONTH = 308, "no such day of the month", "Days of the month go from 1 to 31.";
    COUNT_TOO_SMALL = 309, "not a number of times", "A number of times is at least 1.";
    PAUSE_WITHOUT_REASON = 310, "hold without a reason", "A bare `pause` takes the name of its event; where there is none, it names a reason.";
    RESUME_WHAT = 311, "`resume` without a hold", "A bare `resume` ends the hold of the rule around it; elsewhere it names the reason.";
    NO_EVENT_HERE = 312, "no event at hand", "`to debtor` means the person that an event names, so it stands in a rule on an event.";
    CALL_WITHOUT_RHYTHM = 313, "call without a rhythm", "A call of several attempts says how long it waits between them.";
    TASK_WITHOUT_LIMIT = 314, "task without a limit", "A task says until when it must be done.";
    ARGUMENT_WITHOUT_NAME = 315, "value without a name", "What goes out with a message, a form or an `emit` has a name.";
    LOST_REASON = 316, "name before `after`", "A name followed by `before` or `after` is a duration, never the reason of the `pause` or `resume` before it.";

    SPLIT_TARGET = 317, "sister case without a stage", "`split` names the stage that the sister case opens in.";
    COLLECT_BY = 318, "unknown way to collect", "Money is collected by `debit` or by `card`.";
    CALL_TO_ALL = 319, "call to all debtors", "A call is made to one person: the first debtor, or in a rule on an event the one that it names.";
    UNKNOWN_EFFECT = 320, "unknown effect", "`on effect` and guarantees call effects by the verbs of actions; `refund`, `cancel` and `approval` are the machine's own.";
    START_TWICE = 321, "two `start` blocks", "A strategy says in one `start` block where its cases open.";
    CHANNEL_OF_ACTION = 322, "channel of another action", "Only `send` goes by channels.";
    START_OUTCOME = 323, "case that opens with its end", "A case opens in a stage; outcomes are where it ends.";
    TEMPLATE_FOLDER = 324, "folder of templates", "Templates lie in a folder beside the strategy: `templates \"letters\" in de, en`.";
    TEMPLATE_LANGUAGE = 325, "language of templates", "Languages of templates are written by their codes, each once: `in de, en`.";

    UNKNOWN_EXIT = 330, "unknown exit", "A stage that is a procedure maps the exits that its procedure declares.";
    EXIT_NOT_MAPPED = 331, "exit without a way on", "A stage that is a procedure says for each of its exits where a case goes: `exit title -> enforcement`.";
    EXIT_TWICE = 332, "exit mapped twice", "Of several lines for one exit, all but the last have a `when`.";
    EXIT_WITHOUT_MOVE = 333, "exit that leads nowhere", "By an exit a case leaves the procedure, so that what is written for it ends in a move.";
    EXIT_NOT_HERE = 334, "exit out of place", "`exit` stands in a stage that is a procedure.";
    PROCEDURE_ARGUMENTS = 335, "arguments of a procedure", "A procedure is given one value for each of its parameters, in their order or by name: `de.mahnverfahren(claim = principal)`.";
    NOT_A_PROCEDURE = 336, "not a procedure", "A stage can be a procedure that is called with its arguments in parentheses.";
    PROCEDURE_WITHOUT_STAGE = 337, "procedure without a stage", "A procedure begins in the first stage written in it.";
    LEAVING_NOT_HERE = 338, "`leaving` out of place", "`leaving` stands last in a stage, a group or a procedure; `leaving otherwise` only in a procedure or in a stage that is one.";
    LEAVING_MOVES = 339, "move in a `leaving` block", "What is done on the way out neither moves the case nor waits for an approval.";
    AFTER_LEAVING = 340, "written behind `leaving`", "`leaving` blocks are the last of their stage, group or procedure.";

    // 0400–0499: contact, ledger and plans
    CONTACT_TWICE = 400, "two contact blocks", "A strategy has one `contact` block; all its rules stand in it.";
    CONTACT_HOURS = 401, "hours of contact", "Hours of contact run from an earlier time to a later one of the same day: `08:00..20:00`, `08:00..12:00, 14:00..20:00`.";
    CONTACT_LIMIT = 402, "limit of contact", "A limit is a whole number of attempts, at least 1, within a duration: `limit 3 per 7 days`.";
    CONTACT_REST = 403, "rest after a conversation", "Channels rest after a conversation: `rest 7 days after conversation by phone`.";
    CONTACT_SAID_TWICE = 404, "contact rule said twice", "Each rule of `contact` says its thing once; two that differ contradict each other.";
    CONTACT_NOTHING_LEFT = 405, "nothing left of contact", "Where contact rules extend others, only what both allow is allowed, and that must be something.";
    LEDGER_TWICE = 420, "two ledgers", "A strategy has one `ledger` block.";
    LEDGER_LINE_TWICE = 421, "ledger line said twice", "Interest, allocation, the cap on costs and `settled when` are each said once.";
    INTEREST_ON = 422, "interest on something else", "Interest is borne by the principal: `interest base_rate + 5 points on principal`.";
    ALLOCATE_POOLS = 423, "what a payment meets", "`allocate` names `costs`, `interest` and `principal`, each once, in the order in which a payment meets them.";
    ALLOCATE_CLAIMS = 424, "which claim a payment meets", "Each rule for the order of the claims is named once.";
    COSTS_CAP = 425, "cap on costs", "Costs are capped by an amount, or by a rate of the principal: `costs up to 50 EUR`, `costs up to 20 % of principal`.";
    INTEREST_READS = 426, "interest that could change with the case", "A rate of interest reads params, dated values, facts as they were at opening, `debtor.kind` and the claim's own dates, so that every day's interest can be worked out again.";
    PLAN_LINE_TWICE = 440, "plan line said twice", "Each line of a plan stands once, and so does each reason for its breach.";
    PLAN_INSTALMENTS = 441, "plan without instalments", "A plan says how many instalments it has: `instalments 2 to 24 monthly`.";
    PLAN_HOURS = 442, "plan that counts hours", "Instalments fall due on days, so a plan counts days, weeks or months.";
    PLAN_SHARE = 443, "share of a settlement", "A settlement is a share of the balance: `over 70 % of balance`.";
    PLAN_DUE_DAY = 444, "day of the month without months", "`due on day` chooses a day of the month, so the instalments come by months.";
    PLAN_TRIGGER = 445, "trigger in a plan", "In a plan stand `on missed`, `on completed` and `on breached`; everything else waits in stages and watches.";
    PLAN_MOVE = 446, "move in a plan", "A plan goes on in every stage and moves the case nowhere; stages wait for `plan_breached` and `plan_completed`.";

    LIMITATION_RULE = 460, "limitation rule", "Limitation rules say how long a claim can be demanded (`3 years from end_of_year(due)`), what begins that anew, and which days do not count.";
    LIMITATION_MISSING = 461, "limitation date without rules", "Where `limitation_date` is read, the ledger or a module in `use` says when a claim is barred.";
    LIMITATION_TWICE = 462, "two sets of limitation rules", "Of several sets of limitation rules, in the file and in the modules in `use`, the ledger names the one that counts.";
    LIMITATION_NOT_HERE = 463, "limitation rules out of place", "Limitation rules stand in the ledger without a name, and beside it or in a module with one.";

    // 0500–0599: tables, calendars, dated values
    TABLE_COLUMNS = 500, "columns of a table", "A table has 1 to 32 columns, each with a name of its own and a type.";
    TABLE_RESULT = 501, "result of a table", "A table says of which type its results are: `table(segment) : tone`.";
    TABLE_EMPTY = 502, "table without rows", "A table needs at least one row.";
    ROW_LENGTH = 503, "row of another length", "A row has one pattern for each column of its table.";
    PATTERN_FORM = 504, "not a pattern", "A pattern is a value, values joined by `|`, a range such as `1..3` or `50 EUR..`, or `_` for anything.";
    PATTERN_TYPE = 505, "pattern of another type", "A pattern holds values of its column's type.";
    COLUMN_UNITS = 507, "units that do not compare", "Durations compare only within days and weeks, months and years, hours, working days. A column keeps to one of these.";
    TABLE_GAP = 508, "value that no row takes", "For some value no row of the table matches, so that a case could have no answer.";
    ROW_NEVER_MATCHES = 509, "row that never matches", "Earlier rows take every value that this row would.";
    ROWS_OVERLAP = 510, "rows that contradict each other", "Two rows with different results take the same value, and neither lies wholly inside the other. The upper one counts.";
    TABLE_TANGLED = 511, "table too tangled to analyse", "Whether every value has a row, and every row a value, could not be worked out within bounds.";
    TABLE_FILE = 512, "file of a table's rows", "`table … from \"file.csv\"` reads a file beside the one that names it. Its first line names the columns, in any order, and the last one `result`; every further line is a row with a cell for each.";
    TABLE_CELL = 513, "cell of a table's file", "A cell holds what a row would: a pattern such as `gold`, `1..3` or `_`; the last cell of a line a value such as `2.50 EUR`.";
    CALENDAR_LINE_TWICE = 520, "calendar line said twice", "The weekend, the post days and each holiday are said once.";
    NO_WORKING_DAY = 521, "calendar without a working day", "At least one day of the week is not weekend.";
    HOLIDAY_SHIFT = 522, "shift of a holiday", "The day that stands in for a holiday is said for `on saturday` and `on sunday`, once each.";
    HOLIDAY_YEARS = 523, "years of a holiday", "Years lie between 1900 and 2299, the first before the last.";
    POST_DAYS = 524, "post days", "Post days are a duration of days, working days or weeks: `post 2 days`.";
    CALENDAR_BY = 525, "calendar chosen by a value", "`calendar M by VALUE` chooses among the calendars `M.x` by a text such as `debtor.region`, and needs `M.federal` for all others.";
    DATE_OUT_OF_RANGE = 526, "date out of range", "Dates lie in the years 1900 to 2299.";
    DATED_EMPTY = 540, "dated value without rows", "A dated value has at least one row: `from 2024-01-01 => 3.62 %`.";
    DATED_DAY_TWICE = 541, "two values from one day", "From each day on, one value holds.";
    DATED_ORDER = 542, "rows out of order", "The rows of a dated value stand in the order of their days.";
    DATED_VERIFIED = 543, "verified before its last row", "`verified until` names the last day for which somebody checked the figures; it cannot lie before the last row begins.";

    SCALE_COLUMNS = 550, "what a fee scale reads", "A fee scale is read by one amount and gives one: `fee = steps(amount : money) : money { … }`.";
    SCALE_ROWS = 551, "rows of a fee scale", "A fee scale begins with the fee up to an amount; each further row says, from low to high, what each part begun adds: `each 500 EUR to 2_000 EUR => + 41.50 EUR`.";

    // 0600–0699: tests
    TEST_CASE = 600, "case of a test", "A test begins with one `case` line that names at least one claim: `case principal 120.00 EUR due 2025-12-20`.";
    TEST_OPEN = 601, "opening of a test", "After its case a test says once when it opens: `open 2026-01-05`.";
    TIME_GOES_BACK = 602, "time goes back", "In a test, time only goes forward.";
    TEST_FACT = 603, "unknown word in a case", "A case sets facts of the strategy, and `debtor.kind`, `debtor.language`, `debtor.region`, `debtor.time_zone` or `debtor.age`.";
    TEST_SAID_TWICE = 604, "said twice in a case", "A case says each thing once.";
    TEST_FACT_BOUNDS = 605, "value outside of its bounds", "A fact takes only values within the bounds that it declares.";
    TEST_FACT_MISSING = 606, "fact without a value", "A fact without a default has to be stated by every case.";
    TEST_PARAMETER = 607, "parameters of an event", "An event takes its parameters in order, or by name: `payment 50.00 EUR`, `promise(amount = 20 EUR, by = 2026-02-01)`.";
    TEST_MACHINE_EVENT = 608, "event of the machine", "The machine raises this event by itself; a test brings about what leads to it.";
    TEST_ACTION = 609, "unknown action", "`expect` names an action as the strategy does: `expect send reminder by email`, `expect task check_dispute`.";
    TEST_NEVER_DONE = 610, "action that nothing does", "No rule of the strategy does what the test speaks of.";
    TEST_OUTCOME = 611, "stage or outcome", "`expect outcome` names an outcome; `expect stage` a stage or outcome.";
    TEST_HELD_BY = 612, "what holds", "`expect held by` names what holds an action back: `limit`, `rest`, `hours`, `hold`, `consent`, `recess` and others.";
    TEST_REFUSED = 613, "refused without an event", "`expect refused` speaks of the event before it.";
    TEST_TITLE_TWICE = 614, "two tests of one title", "Each test has a title of its own.";
    TEST_QUANTITY = 615, "what a test compares", "`expect QUANTITY VALUE` compares something that can be read with a value of its type; amounts, rates and numbers may differ by `± VALUE`.";

    // 0700–0799: forms that are not built yet
    GERMAN_NOT_BUILT = 700, "German surface not built yet", "The German words of the language are not understood yet. Write the strategy in English words.";
    EXTENDS_NOT_BUILT = 710, "strategies that extend another not built yet", "`extends`, `replace`, `insert`, `remove` and `next` are not run yet.";
    EXPERIMENT_NOT_BUILT = 711, "experiments not built yet", "`experiment` is not run yet.";
    MIGRATE_NOT_BUILT = 712, "migrations not built yet", "`migrate` is not run yet.";
    INTEREST_WITHOUT_NOT_BUILT = 744, "interest with exceptions not built yet", "The language names `without` at an interest rule and does not define it yet; `when` is not run yet. Days without interest are said where they begin, rates that differ in the rate itself.";

    // 0800–0899: warnings
    UNREACHABLE_STAGE = 800, "stage that no case reaches", "No move leads to this stage.";
    NO_WAY_OUT = 801, "stage without a way out", "A case can stay in this stage for ever: no timer, task or expected event is left that could move it.";
    NEVER_FIRES = 802, "trigger that never fires", "Something before it always comes first, or its condition never holds.";
    UNUSED_NAME = 803, "name that nothing uses", "The name is declared, but nothing reads it.";
    VAR_NEVER_SET = 804, "var that nothing sets", "A `var` that no rule sets always has its first value; a `param` says that.";
    HOLD_NEVER_ENDS = 805, "hold that no rule ends", "`pause` holds the case until a rule resumes it, its time is over, or the host releases it.";
    CHANNEL_NOT_ALLOWED = 806, "channel that `contact` does not allow", "A channel that no `allow` names cannot be used.";
    CONSTANT_CONDITION = 807, "condition that never changes", "A condition that always or never holds decides nothing.";
    EXPECTS_NOTHING = 808, "test that expects nothing", "A test without `expect` only shows that the strategy runs.";
    EMPTY_GUARANTEE = 809, "guarantee about nothing", "A guarantee speaks of something that no rule of the strategy does.";
    PLAN_NEVER_OFFERED = 810, "plan that nothing offers", "The plan is declared, but no rule offers it.";
    PLAN_NEVER_ACTIVE = 811, "plan that nothing activates", "The instalments of a plan begin when a rule activates it.";
    SCALE_ENDS = 820, "fee scale that ends", "Above the end of its last row a fee scale adds nothing more.";
    NO_TIME_ZONE = 850, "strategy without a time zone", "Days and times of day go by the strategy's time zone; without one, UTC is taken.";
    NEVER_SENT = 851, "template that nothing sends", "A condition asks about a template that no `send` sends.";

    // 0900–0999: files of figures
    FIGURES_ONLY_ROWS = 900, "no later row of a dated value", "A file of figures holds dated values with their later rows, and nothing else.";
    FIGURES_TYPE = 901, "figure of another type", "Later rows of a dated value have its type. A text, a channel, a tone or a value of the author's own stands in the strategy alone.";
    FIGURES_NOT_LATER = 902, "row that is not later", "A file of figures goes on where the strategy's own rows end. What the strategy says already is changed in the strategy.";
    FIGURES_AMBIGUOUS = 903, "figure of two values", "Two dated values of the strategy have this name, each in a file of its own, so that rows for it could mean either.";
    FIGURES_NOT_READ = 904, "figure that the strategy does not read", "No dated value of this name is read by the strategy, so its later rows change nothing.";
}

#[cfg(test)]
mod tests {
    use super::TABLE;

    #[test]
    fn numbers_rise_and_every_entry_is_written() {
        for pair in TABLE.windows(2) {
            assert!(pair[0].code < pair[1].code, "{} after {}", pair[1].code, pair[0].code);
        }
        for entry in TABLE {
            assert!(!entry.title.is_empty() && entry.explanation.ends_with(['.', '…']), "{}", entry.code);
        }
    }
}
