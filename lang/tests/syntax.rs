//! The grammar, its messages and the formatter, over folders of files. To add a case, drop a file:
//! `syntax/` holds what must be read without complaint, `syntax_bad/` what must be refused (its message is a
//! snapshot), `layout/` what the formatter must lay out (its result is a snapshot).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a test may fail in the shortest way, and look at the clock"
)]

use dunlin_lang::diagnostic::{Sources, did_you_mean, render, views};
use dunlin_lang::syntax;
use dunlin_lang::syntax::tree::{BinaryOperator, Expr, ExprKind, File, Literal, UnaryOperator};
use std::fs;
use std::path::{Path, PathBuf};

/// A tree in print, its spans struck out.
fn without_spans(file: &File) -> String {
    let printed = format!("{file:#?}");
    let lines = printed.lines().map(|line| line.split(": @").next().unwrap_or(""));
    lines.filter(|line| !line.trim_start().starts_with('@')).collect::<Vec<_>>().join("\n")
}

fn complaints(source: &str) -> String {
    let parsed = syntax::parse(source);
    render(&parsed.diagnostics, &Sources::single("test.dun", source), false)
}

/// Formats a text twice and reads it again.
fn assert_round_trip(source: &str, name: &str) {
    let once = syntax::format(source).unwrap_or_else(|_| panic!("{name}: {}", complaints(source)));
    let again = syntax::format(&once).unwrap_or_else(|_| panic!("{name}, formatted: {}", complaints(&once)));
    assert_eq!(once, again, "{name}: formatting twice changes it");
    let before = without_spans(&syntax::parse(source).file);
    let after = without_spans(&syntax::parse(&once).file);
    assert!(before == after, "{name}: formatting changes the tree");
    assert_eq!(comments(source), comments(&once), "{name}: formatting loses a comment");
}

fn comments(source: &str) -> Vec<String> {
    let after_mark = |line: &str| {
        let mut quoted = false;
        let at = line.char_indices().find(|(_, c)| {
            quoted ^= *c == '"';
            *c == '#' && !quoted
        });
        at.map(|(at, _)| line[at..].trim_end().to_owned())
    };
    source.lines().filter_map(after_mark).collect()
}

fn dun_files(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    for path in paths {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("");
        if path.is_dir() && name != "target" && !name.starts_with('.') {
            dun_files(&path, found);
        } else if name.ends_with(".dun") {
            found.push(path);
        }
    }
}

#[test]
fn every_good_file_is_read_and_survives_the_formatter() {
    insta::glob!("syntax/*.dun", |path| {
        let source = fs::read_to_string(path).unwrap();
        let name = path.display().to_string();
        assert_eq!(complaints(&source), "", "{name}");
        assert_round_trip(&source, &name);
    });
}

#[test]
fn every_file_of_the_repository_survives_the_formatter() {
    let mut paths = Vec::new();
    dun_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join(".."), &mut paths);
    let mut seen = 0;
    for path in &paths {
        let source = fs::read(path).unwrap();
        // Fixtures of errors are refused, and so not touched.
        if !syntax::parse_bytes(&source).diagnostics.is_empty() {
            continue;
        }
        assert_round_trip(&String::from_utf8(source).unwrap(), &path.display().to_string());
        seen += 1;
    }
    assert!(seen >= 10, "only {seen} files");
}

#[test]
fn every_bad_file_is_refused_in_the_authors_words() {
    insta::glob!("syntax_bad/*.dun", |path| {
        let source = fs::read_to_string(path).unwrap();
        let name = path.file_name().unwrap().to_str().unwrap();
        let parsed = syntax::parse(&source);
        assert!(!parsed.diagnostics.is_empty(), "{name} is not bad");
        assert_eq!(syntax::format(&source), Err(parsed.diagnostics.clone()), "{name} is formatted");
        for found in &parsed.diagnostics {
            assert!(found.code.entry().is_some(), "{} has no entry", found.code);
        }
        let message = render(&parsed.diagnostics, &Sources::single(name, &*source), false);
        insta::assert_snapshot!(format!("{source}\n----\n{message}"));
    });
}

