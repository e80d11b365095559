//! Strategies for several currencies: every amount in euros gets its counterparts in the others.

use super::{Draft, Node};

/// The line that names them; the first is the one that amounts are drawn in.
pub(super) const CURRENCIES: &str = "currency EUR, CHF, JPY";

/// The same strategy for cases in any of the three.
pub(super) fn in_each(draft: Draft) -> Draft {
    Draft(draft.0.into_iter().map(node_in_each).collect())
}

fn node_in_each(node: Node) -> Node {
    let (text, body) = node.into_parts();
    let text = text_in_each(&text);
    match body {
        Some(body) => Node::block(text, body.into_iter().map(node_in_each).collect()),
        None => Node::line(text),
    }
}

/// The text with `| N CHF | N JPY` after every amount in euros; its numbers are written with a point and `_` alone.
fn text_in_each(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(" EUR") {
        let (before, after) = rest.split_at(at);
        let digits = before.len() - before.trim_end_matches(|c: char| c.is_ascii_digit() || c == '_' || c == '.').len();
        // The dots of a range are not of the number.
        let number = before[before.len() - digits..].trim_start_matches('.');
        out.push_str(before);
        out.push_str(" EUR");
        if let Some(cents) = cents(number) {
            // Not the same number: an amount taken from the wrong column must show.
            let francs = cents + cents / 5 + 7;
            out.push_str(&format!(" | {}.{:02} CHF | {} JPY", francs / 100, francs % 100, cents + cents / 2));
        }
        rest = &after[" EUR".len()..];
    }
    out + rest
}

fn cents(number: &str) -> Option<i64> {
    let plain = number.replace('_', "");
    let (whole, part) = plain.split_once('.').unwrap_or((&plain, "00"));
    Some(whole.parse::<i64>().ok()? * 100 + part.parse::<i64>().ok()?)
}

#[cfg(test)]
mod tests {
    use super::text_in_each;

    #[test]
    fn every_amount_gets_its_counterparts() {
        assert_eq!(text_in_each("waive 1_000.50 EUR"), "waive 1_000.50 EUR | 1200.67 CHF | 150075 JPY");
        assert_eq!(text_in_each("..3 EUR => 1 EUR"), "..3 EUR | 3.67 CHF | 450 JPY => 1 EUR | 1.27 CHF | 150 JPY");
        assert_eq!(text_in_each("currency EUR"), "currency EUR");
    }
}
