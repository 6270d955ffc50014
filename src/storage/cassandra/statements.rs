//! Every statement that is sent, with its consistency. What each reads at most is in `schema/README.md`.

use scylla::client::session::Session;
use scylla::errors::PrepareError;
use scylla::statement::prepared::PreparedStatement;
use scylla::statement::{Consistency, SerialConsistency};

use super::session::Profiles;

/// How a statement is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// LOCAL_QUORUM.
    Read,
    /// LOCAL_SERIAL.
    Serial,
    /// LOCAL_QUORUM, may be sent twice.
    Write,
    /// LOCAL_SERIAL and LOCAL_QUORUM, never sent twice by the driver.
    Lwt,
    /// QUORUM over all datacentres: names that the whole platform shares.
    GlobalRead,
    /// SERIAL over all datacentres.
    GlobalSerial,
    /// QUORUM, may be sent twice.
    GlobalWrite,
    /// SERIAL and QUORUM.
    GlobalLwt,
    /// LOCAL_ONE, on the blobs' session.
    BlobRead,
    /// LOCAL_QUORUM, on the blobs' session.
    BlobReadQuorum,
    /// LOCAL_QUORUM, on the blobs' session.
    BlobWrite,
}

async fn prepare(
    meta: &Session,
    blobs: &Session,
    profiles: &Profiles,
    kind: Kind,
    cql: &str,
) -> Result<PreparedStatement, PrepareError> {
    use Kind::{
        BlobRead, BlobReadQuorum, BlobWrite, GlobalLwt, GlobalRead, GlobalSerial, GlobalWrite, Lwt, Read, Serial, Write,
    };
    let session = if matches!(kind, BlobRead | BlobReadQuorum | BlobWrite) { blobs } else { meta };
    let mut statement = session.prepare(cql).await?;
    let conditional = matches!(kind, Lwt | GlobalLwt);
    statement.set_is_idempotent(!conditional);
    // The columns of a conditional statement's answer differ from one answer to the next.
    statement.set_use_cached_result_metadata(matches!(
        kind,
        Read | Serial | GlobalRead | GlobalSerial | BlobRead | BlobReadQuorum
    ));
    statement.set_execution_profile_handle(Some(if conditional {
        profiles.conditional.clone()
    } else {
        profiles.plain.clone()
    }));
    statement.set_consistency(match kind {
        Read | Write | Lwt | BlobReadQuorum | BlobWrite => Consistency::LocalQuorum,
        GlobalRead | GlobalWrite | GlobalLwt => Consistency::Quorum,
        BlobRead => Consistency::LocalOne,
        Serial => Consistency::LocalSerial,
        GlobalSerial => Consistency::Serial,
    });
    if conditional {
        let serial = if kind == Lwt { SerialConsistency::LocalSerial } else { SerialConsistency::Serial };
        statement.set_serial_consistency(Some(serial));
    }
    Ok(statement)
}

