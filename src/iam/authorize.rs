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
    let (who, facts) = (principal.who(), Known(call));
    for resource in resources(call).await? {
        let question = Question { who: &who, action: call.action.right, resource: &resource, facts: &facts };
        if !matches!(of_principal(principal, &question), Verdict::Allow { .. }) {
            return Err(Refusal::denied(format!(
                "User: {} is not authorized to perform: {} on resource: {resource}",
                principal.arn(),
                call.action.right
            )));
        }
    }
    Ok(())
}

/// The ARNs that the caller needs the right on, each of them.
async fn resources(call: &Call<'_>) -> Result<Vec<String>, Refusal> {
    let path = || call.parameters.get("Path").unwrap_or("/");
    let resource = match &call.action.about {
        About::Anybody => return Ok(Vec::new()),
        About::Nothing => "*".to_owned(),
        About::Entity(kind) => entity_arn(call, *kind).await?,
        About::Renamed(kind) => return renamed_arns(call, *kind).await,
        About::NewEntity(kind) => {
            call.arn(kind.noun(), path(), call.parameters.get(name_of(*kind)).unwrap_or_default())
        }
        About::Policy => call.parameters.required("PolicyArn")?.to_owned(),
        About::PolicySource => call.parameters.required("PolicySourceArn")?.to_owned(),
        About::NewPolicy => call.arn("policy", path(), call.parameters.required("PolicyName")?),
    };
    Ok(vec![resource])
}

/// The parameter that names an entity.
pub(super) fn name_of(kind: EntityKind) -> &'static str {
    match kind {
        EntityKind::User => "UserName",
        EntityKind::Group => "GroupName",
        EntityKind::Role => "RoleName",
    }
}

/// The parameter that says what an entity is to be called.
pub(super) fn new_name_of(kind: EntityKind) -> &'static str {
    match kind {
        EntityKind::User => "NewUserName",
        EntityKind::Group => "NewGroupName",
        EntityKind::Role => "NewRoleName",
    }
}

/// Who moves or renames something needs the right on what it is and on what it becomes (AWS IAM User Guide, "Rename an
/// IAM user").
async fn renamed_arns(call: &Call<'_>, kind: EntityKind) -> Result<Vec<String>, Refusal> {
    let name = call.parameters.required(name_of(kind))?;
    let (path, name) = match call.accounts.entity(call.tenant(), kind, name).await {
        Ok(entity) => (entity.path, entity.name),
        Err(AccountError::NoSuchEntity(_)) => ("/".to_owned(), name.to_owned()),
        Err(error) => return Err(error.into()),
    };
    let new_name = call.parameters.get(new_name_of(kind)).unwrap_or(&name);
    let new_path = call.parameters.get("NewPath").unwrap_or(&path);
    Ok(vec![call.arn(kind.noun(), &path, &name), call.arn(kind.noun(), new_path, new_name)])
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
