//! The values of conditions, each of the type that its operator compares.

use std::net::IpAddr;

use super::super::arn::ArnPattern;
use super::super::pattern::{Pattern, Syntax};
use super::super::resource::Rules;
use super::super::{Facts, PolicyError};
use super::operator::{Comparison, Operator, Order};

/// The policy's values: one of them has to match.
#[derive(Debug, Clone)]
pub(in crate::policy) enum Test {
    Text(Vec<Pattern>),
    Number(Order, Vec<f64>),
    /// Microseconds since 1970.
    Date(Order, Vec<i64>),
    Bool(Vec<bool>),
    Binary(Vec<Vec<u8>>),
    Ip(Vec<Network>),
    Arn(Vec<ArnPattern>),
    /// Whether the key is to be absent.
    Null(Vec<bool>),
}

impl Test {
    /// Reads a key's values.
    ///
    /// # Errors
    /// One is not of the type that the operator compares.
    pub fn parse(operator: &Operator, key: &str, values: &[&str], rules: Rules<'_>) -> Result<Self, PolicyError> {
        let read = Values { key, values };
        Ok(match operator.comparison {
            Comparison::Text { wildcards, folded } => {
                let syntax = Syntax { wildcards, variables: rules.variables(), folded };
                Self::Text(values.iter().map(|text| Pattern::parse(text, syntax)).collect::<Result<_, _>>()?)
            }
            Comparison::Number(order) => Self::Number(order, read.each("number", number)?),
            Comparison::Date(order) => Self::Date(order, read.each("date", date)?),
            Comparison::Bool => Self::Bool(read.each("truth value", truth)?),
            Comparison::Binary => Self::Binary(read.each("Base64", binary)?),
            Comparison::Ip => Self::Ip(read.each("IP address or CIDR range", Network::parse)?),
            Comparison::Arn => {
                let syntax = Syntax { wildcards: true, variables: rules.variables(), folded: false };
                let arns =
                    values.iter().map(|text| ArnPattern::parse(text, syntax)?.ok_or_else(|| read.no("ARN", text)));
                Self::Arn(arns.collect::<Result<_, _>>()?)
            }
            Comparison::Null => Self::Null(read.each("truth value", truth)?),
        })
    }

    /// Whether one of them matches a request's value; `None` when none does, and some have a variable without a value.
    /// A request's value of another type matches nothing.
    pub fn matches(&self, value: &str, facts: &dyn Facts) -> Option<bool> {
        match self {
            Self::Text(patterns) => any(patterns.iter().map(|pattern| pattern.matches(value, facts))),
            Self::Arn(patterns) => any(patterns.iter().map(|pattern| pattern.matches(value, facts))),
            Self::Number(order, numbers) => Some(number(value).is_some_and(|said| {
                numbers.iter().any(|one| said.partial_cmp(one).is_some_and(|ordering| order.takes(ordering)))
            })),
            Self::Date(order, dates) => {
                Some(date(value).is_some_and(|said| dates.iter().any(|one| order.takes(said.cmp(one)))))
            }
            Self::Bool(truths) => Some(truth(value).is_some_and(|said| truths.contains(&said))),
            Self::Binary(bytes) => Some(bytes.iter().any(|one| one == value.as_bytes())),
            Self::Ip(networks) => Some(
                value.parse().is_ok_and(|address: IpAddr| networks.iter().any(|network| network.contains(address))),
            ),
            Self::Null(_) => Some(false),
        }
    }

    /// The keys that variables in it stand for.
    pub fn variables(&self) -> Vec<&str> {
        match self {
            Self::Text(patterns) => patterns.iter().flat_map(Pattern::variables).collect(),
            Self::Arn(patterns) => patterns.iter().flat_map(ArnPattern::variables).collect(),
            _ => Vec::new(),
        }
    }
}

fn any(matches: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut answer = Some(false);
    for one in matches {
        match one {
            Some(true) => return Some(true),
            Some(false) => {}
            None => answer = None,
        }
    }
    answer
}

