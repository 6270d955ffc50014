//! Tenants: a name is claimed once, its id never changes. Knows no bucket.

use futures::FutureExt;

use super::Core;
use super::session::{Cas, Look, corrupt};
use super::statements::Statement;
use crate::storage::{Result, Tenant, TenantId};

impl Core {
    pub(super) async fn ensure_tenant(&self, name: &str) -> Result<Tenant> {
        let st = &self.cluster.st;
        if let Some(id) = self.tenant_id(&st.tenant_by_name, name).await? {
            return Ok(Tenant { id, name: name.to_owned() });
        }
        let fresh = TenantId::fresh();
        let id = fresh.0.as_slice();
        // Written before the name is claimed, so that every claimed id has its row; losers' ids are never seen.
        self.cluster.write(&st.tenant_write, (id, name)).await?;
        let look = || {
            async move {
                Ok(match self.tenant_id(&st.tenant_by_name_serial, name).await? {
                    None => Look::AsExpected,
                    Some(found) if found == fresh => Look::Ours,
                    Some(_) => Look::Other,
                })
            }
            .boxed()
        };
        let cas = self.cluster.cas(&st.tenant_claim, (name, id), |row| row.blob("id") == Some(id), look).await?;
        let id = match cas {
            Cas::Applied => fresh,
            Cas::Refused(row) => row
                .blob("id")
                .and_then(TenantId::from_slice)
                .ok_or_else(|| corrupt("a tenant's row", "it has no id of 32 bytes"))?,
        };
        Ok(Tenant { id, name: name.to_owned() })
    }

    async fn tenant_id(&self, statement: &Statement, name: &str) -> Result<Option<TenantId>> {
        let row: Option<(Option<Vec<u8>>,)> = self.cluster.row(statement, (name,)).await?;
        let Some((Some(id),)) = row else { return Ok(None) };
        TenantId::from_slice(&id).map(Some).ok_or_else(|| corrupt("a tenant's row", "its id has not 32 bytes"))
    }

    pub(super) async fn tenant(&self, id: TenantId) -> Result<Option<Tenant>> {
        let st = &self.cluster.st;
        let row: Option<(Option<String>,)> = self.cluster.row(&st.tenant_read, (id.0.as_slice(),)).await?;
        let Some((Some(name),)) = row else { return Ok(None) };
        // The row of a lost claim has the name too, but the name has another id.
        let claimed = self.tenant_id(&st.tenant_by_name, &name).await?;
        Ok((claimed == Some(id)).then_some(Tenant { id, name }))
    }
}
