//! Amounts of money, in the minor units of a currency.

use core::fmt;

use serde::{Deserialize, Serialize};

use super::decimal::{self, Decimal, MoneyTextError};
use super::{Overflow, Rate, div_half_away};

/// An amount in minor units (cents for EUR, whole yen for JPY). Its currency is the case's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Money(pub i64);

impl Money {
    /// Nothing.
    pub const ZERO: Money = Money(0);

    /// The sum of both.
    ///
    /// # Errors
    /// [`Overflow::Amount`] beyond 64 bits, as for every operation here.
    pub fn plus(self, other: Money) -> Result<Money, Overflow> {
        self.0.checked_add(other.0).map(Money).ok_or(Overflow::Amount)
    }

    /// What is left of `self` without `other`; may be negative.
    ///
    /// # Errors
    /// [`Overflow::Amount`] beyond 64 bits.
    pub fn minus(self, other: Money) -> Result<Money, Overflow> {
        self.0.checked_sub(other.0).map(Money).ok_or(Overflow::Amount)
    }

    /// The same amount with the other sign.
    ///
    /// # Errors
    /// [`Overflow::Amount`] for the least amount, which has no counterpart.
    pub fn negated(self) -> Result<Money, Overflow> {
        self.0.checked_neg().map(Money).ok_or(Overflow::Amount)
    }

    /// `number` times the amount.
    ///
    /// # Errors
    /// [`Overflow::Amount`] beyond 64 bits.
    pub fn times(self, number: i64) -> Result<Money, Overflow> {
        self.0.checked_mul(number).map(Money).ok_or(Overflow::Amount)
    }

    /// That part of the amount, rounded once, half away from zero, to the minor unit.
    ///
    /// # Errors
    /// [`Overflow::Amount`] when the result exceeds 64 bits.
    pub fn times_rate(self, rate: Rate) -> Result<Money, Overflow> {
        let exact = i128::from(self.0) * i128::from(rate.0);
        let units = div_half_away(exact, i128::from(Rate::ONE.0))?;
        i64::try_from(units).map(Money).map_err(|_| Overflow::Amount)
    }

    /// The sum of all amounts.
    ///
    /// # Errors
    /// [`Overflow::Amount`] when a partial sum exceeds 64 bits.
    pub fn sum(amounts: impl IntoIterator<Item = Money>) -> Result<Money, Overflow> {
        amounts.into_iter().try_fold(Money::ZERO, Money::plus)
    }

    /// Reads `1234.50`, `5_000` or `-3.00` as an amount of `currency`.
    ///
    /// # Errors
    /// Says what is wrong with the text: a comma, more decimals than the currency has, too large, or no number.
    pub fn parse(text: &str, currency: Currency) -> Result<Money, MoneyTextError> {
        decimal::read(text, currency.decimals).map(Money)
    }

    /// Prints `1234.50`, always with as many decimals as `currency` has, without its code.
    pub fn display(self, currency: Currency) -> impl fmt::Display {
        Decimal { units: self.0, decimals: currency.decimals, trim: false }
    }
}

/// A currency of ISO 4217. It keeps its decimals with it, so a stored machine never depends on a later table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "([u8; 3], u8)", try_from = "([u8; 3], u8)")]
pub struct Currency {
    code: [u8; 3],
    decimals: u8,
}

impl Currency {
    /// The euro.
    pub const EUR: Currency = Currency { code: *b"EUR", decimals: 2 };

    /// The currency of an ISO 4217 code in capitals, such as `EUR`; `None` for a code that is not in the table.
    pub fn from_code(code: &str) -> Option<Currency> {
        let bytes: [u8; 3] = code.as_bytes().try_into().ok()?;
        let (decimals, _) = CODES.iter().find(|(_, codes)| codes.split(' ').any(|known| known == code))?;
        Some(Currency { code: bytes, decimals: *decimals })
    }

    /// The three letters.
    pub fn code(&self) -> &str {
        core::str::from_utf8(&self.code).unwrap_or("???")
    }

    /// How many digits its amounts have after the point: 0, 2 or 3.
    pub fn decimals(self) -> u8 {
        self.decimals
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl From<Currency> for ([u8; 3], u8) {
    fn from(currency: Currency) -> Self {
        (currency.code, currency.decimals)
    }
}

impl TryFrom<([u8; 3], u8)> for Currency {
    type Error = &'static str;

    fn try_from((code, decimals): ([u8; 3], u8)) -> Result<Currency, Self::Error> {
        if code.iter().all(u8::is_ascii_uppercase) && decimals <= 4 {
            Ok(Currency { code, decimals })
        } else {
            Err("a currency has a code of three capitals and at most 4 decimals")
        }
    }
}

/// Decimals, and the codes of ISO 4217 that have them. BGN and HRK stay for old claims.
const CODES: [(u8, &str); 3] = [
    (
        2,
        "EUR USD GBP CHF SEK NOK DKK PLN CZK HUF RON BGN HRK \
         AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CNY COP CRC CUP \
         CVE DOP DZD EGP ERN ETB FJD FKP GEL GHS GIP GMD GTQ GYD HKD HNL HTG IDR ILS INR IRR JMD KES KGS KHR KPW KYD \
         KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NPR NZD PAB PEN \
         PGK PHP PKR QAR RSD RUB SAR SBD SCR SDG SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD \
         TZS UAH UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG",
    ),
    (0, "ISK JPY KRW BIF CLP DJF GNF KMF PYG RWF UGX VND VUV XAF XOF XPF"),
    (3, "BHD IQD JOD KWD LYD OMR TND"),
];