#[test]
fn fixes_mend_what_they_are_offered_for() {
    let slips = [
        "param a : money = 2,50 EUR",
        "param a : money = 1.000,50 EUR",
        "stage a { after 3 Werktage -> b }",
        "stage a { after 7 days => b }",
        "stage a { on payment → b }",
        "stage a { after 7 days when x == 3 -> b }",
        "stage a { after 7 days when x=3&&y=4 -> b }",
        "stage a { after 7 days when !x -> b }",
        "stage a { after 14days -> b }",
        "stage a { after 3 tage -> b }",
        "stage a { sned x by email }",
        "stge a { }",
        "test \"t\" { open 2026-1-5 }",
        "day begins 8:00",
        "facts { a : bool = true, }",
        "t = table(a : number) : number { 1 -> 2 }",
        "stage a { after 7 days -> b; }",
    ];
    for slip in slips {
        let mut text = slip.to_owned();
        for _ in 0..4 {
            let found = syntax::parse(&text).diagnostics;
            let Some(fix) = found.first().and_then(|found| found.fix.clone()) else { break };
            text.replace_range(fix.span.range(), &fix.replacement);
        }
        assert_ne!(text, slip, "no fix: {}", complaints(slip));
        assert_eq!(complaints(&text), "", "`{slip}` became `{text}`");
    }
}

#[test]
fn layouts() {
    insta::glob!("layout/*.dun", |path| {
        let source = fs::read_to_string(path).unwrap();
        let name = path.display().to_string();
        assert_round_trip(&source, &name);
        insta::assert_snapshot!(syntax::format(&source).unwrap());
    });
}

#[test]
fn diagnostics_are_data() {
    let source = "strategy ä \"Ä\" version 1\nparam p : money = 2,50 EUR\n";
    let found = syntax::parse(source).diagnostics;
    let json = serde_json::to_string_pretty(&views(&found, &Sources::single("a.dun", source))).unwrap();
    insta::assert_snapshot!(json);
}

/// Brackets where the tree has them, operators in front.
fn shape(expr: &Expr) -> String {
    let list = |parts: &[Expr]| parts.iter().map(shape).collect::<Vec<_>>().join(" ");
    match &expr.kind {
        ExprKind::Literal(literal) => literal_shape(literal),
        ExprKind::Name(name) => name.text(),
        ExprKind::Call { function, arguments } => {
            let arguments: Vec<String> = arguments.iter().map(|argument| shape(&argument.value)).collect();
            format!("{}({})", function.text(), arguments.join(" "))
        }
        ExprKind::At { value, date } => format!("(at {} {})", shape(value), shape(date)),
        ExprKind::Unary { operator: UnaryOperator::Minus, operand } => format!("(- {})", shape(operand)),
        ExprKind::Unary { operator: UnaryOperator::Not, operand } => format!("(not {})", shape(operand)),
        ExprKind::Binary { operator, left, right, .. } => {
            format!("({} {} {})", operator_shape(*operator), shape(left), shape(right))
        }
        ExprKind::Between { value, low, high } => {
            format!("(between {} {} {})", shape(value), shape(low), shape(high))
        }
        ExprKind::In { value, options } => format!("(in {} {})", shape(value), list(options)),
        ExprKind::Known(value) => format!("(known {})", shape(value)),
        ExprKind::Had(event) => format!("(had {})", event.name.text()),
        ExprKind::DisputeOpen => "dispute-open".to_owned(),
        ExprKind::PromiseOpen => "promise-open".to_owned(),
        ExprKind::PlanActive => "plan-active".to_owned(),
        ExprKind::InStage(stages) => format!("(in-stage {})", stages.len()),
        ExprKind::BeenIn(stages) => format!("(been-in {})", stages.len()),
        ExprKind::If { condition, then, otherwise } => {
            format!("(if {} {} {})", shape(condition), shape(then), shape(otherwise))
        }
        ExprKind::Alternatives(options) => format!("(| {})", list(options)),
        ExprKind::Range { .. } => "range".to_owned(),
        ExprKind::Anything => "_".to_owned(),
    }
}