struct Values<'a> {
    key: &'a str,
    values: &'a [&'a str],
}

impl Values<'_> {
    fn each<T>(&self, what: &str, read: fn(&str) -> Option<T>) -> Result<Vec<T>, PolicyError> {
        self.values.iter().map(|text| read(text).ok_or_else(|| self.no(what, text))).collect()
    }

    fn no(&self, what: &str, text: &str) -> PolicyError {
        let shown: String = text.chars().take(64).collect();
        PolicyError(format!("The value \"{shown}\" of the condition key {} is not a valid {what}", self.key))
    }
}

/// An integer or a decimal.
fn number(text: &str) -> Option<f64> {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let bare = text.strip_prefix(['-', '+']).unwrap_or(text);
    let shaped = match bare.split_once('.') {
        Some((whole, fraction)) => digits(whole) && digits(fraction),
        None => digits(bare),
    };
    text.parse().ok().filter(|number: &f64| shaped && number.is_finite())
}

/// A date as the W3C profiles ISO 8601 (a year and a month, a day, minutes, seconds or fractions of them), or seconds
/// since 1970; to microseconds since 1970.
fn date(text: &str) -> Option<i64> {
    if text.strip_prefix('-').unwrap_or(text).bytes().all(|b| b.is_ascii_digit()) {
        return text.parse::<i64>().ok()?.checked_mul(1_000_000);
    }
    let full = match text.len() {
        7 => format!("{text}-01T00:00:00Z"),
        10 => format!("{text}T00:00:00Z"),
        _ => text.to_owned(),
    };
    let shaped = full.as_bytes().get(10) == Some(&b'T') && full.is_ascii();
    full.parse::<jiff::Timestamp>().ok().filter(|_| shaped).map(jiff::Timestamp::as_microsecond)
}

fn truth(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

fn binary(text: &str) -> Option<Vec<u8>> {
    data_encoding::BASE64.decode(text.as_bytes()).ok()
}

/// A range of addresses. Addresses of IPv4 are the same when they are written as IPv6 (`::ffff:192.0.2.1`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::policy) struct Network {
    base: IpAddr,
    bits: u32,
}

impl Network {
    /// Reads `192.0.2.0/24`, or a single address.
    pub fn parse(text: &str) -> Option<Self> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) if !bits.is_empty() && bits.bytes().all(|b| b.is_ascii_digit()) => {
                (address, Some(bits.parse::<u32>().ok()?))
            }
            Some(_) => return None,
            None => (text, None),
        };
        let written: IpAddr = address.parse().ok()?;
        let bits = bits.unwrap_or(width(written));
        if bits > width(written) {
            return None;
        }
        let base = written.to_canonical();
        match base == written {
            true => Some(Self { base, bits }),
            // The first 96 bits of it say that the rest is of IPv4.
            false => Some(Self { base, bits: bits.checked_sub(96)? }),
        }
    }

    /// Whether an address is in it.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        let shift = |width: u32| width - self.bits;
        match (self.base, address) {
            (IpAddr::V4(base), IpAddr::V4(address)) => {
                (base.to_bits() ^ address.to_bits()).checked_shr(shift(32)).unwrap_or(0) == 0
            }
            (IpAddr::V6(base), IpAddr::V6(address)) => {
                (base.to_bits() ^ address.to_bits()).checked_shr(shift(128)).unwrap_or(0) == 0
            }
            _ => false,
        }
    }

    /// Whether it is too broad to be anybody's: broader than /8 of IPv4 or /32 of IPv6.
    pub fn is_broad(&self) -> bool {
        match self.base {
            IpAddr::V4(_) => self.bits < 8,
            IpAddr::V6(_) => self.bits < 32,
        }
    }
}

fn width(address: IpAddr) -> u32 {
    if address.is_ipv4() { 32 } else { 128 }
}
