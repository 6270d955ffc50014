//! Temporary credentials, and who one is.

use super::Call;
use super::authorize::Known;
use super::entities::date;
use super::error::Refusal;
use crate::accounts::{
    AccountId, Entity, Identity, NewSession, SESSION_POLICY_CHARACTERS_MAX, TemporaryCredentials, TenantRecord,
};
use crate::policy::{Kind, Policy, Question, Verdict};
use crate::s3::access::of_principal;
use crate::s3::xml::Document;

/// Shortest session, seconds.
const SECONDS_MIN: u32 = 900;
/// Longest session of a role that another role's session asks for, seconds (AWS IAM User Guide, "Role chaining").
const CHAINED_SECONDS_MAX: u32 = 3_600;
/// A role's session, unless the request says otherwise, seconds.
const ROLE_SECONDS: u32 = 3_600;
/// A user's session, unless the request says otherwise, and at most, seconds (AWS STS API Reference, GetSessionToken).
const USER_SECONDS: (u32, u32) = (43_200, 129_600);
/// The same of the account itself.
const ROOT_SECONDS: (u32, u32) = (3_600, 3_600);
/// Managed policies that may restrict a session.
const POLICY_ARNS_MAX: usize = 10;

fn seconds(call: &Call<'_>, usual: u32, most: u32) -> Result<u32, Refusal> {
    let asked = call.parameters.number("DurationSeconds")?.unwrap_or(usual.min(most));
    if (SECONDS_MIN..=most).contains(&asked) {
        return Ok(asked);
    }
    Err(Refusal::invalid(format!(
        "1 validation error detected: Value '{asked}' at 'durationSeconds' failed to satisfy constraint: Member must be \
         {SECONDS_MIN} to {most}"
    )))
}

fn credentials(out: &mut Document, made: &TemporaryCredentials) {
    out.open("Credentials");
    out.text("AccessKeyId", &made.access_key);
    out.text("SecretAccessKey", &made.secret_key);
    out.text("SessionToken", &made.token);
    date(out, "Expiration", made.expires.0);
    out.close();
}

/// A role that an ARN names, with its account.
async fn role(call: &Call<'_>, arn: &str) -> Result<Option<(TenantRecord, Entity)>, Refusal> {
    let shaped = arn.strip_prefix("arn:aws:iam::").and_then(|rest| rest.split_once(":role/"));
    if shaped.and_then(|(account, _)| AccountId::parse(account)).is_none() {
        return Err(Refusal::invalid(format!("{arn} is invalid: it is no ARN of a role.")));
    }
    let found = call.accounts.entity_with_arn(arn).await?;
    Ok(found.filter(|(tenant, _)| !tenant.disabled))
}

/// Whether the caller may assume a role: the role has to trust it, and, unless the role names it itself within one
/// account, its own account has to allow it (AWS IAM User Guide, "Cross-account policy evaluation logic"). Unlike on AWS
/// the root of an account may, because many who use S3 only have its keys.
fn may_assume(call: &Call<'_>, arn: &str, tenant: &TenantRecord, role: &Entity) -> bool {
    let (caller, facts) = (call.principal.who(), Known(call));
    let question = Question { who: &caller, action: call.action.right, resource: arn, facts: &facts };
    let trusted = role.trust_policy().judge(&question);
    let restricted = call.principal.session.as_ref().is_some_and(|session| !session.policies.is_empty());
    let at_home = call.principal.tenant.id == tenant.tenant_id() && !restricted;
    match (trusted, of_principal(call.principal, &question)) {
        (Verdict::Deny | Verdict::Silent, _) | (_, Verdict::Deny) => false,
        (Verdict::Allow { direct }, Verdict::Silent) => direct && at_home,
        (Verdict::Allow { .. }, Verdict::Allow { .. }) => true,
    }
}