fn literal_shape(literal: &Literal) -> String {
    match literal {
        Literal::Bool(value) => value.to_string(),
        Literal::Number { digits, .. } => digits.clone(),
        Literal::Money { digits, currency } => format!("{digits}{}", currency.text),
        Literal::Rate { digits, unit } => format!("{digits}{unit:?}"),
        Literal::Duration { amount, unit, .. } => format!("{amount}{unit:?}"),
        Literal::Date(date) => format!("{}-{}-{}", date.year, date.month, date.day),
        Literal::Time(time) => format!("{}:{}", time.hour, time.minute),
        Literal::Text(text) => format!("{text:?}"),
    }
}

fn operator_shape(operator: BinaryOperator) -> &'static str {
    match operator {
        BinaryOperator::Or => "or",
        BinaryOperator::And => "and",
        BinaryOperator::Equal => "=",
        BinaryOperator::NotEqual => "/=",
        BinaryOperator::Less => "<",
        BinaryOperator::LessOrEqual => "<=",
        BinaryOperator::Greater => ">",
        BinaryOperator::GreaterOrEqual => ">=",
        BinaryOperator::Add => "+",
        BinaryOperator::Subtract => "-",
        BinaryOperator::Multiply => "*",
    }
}

#[test]
fn operators_bind_as_the_language_says() {
    let expected = [
        ("1 + 2 * 3 - 4", "(- (+ 1 (* 2 3)) 4)"),
        ("a or b and not c = d", "(or a (and b (not (= c d))))"),
        ("(a or b) and c", "(and (or a b) c)"),
        ("not not a", "(not (not a))"),
        ("-a * -3", "(* (- a) (- 3))"),
        ("a is not b", "(/= a b)"),
        ("a is b", "(= a b)"),
        ("balance from 50 EUR to 5_000.00 EUR and x", "(and (between balance 50EUR 5_000.00EUR) x)"),
        ("x between 1 and 3 and y", "(and (between x 1 3) y)"),
        ("x in (1, 2 + 3)", "(in x 1 (+ 2 3))"),
        ("debtor.age known and debtor.age < 18", "(and (known debtor.age) (< debtor.age 18))"),
        ("fee(x) at served.on + 5 EUR", "(+ (at fee(x) served.on) 5EUR)"),
        ("50 EUR | 60 CHF + balance", "(+ (| 50EUR 60CHF) balance)"),
        ("-50 EUR | -60 CHF", "(| (- 50EUR) (- 60CHF))"),
        ("if a then b else if c then d else e + 1", "(if a b (if c d (+ e 1)))"),
        ("today - 3 working days >= served.on", "(>= (- today 3WorkingDays) served.on)"),
        ("had insolvency(opened) and dispute open", "(and (had insolvency) dispute-open)"),
        ("in court | litigation or been in court", "(or (in-stage 2) (been-in 1))"),
        ("not plan active or promise open", "(or (not plan-active) promise-open)"),
        ("base_rate + 5 points * 2", "(+ base_rate (* 5Points 2))"),
        ("weekday(2026-01-05) = monday", "(= weekday(2026-1-5) monday)"),
        ("2026-01-05", "2026-1-5"),
        ("\"a \\\"b\\\" # c\"", "\"a \\\"b\\\" # c\""),
        ("`not` and `a b`", "(and not a b)"),
        ("min(a, max(b, 5 %))", "min(a max(b 5Percent))"),
    ];
    for (source, shaped) in expected {
        let expr = syntax::parse_expression(source);
        let expr = expr.unwrap_or_else(|found| panic!("{source}: {found:#?}"));
        assert_eq!(shape(&expr), shaped, "{source}");
    }
}

#[test]
fn expressions_that_are_none_are_refused() {
    for source in ["", "# just a comment", "1 +", "(1", "1 2", "a b", "1..2", "-> x", "\"a", "if a then b"] {
        let found = syntax::parse_expression(source).expect_err(source);
        assert!(!found.is_empty(), "{source}");
    }
}

/// Refused before anything that grows faster than the text: one that got further would not end in the time of a test run.
fn refused_soon(source: &[u8], code: &str) {
    let parsed = syntax::parse_bytes(source);
    let codes: Vec<String> = parsed.diagnostics.iter().map(|found| found.code.to_string()).collect();
    assert!(codes.iter().any(|found| found == code), "expected {code}, got {:?}", codes.first());
    assert!(codes.len() < 5_000, "{} diagnostics", codes.len());
}

