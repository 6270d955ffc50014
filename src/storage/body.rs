//! How bytes enter and leave a store: in bounded pieces, never whole.

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;

use super::model::Placement;
use super::{Result, StorageError};

/// The bytes of a blob, each piece verified against its checksum. An error ends the stream.
pub type ChunkStream = BoxStream<'static, std::result::Result<Bytes, StorageError>>;

/// Writes one blob. Dropping it without [`BlobWriter::finish`] leaves nothing that a reader could see; the space is
/// reclaimed.
#[async_trait]
pub trait BlobWriter: Send {
    /// Appends a piece. Pieces may be of any size from 1 byte up; callers pass [`super::ChunkStore::chunk_bytes`]
    /// where they can, so that nothing is copied. Returns when the store can take the next piece, which may be before
    /// this one is durable.
    async fn write(&mut self, piece: Bytes) -> Result<()>;

    /// Waits until every byte is durable and returns where the blob is.
    async fn finish(self: Box<Self>) -> Result<Placement>;
}
