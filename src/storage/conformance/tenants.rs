//! Tenants are made once, whoever asks.

use std::collections::HashSet;

use uuid::Uuid;

use super::fixture::{at_once, fresh_tenant, insist};
use crate::storage::{Storage, TenantId};

/// Calls that race return the same tenant, and later ones too.
pub async fn racing_calls_get_one_tenant(storage: Storage) {
    let name = format!("raced-{}", Uuid::new_v4().as_simple());
    let ids: HashSet<TenantId> = at_once(32, |_| {
        let (storage, name) = (storage.clone(), name.clone());
        async move {
            let tenant = insist(|| storage.metadata.ensure_tenant(&name)).await;
            tenant.map(|tenant| (tenant.name == name).then_some(tenant.id).expect("the tenant has its name"))
        }
    })
    .await
    .into_iter()
    .flatten()
    .collect();
    let later = storage.metadata.ensure_tenant(&name).await.expect("finds it").id;
    assert_eq!(ids, HashSet::from([later]));
}

/// Another name is another tenant; both are found by their ids, an unknown id is nobody.
pub async fn names_have_tenants_of_their_own(storage: Storage) {
    let (a, b) = (fresh_tenant(&storage).await, fresh_tenant(&storage).await);
    assert_ne!(a.id, b.id);
    assert_eq!(storage.metadata.tenant(a.id).await.expect("looks up"), Some(a));
    assert_eq!(storage.metadata.tenant(b.id).await.expect("looks up"), Some(b));
    assert_eq!(storage.metadata.tenant(TenantId::fresh()).await.expect("looks up"), None);
    let odd = storage.metadata.ensure_tenant("Ümläut & Söhne/ 1").await.expect("makes one");
    assert_eq!(storage.metadata.ensure_tenant("Ümläut & Söhne/ 1").await.expect("finds it"), odd);
}