#[test]
fn hostile_texts_are_refused_in_bounded_time() {
    refused_soon(&vec![b'x'; 50 * 1024 * 1024], "D0001");
    refused_soon(b"strategy a\nversion \xff\n", "D0002");
    refused_soon(b"", "D0003");
    for bracket in ["(", "{", "(x{", "stage a {", "f(", "if a {", "from 2024-01-01 {"] {
        refused_soon(bracket.repeat(10_000).as_bytes(), "D0004");
    }
    let conditions = |condition: &str| format!("guarantee never {condition} while titled");
    refused_soon(conditions(&format!("{}titled", "not ".repeat(100_000))).as_bytes(), "D0004");
    refused_soon(conditions(&format!("x = {}1", "- ".repeat(90_000))).as_bytes(), "D0004");
    refused_soon(conditions(&format!("x = 1{}", " + 1".repeat(90_000))).as_bytes(), "D0004");
    refused_soon(conditions(&format!("a{}", " or a".repeat(90_000))).as_bytes(), "D0004");
    let chain = "else if a { cancel plan } ".repeat(10_000);
    refused_soon(format!("stage s {{ if a {{ cancel plan }} {chain} }}").as_bytes(), "D0004");
    refused_soon(format!("t = table(a : number) : number {{ {} }}", "1 => 2\n".repeat(100_000)).as_bytes(), "D0026");
    refused_soon("}".repeat(1_000_000).as_bytes(), "D0009");
    refused_soon("banana\n".repeat(100_000).as_bytes(), "D0011");
    refused_soon("\"\n".repeat(1_000).as_bytes(), "D0005");
    refused_soon("stage a { sned x }\n".repeat(20_000).as_bytes(), "D0010");
}

#[test]
fn a_long_file_without_errors_is_read_soon() {
    let stage = "stage NAME \"A stage\" {\n    send a by email else letter tone firm\n    after 3 days -> NEXT\n}\n";
    let mut source = String::from("strategy long\n");
    for number in 0..5_000 {
        let stage = stage.replace("NAME", &format!("s{number}"));
        source.push_str(&stage.replace("NEXT", &format!("s{}", number + 1)));
    }
    assert_eq!(syntax::parse(&source).diagnostics, []);
}

#[test]
fn doc_comments_stay_with_what_they_explain() {
    let source = "## the first\n## stage\nstage a {\n ## why\n pause }\n# plain\nfacts { ## hover\n x : bool }\n";
    let file = syntax::parse(source).file;
    assert_eq!(file.items[0].doc.as_deref(), Some("the first\nstage"));
    assert_eq!(file.items[1].doc, None);
    let printed = without_spans(&file);
    assert!(printed.contains("\"why\"") && printed.contains("\"hover\""), "{printed}");
}

#[test]
fn words_are_words_only_where_the_grammar_expects_them() {
    let names =
        ["level", "paid", "court", "after", "on", "stage", "send", "when", "if", "table", "law", "every", "not"];
    for name in names {
        let source = format!(
            "stage {name} \"x\" {{ send {name} by email after 3 days -> {name} on payment -> {name} }}\n\
             facts {{ {name} : bool = true }}\n{name} = table({name} : number) : number {{ 1 => 2 }}"
        );
        assert_eq!(complaints(&source), "", "{name}");
    }
}

#[test]
fn reasons_are_told_from_what_follows() {
    let pause = |text: &str| {
        let file = syntax::parse(&format!("stage s {{ on x {{ {text} }} }}")).file;
        without_spans(&file)
    };
    assert!(pause("pause after 3 days: resume").contains("reason: None"));
    assert!(pause("pause hardship resume").contains("\"hardship\""));
    assert!(pause("pause first_pause before deadline -> b").contains("BeforeDate"));
    assert!(pause("pause for 3 days").contains("reason: None"));
    assert_eq!(complaints("whenever x: pause watch w { on move: alarm a }"), "");
}

#[test]
fn near_words_are_offered() {
    assert_eq!(did_you_mean("reminde", ["reminder", "demand"]), Some("reminder"));
}
