//! Everything that an account has, with what it may do, in one list of pages. Source: AWS
//! API_GetAccountAuthorizationDetails.

use super::Call;
use super::entities::{describe, document, end, shown};
use super::error::Refusal;
use super::managed_policies::{AWS, arn_of, attached, describe as describe_policy, describe_version};
use crate::accounts::{AttachmentCounts, Entity, EntityKind, InlinePolicy, ManagedPolicy};
use crate::s3::xml::Document;

/// The lists in their order: what filters call them, and their elements.
const LISTS: [(&str, EntityKind, &str, &str); 3] = [
    ("User", EntityKind::User, "UserDetailList", "UserPolicyList"),
    ("Group", EntityKind::Group, "GroupDetailList", "GroupPolicyList"),
    ("Role", EntityKind::Role, "RoleDetailList", "RolePolicyList"),
];
const LOCAL: &str = "LocalManagedPolicy";
const EVERYBODYS: &str = "AWSManagedPolicy";

/// Where the page is that is being written.
struct Progress {
    filters: Vec<String>,
    /// What is left of it.
    left: usize,
    /// The list that it begins in, and after what there.
    from: Option<(String, String)>,
    /// Where the next one begins.
    next: Option<String>,
}

impl Progress {
    fn of(call: &Call<'_>) -> Result<Self, Refusal> {
        let filters = call.parameters.members("Filter", "");
        let known = |filter: &String| {
            LISTS.iter().any(|(name, ..)| name == filter) || [LOCAL, EVERYBODYS].contains(&filter.as_str())
        };
        if let Some(unknown) = filters.iter().find(|filter| !known(filter)) {
            return Err(Refusal::invalid(format!("There is no filter {unknown:?}.")));
        }
        let from = call.parameters.get("Marker").map(|marker| {
            let (list, after) = marker.split_once('/').ok_or_else(|| Refusal::invalid("The marker is none."))?;
            Ok::<_, Refusal>((list.to_owned(), after.to_owned()))
        });
        Ok(Self { filters, left: call.parameters.page()?, from: from.transpose()?, next: None })
    }

    /// What of a list belongs to the page: after what. `None`: nothing.
    fn enter(&mut self, list: &str) -> Option<Option<String>> {
        let after = match self.from.take() {
            Some((first, after)) if first == list => Some(after).filter(|after| !after.is_empty()),
            Some(earlier) => {
                self.from = Some(earlier);
                return None;
            }
            None => None,
        };
        let wanted = self.filters.is_empty() || self.filters.iter().any(|filter| filter == list);
        if !wanted || self.next.is_some() {
            return None;
        }
        if self.left == 0 {
            self.next = Some(format!("{list}/"));
            return None;
        }
        Some(after)
    }

    /// So many entries of a list were written; `more` begin after this one.
    fn leave(&mut self, list: &str, entries: usize, more: Option<&str>) {
        self.left = self.left.saturating_sub(entries);
        self.next = more.map(|last| format!("{list}/{last}"));
    }
}

fn inline(out: &mut Document, list: &'static str, policies: &[InlinePolicy]) {
    out.open(list);
    for policy in policies {
        out.open("member");
        out.text("PolicyName", &policy.name);
        document(out, "PolicyDocument", &policy.document);
        out.close();
    }
    out.close();
}

async fn entity_detail(
    call: &Call<'_>,
    out: &mut Document,
    kind: EntityKind,
    list: &'static str,
    entity: Entity,
) -> Result<(), Refusal> {
    let entity = shown(call, entity).await?;
    out.open("member");
    describe(call, out, kind, &entity, true);
    inline(out, list, &entity.inline);
    if kind == EntityKind::User {
        out.open("GroupList");
        for group in call.accounts.groups_of(call.tenant(), &entity).await? {
            out.text("member", &group.name);
        }
        out.close();
    }
    if kind == EntityKind::Role {
        out.open("InstanceProfileList");
        out.close();
    }
    attached(out, "AttachedManagedPolicies", &entity);
    out.close();
    Ok(())
}

fn policy_detail(call: &Call<'_>, out: &mut Document, policy: &ManagedPolicy, arn: &str, counts: &AttachmentCounts) {
    out.open("member");
    describe_policy(call, out, policy, arn, counts.of(arn));
    out.open("PolicyVersionList");
    for version in policy.versions.iter().rev() {
        out.open("member");
        describe_version(out, policy, version, true);
        out.close();
    }
    out.close();
    out.close();
}

pub(super) async fn get(call: &Call<'_>, out: &mut Document) -> Result<(), Refusal> {
    let (accounts, tenant) = (call.accounts, call.tenant());
    let mut progress = Progress::of(call)?;
    for (name, kind, list, policies) in LISTS {
        out.open(list);
        if let Some(after) = progress.enter(name) {
            let page = accounts.entities(tenant, kind, "/", after.as_deref(), progress.left).await?;
            let last = page.entries.last().filter(|_| page.more).map(|entity| entity.name.clone());
            progress.leave(name, page.entries.len(), last.as_deref());
            for entity in page.entries {
                entity_detail(call, out, kind, policies, entity).await?;
            }
        }
        out.close();
    }
    out.open("Policies");
    let counts = accounts.attachment_counts(tenant).await?;
    if let Some(after) = progress.enter(LOCAL) {
        let page = accounts.policies(tenant, "/", after.as_deref(), progress.left).await?;
        let last = page.entries.last().filter(|_| page.more).map(|policy| policy.name.as_str());
        progress.leave(LOCAL, page.entries.len(), last);
        for policy in &page.entries {
            policy_detail(call, out, policy, &arn_of(call, policy), &counts);
        }
    }
    if let Some(after) = progress.enter(EVERYBODYS) {
        let all = accounts.aws_policies();
        let rest: Vec<_> =
            all.iter().filter(|policy| after.as_ref().is_none_or(|after| policy.name > *after)).collect();
        let page = rest.get(..progress.left.min(rest.len())).unwrap_or_default();
        let last = page.last().filter(|_| page.len() < rest.len()).map(|policy| policy.name.as_str());
        progress.leave(EVERYBODYS, page.len(), last);
        for policy in page {
            policy_detail(call, out, policy, &format!("{AWS}/{}", policy.name), &counts);
        }
    }
    out.close();
    end(out, progress.next.as_deref());
    Ok(())
}
