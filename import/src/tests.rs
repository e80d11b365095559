//! Small files through a map: what comes out, and what every kind of slip is answered with.

use crate::{Map, Tables, csv};

const MAP: &str = r#"
dates = "%m/%d/%Y"
currency = "USD"

[case]
id = "Invoice"
opened = "Issued"
principal = "Amount"
due = "Due"

[debtor]
kind = { always = "business" }

[facts]
billing = { column = "Bill", values = { Paper = "paper", Electronic = "electronic" } }

[[event]]
event = "payment"
at = "Settled"
amount = "Amount"

[[event]]
event = "dispute"
at = "Due"
when = { column = "Disputed", yes = ["Yes"], no = ["No"] }
with = { reason = { always = "as the file says" } }
"#;

const HEADER: &str = "Invoice,Issued,Due,Amount,Disputed,Settled,Bill\n";

fn import(rows: &str) -> Result<Tables, String> {
    let map = Map::parse(MAP).unwrap();
    csv(format!("{HEADER}{rows}").as_bytes(), &map).map_err(|error| error.to_string())
}

fn refusal(rows: &str) -> String {
    import(rows).unwrap_err()
}

#[test]
fn a_row_becomes_a_case_and_its_events() {
    let tables = import("A-1,1/2/2013,2/1/2013,55.9,No,1/15/2013,Paper\n").unwrap();
    let columns = ["id", "opened", "currency", "principal", "due", "debtor_kind", "billing"];
    assert_eq!(tables.cases.columns, columns);
    let case = ["A-1", "2013-01-02", "USD", "55.90", "2013-02-01", "business", "paper"];
    assert_eq!(tables.cases.rows, [case]);
    assert_eq!(tables.events.columns, ["case_id", "at", "id", "event", "amount", "reason"]);
    assert_eq!(tables.events.rows, [["A-1", "2013-01-15", "A-1-payment", "payment", "55.90", ""]]);
    assert!(tables.notes.is_empty());
}

#[test]
fn the_events_of_a_case_come_by_day() {
    let tables = import("A-1,1/26/2013,2/25/2013,61.74,Yes,3/3/2013,Electronic\r\n").unwrap();
    let days: Vec<_> = tables.events.rows.iter().map(|row| (row[3].as_str(), row[1].as_str())).collect();
    assert_eq!(days, [("dispute", "2013-02-25"), ("payment", "2013-03-03")]);
    let early = import("A-1,1/26/2013,2/25/2013,61.74,Yes,2/3/2013,Electronic\n").unwrap();
    assert_eq!(early.events.rows[0][3], "payment");
}

#[test]
fn what_is_not_settled_yet_has_no_payment() {
    let tables = import("A-1,1/26/2013,2/25/2013,61.74,No,,Paper\n").unwrap();
    assert_eq!((tables.cases.rows.len(), tables.events.rows.len()), (1, 0));
}

#[test]
fn days_can_be_counted_from_a_column() {
    let map = Map::parse(&MAP.replace("at = \"Settled\"", "at = \"Settled\"\nplus_days = 30")).unwrap();
    let file = format!("{HEADER}A-1,1/1/2012,2/1/2012,5,No,1/30/2012,Paper\n");
    assert_eq!(csv(file.as_bytes(), &map).unwrap().events.rows[0][1], "2012-02-29");
}

#[test]
fn quoted_cells_blank_lines_and_a_byte_order_mark_are_read() {
    let map = Map::parse(&MAP.replace("currency", "thousands_mark = \",\"\ncurrency")).unwrap();
    let file = format!("\u{feff}{HEADER}\r\n\"A \"\"1\"\"\",1/2/2013,2/1/2013,\"1,234.5\",No,1/15/2013,Paper");
    let tables = csv(file.as_bytes(), &map).unwrap();
    assert_eq!(tables.cases.rows[0][0], "A \"1\"");
    assert_eq!(tables.cases.rows[0][3], "1234.50");
}

#[test]
fn every_bad_cell_is_named_and_nothing_is_imported() {
    let rows = "A-1,1/2/2013,2/1/2013,ten,No,1/15/2013,Paper\n\
                A-2,1/2/2013,2/1/2013,5,Maybe,1/15/2013,Paper\n\
                A-3,1/2/2013,2/30/2013,5,No,1/15/2013,Carrier pigeon\n\
                A-1,1/2/2013,2/1/2013,5,No,1/1/2013,Paper\n\
                ,1/2/2013,2/1/2013,5,No\n";
    let expected = "\
line 2, column `Amount`: `ten` is no amount; expected digits as in 1234.50, no sign, no currency
line 3, column `Disputed`: `Maybe` is neither yes nor no; the map has `Yes`, `No`
line 4, column `Due`: `2/30/2013` is no date in the form `%m/%d/%Y`, as 01/31/2013 is
line 4, column `Bill`: `Carrier pigeon` is not in the map; it has `Electronic`, `Paper`
line 5, column `Invoice`: `A-1` stands in line 2 already; every case needs its own id
line 5, column `Settled`: the event `payment` on 2013-01-01 comes before the case opens, on 2013-01-02
line 6: 5 cells where the header has 7";
    assert_eq!(refusal(rows), expected);
}

