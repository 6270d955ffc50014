//! Which policies are public. Source: AWS S3, "Blocking public access to your Amazon S3 storage", "The meaning of
//! public".

use super::condition::{Condition, Network, Test};
use super::{Effect, Statement};
use crate::policy::arn::ArnPattern;
use crate::policy::pattern::Pattern;

/// Keys that say who asks, or from where: a fixed value of one is as good as naming somebody.
const IDENTIFYING: &[&str] = &[
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalorgid",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceowner",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:userid",
    "s3:dataaccesspointaccount",
    ACCESS_POINT,
    "s3:x-amz-server-side-encryption-aws-kms-key-id",
];

const ACCESS_POINT: &str = "s3:dataaccesspointarn";
const SOURCE_IP: &str = "aws:sourceip";

/// Whether a statement lets anybody in whom nobody has chosen.
pub(super) fn is_public(statement: &Statement) -> bool {
    let open = statement.effect == Effect::Allow && statement.principals.is_anybody();
    open && !statement.conditions.iter().any(restricts)
}

/// Whether a condition holds only of fixed values of a key that says who asks, or from where. All conditions of a
/// statement have to hold, so one is enough.
fn restricts(condition: &Condition) -> bool {
    let Some(test) = condition.required() else { return false };
    match test {
        Test::Ip(networks) => condition.key() == SOURCE_IP && !networks.iter().any(Network::is_broad),
        Test::Text(patterns) => IDENTIFYING.contains(&condition.key()) && patterns.iter().all(Pattern::is_fixed),
        Test::Arn(patterns) if condition.key() == ACCESS_POINT => patterns.iter().all(ArnPattern::has_fixed_account),
        Test::Arn(patterns) => IDENTIFYING.contains(&condition.key()) && patterns.iter().all(ArnPattern::is_fixed),
        Test::Number(..) | Test::Date(..) | Test::Bool(_) | Test::Binary(_) | Test::Null(_) => false,
    }
}
