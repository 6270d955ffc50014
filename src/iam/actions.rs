//! The actions there are: one row each.

use futures::future::LocalBoxFuture;

use super::error::Refusal;
use super::parameters::Parameters;
use super::{
    Call, access_keys, authorization_details, entities, groups, inline_policies, managed_policies, simulate, sts,
    summary,
};
use crate::accounts::EntityKind::{self, Group, Role, User};
use crate::s3::auth::Service;
use crate::s3::xml::Document;

/// What an action is about, for policies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum About {
    /// Everybody may call it, or it decides for itself.
    Anybody,
    /// Nothing in particular.
    Nothing,
    /// An entity that is there; the caller, where it is not named.
    Entity(EntityKind),
    /// An entity, both as it is and as it is to be called.
    Renamed(EntityKind),
    /// An entity to make.
    NewEntity(EntityKind),
    /// A managed policy.
    Policy,
    /// A user, group or role, by its ARN.
    PolicySource,
    /// A managed policy to make.
    NewPolicy,
}

/// Does it and writes the result.
type Run = for<'a> fn(&'a Call<'a>, &'a mut Document) -> LocalBoxFuture<'a, Result<(), Refusal>>;

/// One action.
pub(super) struct Action {
    pub name: &'static str,
    service: Service,
    /// The right it needs.
    pub right: &'static str,
    pub about: About,
    /// Parameters that restrict what is done in a way that this server does not know.
    refused: &'static [&'static str],
    pub response: &'static str,
    pub result: &'static str,
    pub run: Run,
}

macro_rules! actions {
    (@refused) => { &[] };
    (@refused $refused:expr) => { $refused };
    ($($service:ident $prefix:literal { $($name:literal $about:expr, $function:path $([$extra:expr])? $(, refuses $refused:expr)?;)* })*) => {
        const ACTIONS: &[Action] = &[$($(Action {
            name: $name,
            service: Service::$service,
            right: concat!($prefix, ":", $name),
            about: $about,
            refused: actions!(@refused $($refused)?),
            response: concat!($name, "Response"),
            result: concat!($name, "Result"),
            run: |call, out| Box::pin($function(call, out $(, $extra)?)),
        },)*)*];
    };
}

use About::{Anybody, Entity, NewEntity, NewPolicy, Nothing, Policy, PolicySource, Renamed};

const BOUNDARY: &[&str] = &["PermissionsBoundary"];
const MFA: &[&str] = &["SerialNumber", "TokenCode"];
const SIMULATION_EXTRAS: &[&str] =
    &["PermissionsBoundaryPolicyInputList", "ResourcePolicy", "ResourceOwner", "CallerArn", "ResourceHandlingOption"];
const SESSION_EXTRAS: &[&str] =
    &["SerialNumber", "TokenCode", "Tags", "TransitiveTagKeys", "SourceIdentity", "ProvidedContexts"];

