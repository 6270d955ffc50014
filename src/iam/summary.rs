//! How much of what an account has, and how much it may have.

use super::Call;
use super::entities::end;
use super::error::Refusal;
use crate::accounts::{
    ATTACHED_MAX, EntityKind, GROUPS_MAX, POLICIES_MAX, POLICY_CHARACTERS_MAX, POLICY_VERSIONS_MAX, ROLES_MAX,
    USER_GROUPS_MAX, USER_KEYS_MAX, USERS_MAX,
};
use crate::s3::xml::Document;

/// What every account may have (AWS API_GetAccountSummary has the names).
const QUOTAS: [(&str, usize); 11] = [
    ("AccessKeysPerUserQuota", USER_KEYS_MAX),
    ("AttachedPoliciesPerGroupQuota", ATTACHED_MAX),
    ("AttachedPoliciesPerRoleQuota", ATTACHED_MAX),
    ("AttachedPoliciesPerUserQuota", ATTACHED_MAX),
    ("GroupsPerUserQuota", USER_GROUPS_MAX),
    ("GroupsQuota", GROUPS_MAX),
    ("PoliciesQuota", POLICIES_MAX),
    ("PolicySizeQuota", POLICY_CHARACTERS_MAX),
    ("RolesQuota", ROLES_MAX),
    ("UsersQuota", USERS_MAX),
    ("VersionsPerPolicyQuota", POLICY_VERSIONS_MAX),
];

/// Nobody can make any.
pub(super) async fn aliases(_call: &Call<'_>, out: &mut Document) -> Result<(), Refusal> {
    out.open("AccountAliases");
    out.close();
    end(out, None);
    Ok(())
}

pub(super) async fn get(call: &Call<'_>, out: &mut Document) -> Result<(), Refusal> {
    let (accounts, tenant) = (call.accounts, call.tenant());
    let counted = [
        ("Groups", accounts.entity_count(tenant, EntityKind::Group).await?),
        ("Policies", accounts.policy_count(tenant).await?),
        ("Roles", accounts.entity_count(tenant, EntityKind::Role).await?),
        ("Users", accounts.entity_count(tenant, EntityKind::User).await?),
    ];
    out.open("SummaryMap");
    for (name, number) in counted.into_iter().chain(QUOTAS) {
        out.open("entry");
        out.text("key", name);
        out.number("value", number as u64);
        out.close();
    }
    out.close();
    Ok(())
}