#[test]
fn a_disputed_row_without_its_day_is_refused() {
    let map = Map::parse(&MAP.replace("at = \"Due\"", "at = \"Settled\"")).unwrap();
    let file = format!("{HEADER}A-1,1/2/2013,2/1/2013,5,Yes,,Paper\n");
    let error = csv(file.as_bytes(), &map).unwrap_err();
    assert_eq!(error.problems.len(), 1);
    assert_eq!(error.to_string(), "line 2, column `Settled`: is empty; expected a date");
}

#[test]
fn the_other_order_of_day_and_month_is_offered() {
    let refusal = refusal("A-1,31/1/2013,1/2/2013,5,No,,Paper\n");
    assert!(refusal.ends_with("it would be one with day and month exchanged: `dates = \"%d/%m/%Y\"`"), "{refusal}");
}

#[test]
fn a_file_that_could_be_read_in_two_orders_says_so() {
    let tables = import("A-1,1/2/2013,2/1/2013,5,No,3/3/2013,Paper\n").unwrap();
    let note = "no date shows whether day or month comes first: 2 of them would be other days by `%d/%m/%Y`";
    assert_eq!(tables.notes, [note]);
}

#[test]
fn a_quote_that_is_never_closed_swallows_nothing() {
    let rows = "A-1,1/2/2013,2/1/2013,5,No,1/15/2013,\"Paper\nA-2,1/2/2013,2/1/2013,5,No,1/15/2013,Paper\n";
    assert_eq!(refusal(rows), "line 2: a quote is opened in this row and never closed");
}

#[test]
fn the_line_is_the_one_that_the_row_begins_on() {
    let rows = "\"A\n1\",1/2/2013,2/1/2013,5,No,1/15/2013,Paper\n\nA-2,1/2/2013,2/1/2013,x,No,,Paper\n";
    assert!(refusal(rows).starts_with("line 5, column `Amount`"), "{}", refusal(rows));
}

#[test]
fn a_column_that_the_file_lacks_is_named_with_those_it_has() {
    let map = Map::parse(MAP).unwrap();
    let error = csv("Invoice,Issued,Due,Disputed,Settled,Bill\n".as_bytes(), &map).unwrap_err().to_string();
    let first = "line 1: the map reads a column `Amount` (case.principal); \
                 the file has Invoice, Issued, Due, Disputed, Settled, Bill";
    assert_eq!(error.lines().next(), Some(first));
}

#[test]
fn files_that_are_no_table_are_refused() {
    let map = Map::parse(MAP).unwrap();
    assert!(csv("".as_bytes(), &map).is_err());
    let latin = [HEADER.as_bytes(), b"\xe4,1/2/2013,2/1/2013,5,No,,Paper\n"].concat();
    assert_eq!(csv(&latin[..], &map).unwrap_err().problems[0].line, 2);
}

#[test]
fn a_long_list_of_problems_is_cut_and_counted() {
    let rows: String = (0..50).map(|n| format!("A-{n},1/2/2013,2/1/2013,5,?,,Paper\n")).collect();
    let map = Map::parse(MAP).unwrap();
    let error = csv(format!("{HEADER}{rows}").as_bytes(), &map).unwrap_err();
    assert_eq!(error.problems.len(), 50);
    assert!(error.to_string().ends_with("… and 30 more"));
}

#[test]
fn a_map_with_a_slip_names_it() {
    for (from, to, hint) in [
        ("dates = \"%m/%d/%Y\"", "dates = \"MM/DD/YYYY\"", "does not say year, month and day"),
        ("dates = \"%m/%d/%Y\"", "", "dates"),
        ("[debtor]", "[deptor]", "deptor"),
        ("currency = \"USD\"", "currency = \"dollars\"", "three capital letters"),
        ("no = [\"No\"]", "no = [\"Yes\"]", "under both"),
        ("{ always = \"business\" }", "{ allways = \"business\" }", "a column's name"),
        ("amount = \"Amount\"", "amount = \"Amount\"\nwith = { amount = \"Amount\" }", "twice"),
    ] {
        let error = Map::parse(&MAP.replace(from, to)).unwrap_err().to_string();
        assert!(error.contains(hint), "{error}");
    }
}
