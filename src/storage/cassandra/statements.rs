//! Every statement that is sent, with its consistency. What each reads at most is in `schema/README.md`.

use scylla::client::session::Session;
use scylla::errors::PrepareError;
use scylla::statement::prepared::PreparedStatement;
use scylla::statement::{Consistency, SerialConsistency};

use super::session::Profiles;

/// A prepared statement.
pub(super) struct Statement {
    /// Its name in [`Statements`].
    pub(super) name: &'static str,
    /// It is sent on the blobs' connections.
    pub(super) of_blobs: bool,
    /// Consistency, idempotence and routing are set.
    pub(super) prepared: PreparedStatement,
}

/// How a statement is sent.
#[derive(Clone, Copy)]
enum How {
    /// May be sent twice; its answers always have the columns it was prepared with.
    Read(Consistency),
    /// May be sent twice.
    Write(Consistency),
    /// Compare-and-set: never sent twice by the driver; the columns of its answers differ.
    Lwt(SerialConsistency, Consistency),
    /// As [`How::Read`], on the blobs' session.
    BlobRead(Consistency),
    /// As [`How::Write`], on the blobs' session.
    BlobWrite(Consistency),
}

const READ: How = How::Read(Consistency::LocalQuorum);
const SERIAL: How = How::Read(Consistency::LocalSerial);
const WRITE: How = How::Write(Consistency::LocalQuorum);
const LWT: How = How::Lwt(SerialConsistency::LocalSerial, Consistency::LocalQuorum);
const BLOB_READ_ONE: How = How::BlobRead(Consistency::LocalOne);
const BLOB_READ: How = How::BlobRead(Consistency::LocalQuorum);
const BLOB_WRITE: How = How::BlobWrite(Consistency::LocalQuorum);
// Names that the whole platform shares are agreed on over all datacentres.
const GLOBAL_READ: How = How::Read(Consistency::Quorum);
const GLOBAL_SERIAL: How = How::Read(Consistency::Serial);
const GLOBAL_WRITE: How = How::Write(Consistency::Quorum);
const GLOBAL_LWT: How = How::Lwt(SerialConsistency::Serial, Consistency::Quorum);

