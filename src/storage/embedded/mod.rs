//! The embedded store: one folder, one process, an append-only segment log as the truth.
//!
//! ```text
//! FORMAT          the version of all below; a newer one is refused
//! LOCK            held while a process uses the folder
//! segments/       the log: 0000000000000001.log …, and spares ready to become the next
//! blobs/xx/…      bodies above 256 KiB, one file each, synced before the log refers to them
//! index.reserve   space for a checkpoint on a full disk
//! index.redb      the sorted index up to a checkpoint; rebuilt from the log when it is missing
//! ```
//!
//! A write goes: [`heads`] decides under the key's lock → [`committer`] writes it with whatever else waits, syncs once,
//! applies it to the [`index`], answers. A read goes: [`index`] → [`segments`] or [`chunks`].
//!
//! Invariants:
//! 1. Only the committer's thread writes the log and changes the index; a change is visible only when it is durable.
//! 2. A record of a batch that the log says was durable is there and right, or the store does not open.
//! 3. Locks travel with the commit: a request that is given up never opens a key whose change is still in flight.
//! 4. A delete's record stays until no segment is older than it; a segment goes only after a checkpoint that covers
//!    the copies of its records.
//! 5. After a failed sync, or a panic of one of the store's threads, nothing is written any more.
//! 6. Opening builds on what the disk has, never on what memory alone still shows.

mod base;
mod blobs;
mod buckets;
mod checkpoint;
mod chunks;
mod committer;
mod directory;
mod disk;
mod folder;
mod heads;
mod index;
mod keys;
mod locks;
mod record;
mod recovery;
mod reserve;
mod rows;
mod segments;
mod shared;
mod stop;
mod store;
mod sweep;
#[cfg(test)]
mod tests;
mod uploads;
mod versions;
mod watch;
mod work;

use std::io;
use std::path::PathBuf;
use std::time::Duration;

pub use store::open;

use crate::storage::StorageError;

/// Bodies up to this many bytes are kept in the log, beside their head.
pub const INLINE_BYTES_MAX: usize = 256 << 10;

/// How an embedded store is laid out and when it tidies up. The defaults suit everything but tests.
#[derive(Debug, Clone)]
pub struct EmbeddedConfig {
    /// The folder; made when it is missing.
    pub path: PathBuf,
    /// Length of a file of the log, bytes; at least 1 MiB, less than 4 GiB.
    pub segment_bytes: u64,
    /// A checkpoint of the index is written after this much log, bytes.
    pub checkpoint_log_bytes: u64,
    /// …or after this many changed rows, whatever comes first.
    pub checkpoint_rows: usize,
    /// Free space below which new data is refused, so that deletes and checkpoints still find some, bytes.
    pub headroom_bytes: u64,
    /// How long a blob stays after its last reference went, for readers that have just looked up the head.
    pub linger: Duration,
    /// How long after a look at every row and file there is another; in between only what is known to be dead goes.
    pub scan_every: Duration,
    /// Sealed segments of the log that are kept open for readers.
    pub open_segments_max: usize,
    /// How long a finished blob waits for the commit that refers to it.
    pub orphan_grace: Duration,
}

impl EmbeddedConfig {
    /// The defaults, in this folder.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            segment_bytes: 64 << 20,
            checkpoint_log_bytes: 128 << 20,
            checkpoint_rows: 50_000,
            headroom_bytes: 64 << 20,
            linger: Duration::from_secs(5),
            scan_every: Duration::from_secs(3600),
            open_segments_max: 256,
            orphan_grace: Duration::from_secs(15 * 60),
        }
    }
}

/// Why a folder could not be opened, as one sentence for whoever started the program.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder cannot be made or written.
    #[error("Cannot write to the data folder {path}: {reason}.", path = path.display())]
    Unwritable {
        /// The folder.
        path: PathBuf,
        /// The system's words.
        reason: String,
    },
    /// A newer program made the folder.
    #[error(
        "The data folder {path} has format version {found}, and this program knows versions up to {known}: use a newer \
         program.",
        path = path.display()
    )]
    Newer {
        /// The folder.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// The newest version that this program can read.
        known: u32,
    },
    /// Another process uses the folder.
    #[error("The data folder {path} is in use by another process.", path = path.display())]
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// What was durable is not there any more, or not as it was.
    #[error("The data folder is damaged: {0}.")]
    Damaged(String),
    /// The file system failed.
    #[error("The data folder could not be read: {0}.")]
    Io(#[from] io::Error),
    /// Something else failed.
    #[error("The data folder could not be opened: {0}.")]
    Failed(#[from] StorageError),
}