actions! {
    Sts "sts" {
        "AssumeRole" Anybody, sts::assume_role, refuses SESSION_EXTRAS;
        "GetSessionToken" Anybody, sts::get_session_token, refuses MFA;
        "GetCallerIdentity" Anybody, sts::get_caller_identity;
        "GetAccessKeyInfo" Nothing, sts::get_access_key_info;
    }
    Iam "iam" {
        "CreateUser" NewEntity(User), entities::create[User], refuses BOUNDARY;
        "GetUser" Entity(User), entities::get[User];
        "ListUsers" Nothing, entities::list[User];
        "UpdateUser" Renamed(User), entities::update[User];
        "DeleteUser" Entity(User), entities::delete[User];
        "TagUser" Entity(User), entities::tag[User];
        "UntagUser" Entity(User), entities::untag[User];
        "ListUserTags" Entity(User), entities::list_tags[User];
        "CreateGroup" NewEntity(Group), entities::create[Group];
        "GetGroup" Entity(Group), groups::get;
        "ListGroups" Nothing, entities::list[Group];
        "UpdateGroup" Renamed(Group), entities::update[Group];
        "DeleteGroup" Entity(Group), entities::delete[Group];
        "AddUserToGroup" Entity(Group), groups::add_user;
        "RemoveUserFromGroup" Entity(Group), groups::remove_user;
        "ListGroupsForUser" Entity(User), groups::list_for_user;
        "CreateRole" NewEntity(Role), entities::create[Role], refuses BOUNDARY;
        "GetRole" Entity(Role), entities::get[Role];
        "ListRoles" Nothing, entities::list[Role];
        "UpdateRole" Entity(Role), entities::update_role;
        "UpdateRoleDescription" Entity(Role), entities::update_role_description;
        "UpdateAssumeRolePolicy" Entity(Role), entities::update_trust;
        "DeleteRole" Entity(Role), entities::delete[Role];
        "TagRole" Entity(Role), entities::tag[Role];
        "UntagRole" Entity(Role), entities::untag[Role];
        "ListRoleTags" Entity(Role), entities::list_tags[Role];
        "CreateAccessKey" Entity(User), access_keys::create;
        "ListAccessKeys" Entity(User), access_keys::list;
        "UpdateAccessKey" Entity(User), access_keys::update;
        "DeleteAccessKey" Entity(User), access_keys::delete;
        "PutUserPolicy" Entity(User), inline_policies::put[User];
        "GetUserPolicy" Entity(User), inline_policies::get[User];
        "ListUserPolicies" Entity(User), inline_policies::list[User];
        "DeleteUserPolicy" Entity(User), inline_policies::delete[User];
        "PutGroupPolicy" Entity(Group), inline_policies::put[Group];
        "GetGroupPolicy" Entity(Group), inline_policies::get[Group];
        "ListGroupPolicies" Entity(Group), inline_policies::list[Group];
        "DeleteGroupPolicy" Entity(Group), inline_policies::delete[Group];
        "PutRolePolicy" Entity(Role), inline_policies::put[Role];
        "GetRolePolicy" Entity(Role), inline_policies::get[Role];
        "ListRolePolicies" Entity(Role), inline_policies::list[Role];
        "DeleteRolePolicy" Entity(Role), inline_policies::delete[Role];
        "ListInstanceProfilesForRole" Entity(Role), entities::list_instance_profiles;
        "GetAccountSummary" Nothing, summary::get;
        "ListAccountAliases" Nothing, summary::aliases;
        "GetAccountAuthorizationDetails" Nothing, authorization_details::get;
        "SimulatePrincipalPolicy" PolicySource, simulate::principal, refuses SIMULATION_EXTRAS;
        "SimulateCustomPolicy" Nothing, simulate::custom, refuses SIMULATION_EXTRAS;
        "CreatePolicy" NewPolicy, managed_policies::create;
        "GetPolicy" Policy, managed_policies::get;
        "ListPolicies" Nothing, managed_policies::list;
        "DeletePolicy" Policy, managed_policies::delete;
        "CreatePolicyVersion" Policy, managed_policies::create_version;
        "GetPolicyVersion" Policy, managed_policies::get_version;
        "ListPolicyVersions" Policy, managed_policies::list_versions;
        "SetDefaultPolicyVersion" Policy, managed_policies::set_default_version;
        "DeletePolicyVersion" Policy, managed_policies::delete_version;
        "TagPolicy" Policy, managed_policies::tag;
        "UntagPolicy" Policy, managed_policies::untag;
        "ListPolicyTags" Policy, managed_policies::list_tags;
        "ListEntitiesForPolicy" Policy, managed_policies::list_entities;
        "AttachUserPolicy" Entity(User), managed_policies::attach[User];
        "DetachUserPolicy" Entity(User), managed_policies::detach[User];
        "ListAttachedUserPolicies" Entity(User), managed_policies::list_attached[User];
        "AttachGroupPolicy" Entity(Group), managed_policies::attach[Group];
        "DetachGroupPolicy" Entity(Group), managed_policies::detach[Group];
        "ListAttachedGroupPolicies" Entity(Group), managed_policies::list_attached[Group];
        "AttachRolePolicy" Entity(Role), managed_policies::attach[Role];
        "DetachRolePolicy" Entity(Role), managed_policies::detach[Role];
        "ListAttachedRolePolicies" Entity(Role), managed_policies::list_attached[Role];
    }
}

/// Names of actions whose subject may be left out, and is the caller then.
const OWN: &[&str] = &["GetUser", "CreateAccessKey", "ListAccessKeys", "UpdateAccessKey", "DeleteAccessKey"];

/// The action that a request asks for.
pub(super) fn find(service: Service, parameters: &Parameters) -> Result<&'static Action, Refusal> {
    let name = parameters.get("Action").ok_or_else(|| {
        Refusal::sender(400, "MissingAction", "The request is missing an action or a required parameter.")
    })?;
    let action = ACTIONS.iter().find(|action| action.service == service && action.name == name);
    let unknown =
        || Refusal::sender(400, "InvalidAction", format!("Could not find operation {name}: it is not done here."));
    let action = action.ok_or_else(unknown)?;
    if let Some(parameter) = action.refused.iter().find_map(|refused| parameters.beginning(refused)) {
        return Err(Refusal::sender(400, "InvalidInput", format!("{parameter} is not supported here.")));
    }
    if let Entity(kind) | Renamed(kind) = action.about
        && !OWN.contains(&action.name)
    {
        parameters.required(super::authorize::name_of(kind))?;
    }
    Ok(action)
}
