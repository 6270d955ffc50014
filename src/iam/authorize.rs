//! Whether the caller may call an action. The root of an account may do everything in it; users and sessions what their
//! policies say. Source: AWS Service Authorization Reference, "Actions, resources, and condition keys" of IAM and STS.

use super::Call;
use super::actions::About;
use super::error::Refusal;
use crate::accounts::{AccountError, AccountId, EntityKind, Identity};
use crate::policy::{Facts, Question, Verdict};
use crate::s3::access::{global_fact, of_principal};

/// What conditions know of a call.
pub(super) struct Known<'a>(pub &'a Call<'a>);

impl Facts for Known<'_> {
    fn values(&self, key: &str) -> Option<Vec<String>> {
        let Call { parameters, principal, origin, region, headers, .. } = self.0;
        let parameter = |name: &str| parameters.get(name).map(|value| vec![value.to_owned()]);
        match key {
            "iam:policyarn" => parameter("PolicyArn"),
            "sts:rolesessionname" => parameter("RoleSessionName"),
            "sts:externalid" => parameter("ExternalId"),
            "aws:resourceaccount" => Some(vec![self.account().to_string()]),
            _ => global_fact(key.strip_prefix("aws:")?, Some(principal), *origin, region, headers),
        }
    }
}

impl Known<'_> {
    /// The account that owns what the call is about: only roles can be another's.
    fn account(&self) -> AccountId {
        let role = self.0.parameters.get("RoleArn").and_then(|arn| arn.split(':').nth(4));
        role.and_then(AccountId::parse).unwrap_or(self.0.principal.account)
    }
}

/// Refuses what the caller may not do.
pub(super) async fn authorize(call: &Call<'_>) -> Result<(), Refusal> {
    let principal = call.principal;
    let of_token = principal.session.is_some() && !matches!(principal.identity, Identity::Role { .. });
    let free_of_token = matches!(call.action.name, "AssumeRole" | "GetCallerIdentity");
    // AWS STS API Reference, GetSessionToken, "Permissions".
    if of_token && !free_of_token {
        return Err(Refusal::denied(format!("Cannot call {} with session credentials", call.action.name)));
    }
    let resource = match &call.action.about {
        About::Anybody => return Ok(()),
        About::Nothing => "*".to_owned(),
        About::Entity(kind) => entity_arn(call, *kind).await?,
        About::NewEntity(kind) => {
            let path = call.parameters.get("Path").unwrap_or("/");
            call.arn(kind.noun(), path, call.parameters.get(name_of(*kind)).unwrap_or_default())
        }
        About::Policy => call.parameters.required("PolicyArn")?.to_owned(),
        About::NewPolicy => {
            let path = call.parameters.get("Path").unwrap_or("/");
            call.arn("policy", path, call.parameters.required("PolicyName")?)
        }
    };
    let (who, facts) = (principal.who(), Known(call));
    let question = Question { who: &who, action: call.action.right, resource: &resource, facts: &facts };
    match of_principal(principal, &question) {
        Verdict::Allow { .. } => Ok(()),
        _ => Err(Refusal::denied(format!(
            "User: {} is not authorized to perform: {} on resource: {resource}",
            principal.arn(),
            call.action.right
        ))),
    }
}

/// The parameter that names an entity.
pub(super) fn name_of(kind: EntityKind) -> &'static str {
    match kind {
        EntityKind::User => "UserName",
        EntityKind::Group => "GroupName",
        EntityKind::Role => "RoleName",
    }
}

/// The ARN of the entity that a call is about. One that is not there has the ARN it would have at the root.
async fn entity_arn(call: &Call<'_>, kind: EntityKind) -> Result<String, Refusal> {
    let Some(name) = call.parameters.get(name_of(kind)) else {
        // Without a name it is about the caller.
        return Ok(call.principal.arn());
    };
    match call.accounts.entity(call.tenant(), kind, name).await {
        Ok(entity) => Ok(call.arn(kind.noun(), &entity.path, &entity.name)),
        Err(AccountError::NoSuchEntity(_)) => Ok(call.arn(kind.noun(), "/", name)),
        Err(error) => Err(error.into()),
    }
}
