//! The names of operators: `ForAnyValue:StringNotLikeIfExists` is a set operator, a comparison, and what is to be when
//! the key is absent.

use std::cmp::Ordering;

/// How a condition compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::policy) struct Operator {
    pub comparison: Comparison,
    /// It holds when nothing is equal.
    pub negated: bool,
    /// It holds when the key is absent.
    pub if_exists: bool,
    pub quantifier: Quantifier,
}

/// Of how many of a key's values something has to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::policy) enum Quantifier {
    /// The key has but one.
    One,
    /// `ForAllValues:`.
    All,
    /// `ForAnyValue:`.
    Any,
}

/// What is compared, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::policy) enum Comparison {
    Text { wildcards: bool, folded: bool },
    Number(Order),
    Date(Order),
    Bool,
    Binary,
    Ip,
    Arn,
    Null,
}

/// Which orders of two values will do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::policy) enum Order {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Order {
    /// Whether a request's value that stands so to the policy's will do.
    pub fn takes(self, ordering: Ordering) -> bool {
        match self {
            Self::Equal => ordering.is_eq(),
            Self::Less => ordering.is_lt(),
            Self::LessOrEqual => ordering.is_le(),
            Self::Greater => ordering.is_gt(),
            Self::GreaterOrEqual => ordering.is_ge(),
        }
    }
}

const fn text(wildcards: bool, folded: bool) -> Comparison {
    Comparison::Text { wildcards, folded }
}

/// Lower case; whether it is negated.
const COMPARISONS: &[(&str, Comparison, bool)] = &[
    ("stringequals", text(false, false), false),
    ("stringnotequals", text(false, false), true),
    ("stringequalsignorecase", text(false, true), false),
    ("stringnotequalsignorecase", text(false, true), true),
    ("stringlike", text(true, false), false),
    ("stringnotlike", text(true, false), true),
    ("numericequals", Comparison::Number(Order::Equal), false),
    ("numericnotequals", Comparison::Number(Order::Equal), true),
    ("numericlessthan", Comparison::Number(Order::Less), false),
    ("numericlessthanequals", Comparison::Number(Order::LessOrEqual), false),
    ("numericgreaterthan", Comparison::Number(Order::Greater), false),
    ("numericgreaterthanequals", Comparison::Number(Order::GreaterOrEqual), false),
    ("dateequals", Comparison::Date(Order::Equal), false),
    ("datenotequals", Comparison::Date(Order::Equal), true),
    ("datelessthan", Comparison::Date(Order::Less), false),
    ("datelessthanequals", Comparison::Date(Order::LessOrEqual), false),
    ("dategreaterthan", Comparison::Date(Order::Greater), false),
    ("dategreaterthanequals", Comparison::Date(Order::GreaterOrEqual), false),
    ("bool", Comparison::Bool, false),
    ("binaryequals", Comparison::Binary, false),
    ("ipaddress", Comparison::Ip, false),
    ("notipaddress", Comparison::Ip, true),
    // Source: "ArnEquals and ArnLike behave identically".
    ("arnequals", Comparison::Arn, false),
    ("arnlike", Comparison::Arn, false),
    ("arnnotequals", Comparison::Arn, true),
    ("arnnotlike", Comparison::Arn, true),
    ("null", Comparison::Null, false),
];

impl Operator {
    /// Reads an operator's name, in which case makes no difference.
    pub fn parse(name: &str) -> Option<Self> {
        let lower = name.to_ascii_lowercase();
        let (quantifier, rest) = match lower.split_once(':') {
            Some(("forallvalues", rest)) => (Quantifier::All, rest),
            Some(("foranyvalue", rest)) => (Quantifier::Any, rest),
            Some(_) => return None,
            None => (Quantifier::One, lower.as_str()),
        };
        let (if_exists, bare) = rest.strip_suffix("ifexists").map_or((false, rest), |bare| (true, bare));
        let (_, comparison, negated) = COMPARISONS.iter().find(|(known, ..)| *known == bare)?;
        // Source: "You can add IfExists to the end of any condition operator name except the Null condition".
        let known = *comparison != Comparison::Null || !if_exists;
        known.then_some(Self { comparison: *comparison, negated: *negated, if_exists, quantifier })
    }
}
