//! What a cell says: a date in the order that the map names, an amount digit by digit.

use std::fmt::Write;

use chrono::format::{Item, StrftimeItems};
use chrono::{Datelike, NaiveDate};
use serde::Deserialize;

/// How a date is written: `%m/%d/%Y`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct DateFormat {
    pattern: String,
    /// The same with day and month exchanged, where both are numbers.
    exchanged: Option<String>,
}

impl TryFrom<String> for DateFormat {
    type Error = String;

    fn try_from(pattern: String) -> Result<Self, String> {
        let readable = StrftimeItems::new(&pattern).all(|item| item != Item::Error);
        let sample = sample(&pattern).filter(|_| readable);
        let read_back = sample.and_then(|sample| read(&sample, &pattern));
        if read_back.is_none() || read_back != sample_day() {
            return Err(format!("`{pattern}` does not say year, month and day, as `%Y-%m-%d` or `%m/%d/%Y` do"));
        }
        let numbers = pattern.contains("%m") && pattern.contains("%d");
        let exchanged = numbers.then(|| exchange(&pattern));
        Ok(Self { pattern, exchanged })
    }
}

/// A day whose number shows that it is no month.
fn sample_day() -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(2013, 1, 31)
}

/// That day by the pattern; `None` if the pattern asks for what a day has not, as an hour.
fn sample(pattern: &str) -> Option<String> {
    let mut text = String::new();
    write!(text, "{}", sample_day()?.format(pattern)).ok()?;
    Some(text)
}

/// The pattern with day and month exchanged.
fn exchange(pattern: &str) -> String {
    let between_months = pattern.split("%m").map(|part| part.replace("%d", "%m"));
    between_months.collect::<Vec<_>>().join("%d")
}

/// Two-digit years are widened by chrono to 1970 to 2069; other years outside of this are slips of the pen.
fn read(text: &str, pattern: &str) -> Option<NaiveDate> {
    let date = NaiveDate::parse_from_str(text, pattern).ok()?;
    (1900..=2299).contains(&date.year()).then_some(date)
}

impl DateFormat {
    /// The day that the cell names.
    ///
    /// # Errors
    /// What was expected instead, and whether the cell reads with day and month exchanged.
    pub(crate) fn read(&self, text: &str) -> Result<NaiveDate, String> {
        read(text, &self.pattern).ok_or_else(|| self.refusal(text))
    }

    fn refusal(&self, text: &str) -> String {
        if text.is_empty() {
            return "is empty; expected a date".to_owned();
        }
        let sample = sample(&self.pattern).unwrap_or_default();
        let expected = format!("`{text}` is no date in the form `{}`, as {sample} is", self.pattern);
        match &self.exchanged {
            Some(exchanged) if read(text, exchanged).is_some() => {
                format!("{expected}; it would be one with day and month exchanged: `dates = \"{exchanged}\"`")
            }
            _ => expected,
        }
    }

    /// The pattern with day and month exchanged, if the cell is a different day by it.
    pub(crate) fn other_reading(&self, text: &str) -> Option<&str> {
        let exchanged = self.exchanged.as_deref()?;
        let other = read(text, exchanged)?;
        (Some(other) != read(text, &self.pattern)).then_some(exchanged)
    }

    /// Whether the cell is a date in one order only.
    pub(crate) fn shows_order(&self, text: &str) -> bool {
        self.exchanged.as_ref().is_none_or(|exchanged| read(text, exchanged).is_none())
    }
}

/// How amounts are written, and how many decimals their currency has.
pub(crate) struct AmountFormat {
    pub(crate) decimal_mark: char,
    pub(crate) thousands_mark: Option<char>,
    pub(crate) decimals: usize,
}

/// Amounts with more digits do not fit 64 bits of minor units.
const MOST_DIGITS: usize = 18;

impl AmountFormat {
    /// The amount as a decimal string with all the decimals of its currency: `55.9` is `55.90`.
    ///
    /// # Errors
    /// What was expected instead. Never rounds.
    pub(crate) fn read(&self, text: &str) -> Result<String, String> {
        if text.is_empty() {
            return Err("is empty; expected an amount".to_owned());
        }
        let (whole, fraction) = text.split_once(self.decimal_mark).unwrap_or((text, ""));
        let whole = self.without_thousands(whole).ok_or_else(|| self.refusal(text))?;
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !digits(&whole) || !digits(fraction) {
            return Err(self.refusal(text));
        }
        // 5.500 is five and a half, but a currency has no such amount: it may as well be five thousand five hundred.
        if fraction.len() > self.decimals {
            return Err(format!("`{text}` has {} decimals; the currency has {}", fraction.len(), self.decimals));
        }
        if whole.len() + self.decimals > MOST_DIGITS {
            return Err(format!("`{text}` is too large for an amount"));
        }
        Ok(self.normal(&whole, fraction))
    }