async fn prepare(
    meta: &Session,
    blobs: &Session,
    profiles: &Profiles,
    (name, how): (&'static str, How),
    cql: &str,
) -> Result<Statement, PrepareError> {
    let of_blobs = matches!(how, How::BlobRead(_) | How::BlobWrite(_));
    let mut prepared = if of_blobs { blobs } else { meta }.prepare(cql).await?;
    let (consistency, profile) = match how {
        How::Lwt(serial, consistency) => {
            prepared.set_serial_consistency(Some(serial));
            (consistency, &profiles.conditional)
        }
        How::Read(consistency) | How::BlobRead(consistency) | How::Write(consistency) | How::BlobWrite(consistency) => {
            (consistency, &profiles.plain)
        }
    };
    prepared.set_consistency(consistency);
    prepared.set_execution_profile_handle(Some(profile.clone()));
    prepared.set_is_idempotent(!matches!(how, How::Lwt(..)));
    prepared.set_use_cached_result_metadata(matches!(how, How::Read(_) | How::BlobRead(_)));
    Ok(Statement { name, of_blobs, prepared })
}

/// `name: HOW, …  = "CQL";`, where several names send one text in several ways.
macro_rules! statements {
    ($($($name:ident: $how:ident),+ = $cql:literal;)*) => {
        /// All statements, prepared.
        pub(super) struct Statements {
            $($(#[doc = $cql] pub(super) $name: Statement,)+)*
        }

        impl Statements {
            /// Prepares them on every node.
            pub(super) async fn prepare(
                meta: &Session,
                blobs: &Session,
                profiles: &Profiles,
            ) -> Result<Self, PrepareError> {
                // One after the other would cost a round trip each; all at once is a burst of small requests.
                // Boxed: side by side on the stack, so many would be most of what a thread has.
                $($(let $name = Box::pin(prepare(meta, blobs, profiles, (stringify!($name), $how), $cql));)+)*
                let ($($($name,)+)*) = futures::try_join!($($($name,)+)*)?;
                Ok(Self { $($($name,)+)* })
            }
        }
    };
}

statements! {
    tenant_read: GLOBAL_READ = "SELECT name FROM tenant WHERE id = ?";
    tenant_write: GLOBAL_WRITE = "INSERT INTO tenant (id, name) VALUES (?, ?)";
    tenant_by_name: GLOBAL_READ, tenant_by_name_serial: GLOBAL_SERIAL = "SELECT id FROM tenant_by_name WHERE name = ?";
    tenant_claim: GLOBAL_LWT = "INSERT INTO tenant_by_name (name, id) VALUES (?, ?) IF NOT EXISTS";

    bucket_read: GLOBAL_READ, bucket_serial: GLOBAL_SERIAL =
        "SELECT rev, bucket_id, owner, region, created, state, since, settings FROM bucket WHERE name = ?";
    bucket_claim: GLOBAL_LWT = "INSERT INTO bucket (name, rev, bucket_id, owner, region, created, state, since, settings) \
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) IF NOT EXISTS";
    bucket_mark: GLOBAL_LWT = "UPDATE bucket SET rev = ?, state = ?, since = ? WHERE name = ? IF rev = ?";
    bucket_configure: GLOBAL_LWT = "UPDATE bucket SET rev = ?, settings = ? WHERE name = ? IF rev = ?";
    bucket_give: GLOBAL_LWT = "UPDATE bucket SET rev = ?, owner = ? WHERE name = ? IF rev = ?";
    bucket_drop: GLOBAL_LWT = "DELETE FROM bucket WHERE name = ? IF rev = ?";
    owner_add: GLOBAL_WRITE = "INSERT INTO bucket_by_owner (owner, name, bucket_id) VALUES (?, ?, ?)";
    owner_drop: GLOBAL_WRITE = "DELETE FROM bucket_by_owner WHERE owner = ? AND name = ? AND bucket_id = ?";
    owner_after: GLOBAL_READ =
        "SELECT name, bucket_id FROM bucket_by_owner WHERE owner = ? AND (name, bucket_id) > (?, ?) LIMIT ?";

    shards_add: LWT = "INSERT INTO shard_map (bucket_id, lower, shard_id, rev) VALUES (?, ?, ?, ?) IF NOT EXISTS";
    shard_at: READ, shard_serial: SERIAL = "SELECT lower, upper, shard_id, rev, step, move, since, dropped \
        FROM shard_map WHERE bucket_id = ? AND lower <= ? ORDER BY lower DESC LIMIT 1";
    shard_before: SERIAL = "SELECT lower, upper, shard_id, rev, step, move, since, dropped \
        FROM shard_map WHERE bucket_id = ? AND lower < ? ORDER BY lower DESC LIMIT 1";
    shards_first: READ = "SELECT lower, upper, shard_id, rev, step, move, since, dropped \
        FROM shard_map WHERE bucket_id = ? LIMIT ?";
    shards_after: READ = "SELECT lower, upper, shard_id, rev, step, move, since, dropped \
        FROM shard_map WHERE bucket_id = ? AND lower > ? LIMIT ?";
    shard_step: LWT = "UPDATE shard_map SET rev = ?, step = ?, move = ?, since = ? \
        WHERE bucket_id = ? AND lower = ? IF rev = ? AND shard_id = ?";
    shard_step_both: LWT = "BEGIN BATCH \
        UPDATE shard_map SET rev = ?, step = ?, move = ?, since = ? \
            WHERE bucket_id = ? AND lower = ? IF rev = ? AND shard_id = ?; \
        UPDATE shard_map SET rev = ?, step = ?, move = ?, since = ? \
            WHERE bucket_id = ? AND lower = ? IF rev = ? AND shard_id = ?; \
        APPLY BATCH";
    shard_rewritten: LWT = "UPDATE shard_map SET rev = ?, step = ?, move = ?, since = ?, shard_id = ?, upper = ?, \
        dropped = ? WHERE bucket_id = ? AND lower = ? IF rev = ? AND shard_id = ?";
    shard_split: LWT = "BEGIN BATCH \
        UPDATE shard_map SET rev = ?, step = ?, move = ?, since = ?, shard_id = ?, upper = ?, dropped = ? \
            WHERE bucket_id = ? AND lower = ? IF rev = ? AND shard_id = ?; \
        INSERT INTO shard_map (bucket_id, lower, upper, shard_id, rev, step, move, since) \
            VALUES (?, ?, ?, ?, ?, ?, ?, ?); \
        APPLY BATCH";
    shard_merged: LWT = "BEGIN BATCH \
        UPDATE shard_map SET rev = ?, step = ?, move = ?, since = ?, shard_id = ?, upper = ?, dropped = ? \
            WHERE bucket_id = ? AND lower = ? IF rev = ? AND shard_id = ?; \
        DELETE FROM shard_map WHERE bucket_id = ? AND lower = ? IF rev = ?; \
        APPLY BATCH";
    shard_count: LWT = "UPDATE shard_map SET dropped = ? WHERE bucket_id = ? AND lower = ? IF rev = ? AND dropped = ?";
    shards_purge: WRITE = "DELETE FROM shard_map USING TIMESTAMP ? WHERE bucket_id = ?";

    head_read: READ, head_serial: SERIAL =
        "SELECT rev, ts, state, put_id, attrs, inline FROM object WHERE bucket_id = ? AND key = ? LIMIT 1";
    head_set: LWT = "UPDATE object USING TTL ? SET rev = ?, ts = ?, state = ?, put_id = ?, attrs = ?, inline = ? \
        WHERE bucket_id = ? AND key = ? IF rev = ?";

    head_demote: LWT = "BEGIN BATCH \
        UPDATE object SET rev = ?, ts = ?, state = ?, put_id = ?, attrs = ?, inline = ? \
            WHERE bucket_id = ? AND key = ? IF rev = ?; \
        INSERT INTO object (bucket_id, key, seq, version_attrs, version_inline) VALUES (?, ?, ?, ?, ?); \
        APPLY BATCH";
    head_drop: LWT = "BEGIN BATCH \
        UPDATE object SET rev = ?, ts = ?, state = ?, put_id = ?, attrs = ?, inline = ? \
            WHERE bucket_id = ? AND key = ? IF rev = ?; \
        DELETE FROM object WHERE bucket_id = ? AND key = ? AND seq = ?; \
        APPLY BATCH";
    head_demote_and_drop: LWT = "BEGIN BATCH \
        UPDATE object SET rev = ?, ts = ?, state = ?, put_id = ?, attrs = ?, inline = ? \
            WHERE bucket_id = ? AND key = ? IF rev = ?; \
        INSERT INTO object (bucket_id, key, seq, version_attrs, version_inline) VALUES (?, ?, ?, ?, ?); \
        DELETE FROM object WHERE bucket_id = ? AND key = ? AND seq = ?; \
        APPLY BATCH";
    head_rewrite: LWT = "BEGIN BATCH \
        UPDATE object SET rev = ?, ts = ?, state = ?, put_id = ?, attrs = ?, inline = ? \
            WHERE bucket_id = ? AND key = ? IF rev = ?; \
        UPDATE object SET version_attrs = ? WHERE bucket_id = ? AND key = ? AND seq = ?; \
        APPLY BATCH";
    noncurrent_read: READ = "SELECT version_attrs, version_inline FROM object WHERE bucket_id = ? AND key = ? AND seq = ?";
    noncurrent_below: READ = "SELECT version_attrs, version_inline FROM object \
        WHERE bucket_id = ? AND key = ? AND seq < ? LIMIT ?";
    noncurrent_attrs_below: READ = "SELECT seq, version_attrs FROM object \
        WHERE bucket_id = ? AND key = ? AND seq < ? LIMIT ?";

    versioned_add: WRITE = "UPDATE versioned_key USING TIMESTAMP ? SET state = ? \
        WHERE bucket_id = ? AND shard_id = ? AND key = ?";
    versioned_drop: WRITE = "DELETE FROM versioned_key USING TIMESTAMP ? \
        WHERE bucket_id = ? AND shard_id = ? AND key = ?";
    versioned_purge: WRITE = "DELETE FROM versioned_key USING TIMESTAMP ? WHERE bucket_id = ? AND shard_id = ?";
    versioned_from: READ = "SELECT key, WRITETIME(state) FROM versioned_key \
        WHERE bucket_id = ? AND shard_id = ? AND key >= ? LIMIT ?";
    versioned_between: READ = "SELECT key, WRITETIME(state) FROM versioned_key \
        WHERE bucket_id = ? AND shard_id = ? AND key >= ? AND key < ? LIMIT ?";

    listing_intent: WRITE = "UPDATE listing USING TIMESTAMP ? SET state = ? \
        WHERE bucket_id = ? AND shard_id = ? AND key = ?";
    listing_set: WRITE = "UPDATE listing USING TIMESTAMP ? SET state = ?, attrs = ? \
        WHERE bucket_id = ? AND shard_id = ? AND key = ?";
    listing_attrs: WRITE = "UPDATE listing USING TIMESTAMP ? SET attrs = ? \
        WHERE bucket_id = ? AND shard_id = ? AND key = ?";
    listing_copied: READ = "SELECT key, state, attrs, WRITETIME(state), WRITETIME(attrs) FROM listing \
        WHERE bucket_id = ? AND shard_id = ? AND key >= ? LIMIT ?";
    listing_drop: WRITE = "DELETE FROM listing USING TIMESTAMP ? WHERE bucket_id = ? AND shard_id = ? AND key = ?";
    listing_purge: WRITE = "DELETE FROM listing USING TIMESTAMP ? WHERE bucket_id = ? AND shard_id = ?";
    listing_from: READ = "SELECT key, state, attrs, WRITETIME(state) FROM listing \
        WHERE bucket_id = ? AND shard_id = ? AND key >= ? LIMIT ?";
    listing_between: READ = "SELECT key, state, attrs, WRITETIME(state) FROM listing \
        WHERE bucket_id = ? AND shard_id = ? AND key >= ? AND key < ? LIMIT ?";

    upload_read: READ, upload_serial: SERIAL =
        "SELECT rev, state, changed, bucket_id, key, attrs, initiator, initiated, closing FROM upload WHERE upload_id = ? LIMIT 1";
    upload_open: LWT = "UPDATE upload SET rev = ?, state = ?, changed = ?, bucket_id = ?, key = ?, attrs = ?, \
        initiator = ?, initiated = ?, closing = ? WHERE upload_id = ? IF rev = ?";
    upload_mark: LWT = "UPDATE upload SET rev = ?, state = ?, changed = ?, closing = ? WHERE upload_id = ? IF rev = ?";
    upload_purge: WRITE = "DELETE FROM upload USING TIMESTAMP ? WHERE upload_id = ?";
    part_set: LWT = "UPDATE upload SET part = ? WHERE upload_id = ? AND part_no = ? IF state = ?";
    parts_after: READ = "SELECT part_no, part FROM upload WHERE upload_id = ? AND part_no > ? LIMIT ?";
    uploads_add: WRITE = "INSERT INTO upload_by_bucket (bucket_id, shard_id, key, upload_id) VALUES (?, ?, ?, ?)";
    uploads_copy: WRITE = "INSERT INTO upload_by_bucket (bucket_id, shard_id, key, upload_id) VALUES (?, ?, ?, ?) \
        USING TIMESTAMP ?";
    uploads_drop: WRITE = "DELETE FROM upload_by_bucket \
        WHERE bucket_id = ? AND shard_id = ? AND key = ? AND upload_id = ?";
    uploads_purge: WRITE = "DELETE FROM upload_by_bucket USING TIMESTAMP ? WHERE bucket_id = ? AND shard_id = ?";
    uploads_from: READ = "SELECT key, upload_id FROM upload_by_bucket \
        WHERE bucket_id = ? AND shard_id = ? AND (key, upload_id) > (?, ?) LIMIT ?";

    inode_serial: SERIAL = "SELECT state, sweep FROM inode WHERE inode = ? LIMIT 1";
    inode_refer: LWT = "UPDATE inode SET added = ? WHERE inode = ? AND bucket_id = ? AND key = ? IF state = ?";
    inode_refers_serial: SERIAL =
        "SELECT bucket_id, key FROM inode WHERE inode = ? AND (bucket_id, key) > (?, ?) LIMIT ?";
    inode_unrefer: LWT = "DELETE FROM inode WHERE inode = ? AND bucket_id = ? AND key = ? IF state = ?";
    inode_judge: LWT = "UPDATE inode USING TTL ? SET state = ?, sweep = ? WHERE inode = ? IF state = ? AND sweep = ?";

    block_write: BLOB_WRITE = "INSERT INTO block (inode, block_no, chunk_no, data, crc) VALUES (?, ?, ?, ?, ?)";
    block_read_one: BLOB_READ_ONE, block_read: BLOB_READ =
        "SELECT data, crc FROM block WHERE inode = ? AND block_no = ? AND chunk_no = ?";
    block_probe: BLOB_READ = "SELECT chunk_no FROM block WHERE inode = ? AND block_no = ? LIMIT 1";
    block_drop: BLOB_WRITE = "DELETE FROM block USING TIMESTAMP ? WHERE inode = ? AND block_no = ?";

    log_add: WRITE = "INSERT INTO reclaim_log (window, slot, id, entry) VALUES (?, ?, ?, ?)";
    log_page: READ = "SELECT id, entry FROM reclaim_log WHERE window = ? AND slot = ? AND id > ? LIMIT ?";
    log_drop: WRITE = "DELETE FROM reclaim_log WHERE window = ? AND slot = ?";

    lease_read: SERIAL = "SELECT owner, until, window, after FROM lease WHERE name = ?";
    lease_take: LWT = "UPDATE lease SET owner = ?, until = ? WHERE name = ? IF until = ?";
    lease_move: LWT = "UPDATE lease SET until = ?, window = ?, after = ? WHERE name = ? IF owner = ?";

    lifecycle_add: GLOBAL_WRITE = "INSERT INTO bucket_with_lifecycle (slot, name, bucket_id, since) VALUES (?, ?, ?, ?)";
    lifecycle_after: GLOBAL_READ = "SELECT name, bucket_id, WRITETIME(since) FROM bucket_with_lifecycle \
        WHERE slot = ? AND (name, bucket_id) > (?, ?) LIMIT ?";
    lifecycle_drop: GLOBAL_WRITE = "DELETE FROM bucket_with_lifecycle USING TIMESTAMP ? \
        WHERE slot = ? AND name = ? AND bucket_id = ?";

    work_read: SERIAL = "SELECT owner, until, note FROM work WHERE name = ?";
    work_take: LWT = "UPDATE work SET owner = ?, until = ? WHERE name = ? IF until = ?";
    work_leave: LWT = "UPDATE work SET until = ?, note = ? WHERE name = ? IF owner = ?";

    entry_read: GLOBAL_READ, entry_serial: GLOBAL_SERIAL = "SELECT rev, value FROM directory WHERE scope = ? AND name = ?";
    entries_from: GLOBAL_READ = "SELECT name, rev, value FROM directory WHERE scope = ? AND name >= ? LIMIT ?";
    entries_after: GLOBAL_READ = "SELECT name, rev, value FROM directory WHERE scope = ? AND name > ? LIMIT ?";
    entry_set: GLOBAL_LWT = "UPDATE directory SET rev = ?, value = ? WHERE scope = ? AND name = ? IF rev = ?";
    entry_drop: GLOBAL_LWT = "DELETE FROM directory WHERE scope = ? AND name = ? IF rev = ?";

    version_read: READ = "SELECT version, lease_ms, grace_ms, created, datacenter, consistency \
        FROM schema_version WHERE name = ?";
}
