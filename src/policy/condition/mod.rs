//! Under which conditions a statement holds. Source: AWS IAM User Guide, "IAM JSON policy elements: Condition",
//! "Condition operators" and "Set operators for multivalued context keys".

mod operator;
mod value;

use operator::{Operator, Quantifier};
pub(super) use value::Network;
pub(super) use value::Test;

use super::json::Json;
use super::resource::Rules;
use super::{Effect, Facts, PolicyError, keys};

/// One operator and one key, with its values. All conditions of a statement have to hold.
#[derive(Debug, Clone)]
pub(super) struct Condition {
    operator: Operator,
    /// Lower case.
    key: String,
    test: Test,
}

impl Condition {
    /// Reads the value of `Condition`.
    ///
    /// # Errors
    /// An operator or a key is unknown, or a value is not of the type that its operator compares.
    pub fn parse(value: &Json, rules: Rules<'_>) -> Result<Vec<Self>, PolicyError> {
        let object = |value: &Json| match value {
            Json::Object(members) => Ok(members.clone()),
            _ => Err(PolicyError("Invalid policy syntax.".to_owned())),
        };
        let mut conditions = Vec::new();
        for (operator, keys) in object(value)? {
            let parsed = Operator::parse(&operator)
                .ok_or_else(|| PolicyError(format!("Invalid Condition type : {operator}")))?;
            for (name, values) in object(&keys)? {
                let key = name.to_ascii_lowercase();
                if !keys::is_known(&key, rules.kind) {
                    return Err(PolicyError("Policy has an invalid condition key".to_owned()));
                }
                let values = values.scalars().ok_or_else(|| PolicyError("Invalid policy syntax.".to_owned()))?;
                let test = Test::parse(&parsed, &name, &values, rules)?;
                conditions.push(Self { operator: parsed, key, test });
            }
        }
        Ok(conditions)
    }

    /// Whether it holds of a request. A variable that has no value is like nothing; a negated operator that meets one
    /// holds in a statement that denies and does not in one that allows.
    pub fn holds(&self, effect: Effect, facts: &dyn Facts) -> bool {
        let values = facts.values(&self.key).filter(|values| !values.is_empty());
        if let Test::Null(expected) = &self.test {
            return expected.contains(&values.is_none());
        }
        let Operator { negated, if_exists, quantifier, .. } = self.operator;
        let Some(values) = values else {
            let absent = match quantifier {
                Quantifier::All => true,
                Quantifier::Any => false,
                Quantifier::One => negated,
            };
            return if_exists || absent;
        };
        let one = |value: &String| match self.test.matches(value, facts) {
            Some(matches) => matches != negated,
            None => negated && effect == Effect::Deny,
        };
        match quantifier {
            Quantifier::All => values.iter().all(one),
            Quantifier::Any => values.iter().any(one),
            Quantifier::One if negated => values.iter().all(one),
            Quantifier::One => values.iter().any(one),
        }
    }

    /// The key, lower case.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// What its values are compared with, if it only holds of a request that has the key, with one of these values.
    pub fn required(&self) -> Option<&Test> {
        let Operator { negated, if_exists, quantifier, .. } = self.operator;
        (!negated && !if_exists && quantifier != Quantifier::All).then_some(&self.test)
    }

    /// The keys that its variables stand for.
    pub fn variables(&self) -> Vec<&str> {
        self.test.variables()
    }
}