pub(super) async fn assume_role(call: &Call<'_>, out: &mut Document) -> Result<(), Refusal> {
    let parameters = &call.parameters;
    let (arn, session_name) = (parameters.required("RoleArn")?, parameters.required("RoleSessionName")?);
    let legal = |b: u8| b.is_ascii_alphanumeric() || b"_+=,.@-".contains(&b);
    if !(2..=64).contains(&session_name.len()) || !session_name.bytes().all(legal) {
        return Err(Refusal::invalid("RoleSessionName has 2 to 64 letters, digits and characters of _+=,.@-."));
    }
    let denied = || {
        let caller = call.principal.arn();
        Refusal::denied(format!("User: {caller} is not authorized to perform: sts:AssumeRole on resource: {arn}"))
    };
    let (tenant, role) = role(call, arn).await?.ok_or_else(denied)?;
    if !may_assume(call, arn, &tenant, &role) {
        return Err(denied());
    }
    let chained = matches!(call.principal.identity, Identity::Role { .. });
    let most = if chained { CHAINED_SECONDS_MAX.min(role.session_seconds_max) } else { role.session_seconds_max };
    let (policies, policy_arns) = restrictions(call, &tenant).await?;
    let new = NewSession {
        tenant: tenant.tenant_id(),
        identity: Identity::Role {
            id: role.id.clone(),
            name: role.name.clone(),
            path: role.path.clone(),
            session_name: session_name.to_owned(),
        },
        policies,
        policy_arns,
        seconds: seconds(call, ROLE_SECONDS, most)?,
        origin: call.principal.access_key.clone(),
    };
    let made = call.accounts.issue_session(new)?;
    credentials(out, &made);
    out.open("AssumedRoleUser");
    out.text("AssumedRoleId", &format!("{}:{session_name}", role.id));
    out.text("Arn", &format!("arn:aws:sts::{}:assumed-role/{}/{session_name}", tenant.account, role.name));
    out.close();
    Ok(())
}

/// The policies that a session is to be restricted to: a text, and managed policies of the role's account.
async fn restrictions(call: &Call<'_>, tenant: &TenantRecord) -> Result<(Vec<String>, Vec<String>), Refusal> {
    let mut policies = Vec::new();
    if let Some(text) = call.parameters.get("Policy") {
        if text.chars().count() > SESSION_POLICY_CHARACTERS_MAX {
            return Err(Refusal::sender(
                400,
                "PackedPolicyTooLarge",
                format!("A session's policy has at most {SESSION_POLICY_CHARACTERS_MAX} characters."),
            ));
        }
        Policy::parse(text.as_bytes(), Kind::Session)
            .map_err(|error| Refusal::sender(400, "MalformedPolicyDocument", error.0))?;
        policies.push(text.to_owned());
    }
    let arns = call.parameters.members("PolicyArns", ".arn");
    if arns.len() > POLICY_ARNS_MAX {
        return Err(Refusal::invalid(format!("A session has at most {POLICY_ARNS_MAX} managed policies.")));
    }
    for arn in &arns {
        call.accounts.require_policy(tenant.tenant_id(), arn).await?;
    }
    Ok((policies, arns))
}

pub(super) async fn get_session_token(call: &Call<'_>, out: &mut Document) -> Result<(), Refusal> {
    let principal = call.principal;
    // No policy needs to allow it, but one may deny it.
    let (caller, facts) = (principal.who(), Known(call));
    let question = Question { who: &caller, action: call.action.right, resource: "*", facts: &facts };
    if principal.session.is_some() || of_principal(principal, &question) == Verdict::Deny {
        return Err(Refusal::denied("Cannot call GetSessionToken with session credentials"));
    }
    let (usual, most) = if principal.is_root() { ROOT_SECONDS } else { USER_SECONDS };
    let new = NewSession {
        tenant: call.tenant(),
        identity: principal.identity.clone(),
        policies: Vec::new(),
        policy_arns: Vec::new(),
        seconds: seconds(call, usual, most)?,
        origin: principal.access_key.clone(),
    };
    credentials(out, &call.accounts.issue_session(new)?);
    Ok(())
}

pub(super) async fn get_caller_identity(call: &Call<'_>, out: &mut Document) -> Result<(), Refusal> {
    out.text("Arn", &call.principal.arn());
    out.text("UserId", &call.principal.user_id());
    out.text("Account", call.principal.account.as_str());
    Ok(())
}

/// The account that an access key belongs to. As on AWS it may be anybody's.
pub(super) async fn get_access_key_info(call: &Call<'_>, out: &mut Document) -> Result<(), Refusal> {
    let access_key = call.parameters.required("AccessKeyId")?;
    let account = call.accounts.account_of_key(access_key).await?;
    let unknown = || Refusal::invalid("The access key is not known.");
    out.text("Account", account.ok_or_else(unknown)?.as_str());
    Ok(())
}
