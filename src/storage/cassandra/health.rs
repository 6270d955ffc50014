//! Whether the store can serve, and its orderly end.

use super::Core;
use super::schema::wanted_version;
use crate::storage::{Result, StorageError};

impl Core {
    /// A quorum answers, and the schema is the one this program knows.
    pub(super) async fn ready(&self) -> std::result::Result<(), String> {
        self.clock.check().map_err(|e| e.to_string())?;
        let row: Option<super::Recorded> =
            self.cluster.row(&self.cluster.st.version_read, ("schema",)).await.map_err(|e| e.to_string())?;
        let found = row.and_then(|(version, ..)| version).map_or(0, i32::unsigned_abs);
        let wanted = wanted_version();
        if found != wanted {
            return Err(format!("keyspace {} has schema version {found}, not {wanted}", self.keyspace));
        }
        Ok(())
    }

    /// Finishes what answers have left behind.
    pub(super) async fn close(&self) -> Result<()> {
        if self.background.drain().await {
            return Ok(());
        }
        let reason = "some listing rows were left asking their heads; they will be repaired".to_owned();
        Err(StorageError::Unavailable(reason))
    }
}