macro_rules! statements {
    ($($name:ident: $kind:ident = $cql:literal;)*) => {
        /// All statements, prepared.
        pub(super) struct Statements {
            $(#[doc = $cql] pub(super) $name: PreparedStatement,)*
        }

        impl Statements {
            /// Prepares them on every node.
            pub(super) async fn prepare(
                meta: &Session,
                blobs: &Session,
                profiles: &Profiles,
            ) -> Result<Self, PrepareError> {
                // One after the other would cost a round trip each; all at once is a burst of small requests.
                $(let $name = prepare(meta, blobs, profiles, Kind::$kind, $cql);)*
                let ($($name,)*) = futures::try_join!($($name),*)?;
                Ok(Self { $($name),* })
            }
        }
    };
}

statements! {
    tenant_read: GlobalRead = "SELECT name FROM tenant WHERE id = ?";
    tenant_write: GlobalWrite = "INSERT INTO tenant (id, name) VALUES (?, ?)";
    tenant_by_name: GlobalRead = "SELECT id FROM tenant_by_name WHERE name = ?";
    tenant_by_name_serial: GlobalSerial = "SELECT id FROM tenant_by_name WHERE name = ?";
    tenant_claim: GlobalLwt = "INSERT INTO tenant_by_name (name, id) VALUES (?, ?) IF NOT EXISTS";

    bucket_read: GlobalRead =
        "SELECT rev, bucket_id, owner, region, created, state, since, settings FROM bucket WHERE name = ?";
    bucket_serial: GlobalSerial =
        "SELECT rev, bucket_id, owner, region, created, state, since, settings FROM bucket WHERE name = ?";
    bucket_claim: GlobalLwt = "INSERT INTO bucket (name, rev, bucket_id, owner, region, created, state, since, settings) \
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) IF NOT EXISTS";
    bucket_mark: GlobalLwt = "UPDATE bucket SET rev = ?, state = ?, since = ? WHERE name = ? IF rev = ?";
    bucket_configure: GlobalLwt = "UPDATE bucket SET rev = ?, settings = ? WHERE name = ? IF rev = ?";
    bucket_drop: GlobalLwt = "DELETE FROM bucket WHERE name = ? IF rev = ?";
    owner_add: GlobalWrite = "INSERT INTO bucket_by_owner (owner, name, bucket_id) VALUES (?, ?, ?)";
    owner_drop: GlobalWrite = "DELETE FROM bucket_by_owner WHERE owner = ? AND name = ? AND bucket_id = ?";
    owner_from: GlobalRead = "SELECT name, bucket_id FROM bucket_by_owner WHERE owner = ? AND name >= ? LIMIT ?";
    owner_after: GlobalRead =
        "SELECT name, bucket_id FROM bucket_by_owner WHERE owner = ? AND (name, bucket_id) > (?, ?) LIMIT ?";

    shards_add: Lwt = "INSERT INTO shard_map (bucket_id, lower, epoch, phase, shard_id) VALUES (?, ?, ?, ?, ?) \
        IF NOT EXISTS";
    shards_read: Read = "SELECT lower, epoch, shard_id FROM shard_map WHERE bucket_id = ? LIMIT ?";
    shards_purge: Write = "DELETE FROM shard_map USING TIMESTAMP ? WHERE bucket_id = ?";

    head_read: Read = "SELECT rev, ts, state, put_id, attrs, inline FROM object WHERE bucket_id = ? AND key = ? LIMIT 1";
    head_serial: Serial =
        "SELECT rev, ts, state, put_id, attrs, inline FROM object WHERE bucket_id = ? AND key = ? LIMIT 1";
    head_set: Lwt = "UPDATE object SET rev = ?, ts = ?, state = ?, put_id = ?, attrs = ?, inline = ? \
        WHERE bucket_id = ? AND key = ? IF rev = ?";
    head_set_for: Lwt = "UPDATE object USING TTL ? SET rev = ?, ts = ?, state = ?, put_id = ?, attrs = ?, inline = ? \
        WHERE bucket_id = ? AND key = ? IF rev = ?";

    head_demote: Lwt = "BEGIN BATCH \
        UPDATE object SET rev = ?, ts = ?, state = ?, put_id = ?, attrs = ?, inline = ? \
            WHERE bucket_id = ? AND key = ? IF rev = ?; \
        INSERT INTO object (bucket_id, key, seq, version_attrs, version_inline) VALUES (?, ?, ?, ?, ?); \
        APPLY BATCH";
    head_drop: Lwt = "BEGIN BATCH \
        UPDATE object SET rev = ?, ts = ?, state = ?, put_id = ?, attrs = ?, inline = ? \
            WHERE bucket_id = ? AND key = ? IF rev = ?; \
        DELETE FROM object WHERE bucket_id = ? AND key = ? AND seq = ?; \
        APPLY BATCH";
    head_demote_and_drop: Lwt = "BEGIN BATCH \
        UPDATE object SET rev = ?, ts = ?, state = ?, put_id = ?, attrs = ?, inline = ? \
            WHERE bucket_id = ? AND key = ? IF rev = ?; \
        INSERT INTO object (bucket_id, key, seq, version_attrs, version_inline) VALUES (?, ?, ?, ?, ?); \
        DELETE FROM object WHERE bucket_id = ? AND key = ? AND seq = ?; \
        APPLY BATCH";
    head_rewrite: Lwt = "BEGIN BATCH \
        UPDATE object SET rev = ?, ts = ?, state = ?, put_id = ?, attrs = ?, inline = ? \
            WHERE bucket_id = ? AND key = ? IF rev = ?; \
        UPDATE object SET version_attrs = ? WHERE bucket_id = ? AND key = ? AND seq = ?; \
        APPLY BATCH";
    noncurrent_read: Read = "SELECT version_attrs, version_inline FROM object WHERE bucket_id = ? AND key = ? AND seq = ?";
    noncurrent_below: Read = "SELECT version_attrs, version_inline FROM object \
        WHERE bucket_id = ? AND key = ? AND seq < ? LIMIT ?";
    noncurrent_attrs_below: Read = "SELECT seq, version_attrs FROM object \
        WHERE bucket_id = ? AND key = ? AND seq < ? LIMIT ?";

    versioned_add: Write = "UPDATE versioned_key USING TIMESTAMP ? SET state = ? \
        WHERE bucket_id = ? AND shard_id = ? AND key = ?";
    versioned_drop: Write = "DELETE FROM versioned_key USING TIMESTAMP ? \
        WHERE bucket_id = ? AND shard_id = ? AND key = ?";
    versioned_purge: Write = "DELETE FROM versioned_key USING TIMESTAMP ? WHERE bucket_id = ? AND shard_id = ?";
    versioned_from: Read = "SELECT key, WRITETIME(state) FROM versioned_key \
        WHERE bucket_id = ? AND shard_id = ? AND key >= ? LIMIT ?";
    versioned_between: Read = "SELECT key, WRITETIME(state) FROM versioned_key \
        WHERE bucket_id = ? AND shard_id = ? AND key >= ? AND key < ? LIMIT ?";

    listing_intent: Write = "UPDATE listing USING TIMESTAMP ? SET state = ? \
        WHERE bucket_id = ? AND shard_id = ? AND key = ?";
    listing_set: Write = "UPDATE listing USING TIMESTAMP ? SET state = ?, attrs = ? \
        WHERE bucket_id = ? AND shard_id = ? AND key = ?";
    listing_drop: Write = "DELETE FROM listing USING TIMESTAMP ? WHERE bucket_id = ? AND shard_id = ? AND key = ?";
    listing_purge: Write = "DELETE FROM listing USING TIMESTAMP ? WHERE bucket_id = ? AND shard_id = ?";
    listing_from: Read = "SELECT key, state, attrs, WRITETIME(state) FROM listing \
        WHERE bucket_id = ? AND shard_id = ? AND key >= ? LIMIT ?";
    listing_between: Read = "SELECT key, state, attrs, WRITETIME(state) FROM listing \
        WHERE bucket_id = ? AND shard_id = ? AND key >= ? AND key < ? LIMIT ?";

    upload_read: Read = "SELECT rev, state, changed, bucket_id, key, attrs, initiator, initiated, closing \
        FROM upload WHERE upload_id = ? LIMIT 1";
    upload_serial: Serial = "SELECT rev, state, changed, bucket_id, key, attrs, initiator, initiated, closing \
        FROM upload WHERE upload_id = ? LIMIT 1";
    upload_open: Lwt = "UPDATE upload SET rev = ?, state = ?, changed = ?, bucket_id = ?, key = ?, attrs = ?, \
        initiator = ?, initiated = ?, closing = ? WHERE upload_id = ? IF rev = ?";
    upload_mark: Lwt = "UPDATE upload SET rev = ?, state = ?, changed = ?, closing = ? WHERE upload_id = ? IF rev = ?";
    upload_purge: Write = "DELETE FROM upload WHERE upload_id = ?";
    part_set: Lwt = "UPDATE upload SET part = ? WHERE upload_id = ? AND part_no = ? IF state = ?";
    parts_after: Read = "SELECT part_no, part FROM upload WHERE upload_id = ? AND part_no > ? LIMIT ?";
    uploads_add: Write = "INSERT INTO upload_by_bucket (bucket_id, shard_id, key, upload_id) VALUES (?, ?, ?, ?)";
    uploads_drop: Write = "DELETE FROM upload_by_bucket \
        WHERE bucket_id = ? AND shard_id = ? AND key = ? AND upload_id = ?";
    uploads_purge: Write = "DELETE FROM upload_by_bucket USING TIMESTAMP ? WHERE bucket_id = ? AND shard_id = ?";
    uploads_from: Read = "SELECT key, upload_id FROM upload_by_bucket \
        WHERE bucket_id = ? AND shard_id = ? AND (key, upload_id) > (?, ?) LIMIT ?";

    inode_serial: Serial = "SELECT state, sweep FROM inode WHERE inode = ? LIMIT 1";
    inode_refer: Lwt = "UPDATE inode SET added = ? WHERE inode = ? AND bucket_id = ? AND key = ? IF state = ?";
    inode_refers_serial: Serial =
        "SELECT bucket_id, key FROM inode WHERE inode = ? AND (bucket_id, key) > (?, ?) LIMIT ?";
    inode_unrefer: Lwt = "DELETE FROM inode WHERE inode = ? AND bucket_id = ? AND key = ? IF state = ?";
    inode_judge: Lwt = "UPDATE inode SET state = ?, sweep = ? WHERE inode = ? IF state = ? AND sweep = ?";
    inode_bury: Lwt = "UPDATE inode USING TTL ? SET state = ?, sweep = ? WHERE inode = ? IF state = ? AND sweep = ?";

    block_write: BlobWrite = "INSERT INTO block (inode, block_no, chunk_no, data, crc) VALUES (?, ?, ?, ?, ?)";
    block_read: BlobRead = "SELECT data, crc FROM block WHERE inode = ? AND block_no = ? AND chunk_no = ?";
    block_read_quorum: BlobReadQuorum =
        "SELECT data, crc FROM block WHERE inode = ? AND block_no = ? AND chunk_no = ?";
    block_probe: BlobReadQuorum = "SELECT chunk_no FROM block WHERE inode = ? AND block_no = ? LIMIT 1";
    block_drop: BlobWrite = "DELETE FROM block USING TIMESTAMP ? WHERE inode = ? AND block_no = ?";

    log_add: Write = "INSERT INTO reclaim_log (window, slot, id, entry) VALUES (?, ?, ?, ?)";
    log_page: Read = "SELECT id, entry FROM reclaim_log WHERE window = ? AND slot = ? AND id > ? LIMIT ?";
    log_first: Read = "SELECT id, entry FROM reclaim_log WHERE window = ? AND slot = ? LIMIT ?";
    log_drop: Write = "DELETE FROM reclaim_log WHERE window = ? AND slot = ?";

    lease_read: Serial = "SELECT owner, until, window, after FROM lease WHERE name = ?";
    lease_take: Lwt = "UPDATE lease SET owner = ?, until = ? WHERE name = ? IF until = ?";
    lease_move: Lwt = "UPDATE lease SET until = ?, window = ?, after = ? WHERE name = ? IF owner = ?";

    version_read: Read = "SELECT version, lease_ms, grace_ms, created, datacenter, consistency \
        FROM schema_version WHERE name = ?";
}