    /// Leading zeros go, decimals are filled up.
    fn normal(&self, whole: &str, fraction: &str) -> String {
        let whole = match whole.trim_start_matches('0') {
            "" => "0",
            digits => digits,
        };
        match self.decimals {
            0 => whole.to_owned(),
            decimals => format!("{whole}.{fraction:0<decimals$}"),
        }
    }

    /// `1,234` is 1234; `1,23` is no number.
    fn without_thousands(&self, whole: &str) -> Option<String> {
        let Some(mark) = self.thousands_mark.filter(|mark| whole.contains(*mark)) else {
            return Some(whole.to_owned());
        };
        let (first, rest) = whole.split_once(mark)?;
        let threes = rest.split(mark).all(|group| group.len() == 3);
        ((1..=3).contains(&first.len()) && threes).then(|| whole.replace(mark, ""))
    }

    fn refusal(&self, text: &str) -> String {
        let thousands = self.thousands_mark.map_or(String::new(), |mark| mark.to_string());
        let sample = match self.decimals {
            0 => format!("1{thousands}234"),
            decimals => format!("1{thousands}234{}{:0<decimals$}", self.decimal_mark, "5"),
        };
        format!("`{text}` is no amount; expected digits as in {sample}, no sign, no currency")
    }
}

#[cfg(test)]
mod tests {
    use super::{AmountFormat, DateFormat};

    fn dates(pattern: &str) -> DateFormat {
        DateFormat::try_from(pattern.to_owned()).unwrap()
    }

    #[test]
    fn the_same_cell_is_two_days_in_two_orders() {
        assert_eq!(dates("%m/%d/%Y").read("3/4/2013").unwrap().to_string(), "2013-03-04");
        assert_eq!(dates("%d/%m/%Y").read("3/4/2013").unwrap().to_string(), "2013-04-03");
        assert!(!dates("%m/%d/%Y").shows_order("3/4/2013"));
        assert!(dates("%m/%d/%Y").shows_order("3/14/2013"));
        assert_eq!(dates("%m/%d/%Y").other_reading("3/3/2013"), None);
    }

    #[test]
    fn a_date_in_the_other_order_is_refused_and_the_order_offered() {
        let refusal = dates("%m/%d/%Y").read("14/3/2013").unwrap_err();
        assert!(refusal.contains("dates = \"%d/%m/%Y\""), "{refusal}");
    }

    #[test]
    fn days_that_do_not_exist_are_refused() {
        for text in ["2/30/2013", "2/29/2013", "0/1/2013", "1/2/13", "1/2/2013 08:00", "", "n/a"] {
            assert!(dates("%m/%d/%Y").read(text).is_err(), "{text}");
        }
        assert!(dates("%m/%d/%Y").read("2/29/2012").is_ok());
    }

    #[test]
    fn a_pattern_that_is_no_whole_date_is_refused() {
        for pattern in ["%m/%d", "%H:%M", "MM/DD/YYYY", "%Q", ""] {
            assert!(DateFormat::try_from(pattern.to_owned()).is_err(), "{pattern}");
        }
    }

    fn american() -> AmountFormat {
        AmountFormat { decimal_mark: '.', thousands_mark: Some(','), decimals: 2 }
    }

    #[test]
    fn amounts_keep_every_digit() {
        for (text, amount) in [
            ("55.9", "55.90"),
            ("0.10", "0.10"),
            ("00120", "120.00"),
            ("1,234,567.89", "1234567.89"),
            ("9007199254740993.07", "9007199254740993.07"),
            ("5.", "5.00"),
        ] {
            assert_eq!(american().read(text), Ok(amount.to_owned()));
        }
        let german = AmountFormat { decimal_mark: ',', thousands_mark: Some('.'), decimals: 2 };
        assert_eq!(german.read("1.234,50"), Ok("1234.50".to_owned()));
        let yen = AmountFormat { decimal_mark: '.', thousands_mark: None, decimals: 0 };
        assert_eq!(yen.read("1234"), Ok("1234".to_owned()));
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for text in
            ["", "-5.00", "$5", "5.005", "5,50", "1,23.00", "1e3", ".50", "12,345,6", "99999999999999999.00", "５"]
        {
            assert!(american().read(text).is_err(), "{text}");
        }
    }
}
