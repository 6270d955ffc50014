//! The bytes of the log: segment header, batch header, record. Pure encoding and checking; touches no file.
//!
//! A segment is a header block, then batches, each at a multiple of [`BLOCK_BYTES`]. A batch is what one sync made
//! durable and is valid as a whole or not at all, so the records of one commit, which never cross a batch, are atomic.
//! The segment's random epoch goes into every checksum: nothing that an earlier life of the same disk blocks left
//! behind, and nothing that a client sent as an object, can pass for a batch.

use crc_fast::{CrcAlgorithm, Digest};

/// Version of everything below; in the folder's `FORMAT` file and in each segment.
pub(super) const FORMAT_VERSION: u32 = 1;
/// Batches begin at multiples of this, so that writing one never rewrites a sector of another, bytes.
pub(super) const BLOCK_BYTES: usize = 512;
/// Bytes of a batch header.
pub(super) const BATCH_HEADER_BYTES: usize = 40;
/// Bytes of a record before its key.
pub(super) const RECORD_HEADER_BYTES: usize = 32;

const SEGMENT_MAGIC: &[u8; 8] = b"DOLIUMSG";
const BATCH_MAGIC: u32 = u32::from_le_bytes(*b"DLB1");

/// Random bytes, fresh for each life of a segment file.
pub(super) type Epoch = [u8; 16];

/// CRC-32C over the epoch and these pieces.
pub(super) fn checksum(epoch: &Epoch, pieces: &[&[u8]]) -> u32 {
    let mut digest = Digest::new(CrcAlgorithm::Crc32Iscsi);
    digest.update(epoch);
    for piece in pieces {
        digest.update(piece);
    }
    u32::try_from(digest.finalize() & 0xffff_ffff).expect("masked to 32 bits")
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?))
}

/// The first block of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SegmentHeader {
    /// Rises with every segment ever made in this folder.
    pub id: u64,
    /// Sequence number of its first record.
    pub base_seq: u64,
    /// This life's random bytes.
    pub epoch: Epoch,
}

impl SegmentHeader {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut block = vec![0; BLOCK_BYTES];
        block[0..8].copy_from_slice(SEGMENT_MAGIC);
        block[8..12].copy_from_slice(&FORMAT_VERSION.to_le_bytes());
        block[16..24].copy_from_slice(&self.id.to_le_bytes());
        block[24..32].copy_from_slice(&self.base_seq.to_le_bytes());
        block[32..48].copy_from_slice(&self.epoch);
        let crc = checksum(&self.epoch, &[&block[0..12], &block[16..]]);
        block[12..16].copy_from_slice(&crc.to_le_bytes());
        block
    }

    /// `None` when this is no segment header or a damaged one.
    pub(super) fn decode(block: &[u8]) -> Option<Self> {
        if block.len() != BLOCK_BYTES || &block[0..8] != SEGMENT_MAGIC || u32_at(block, 8)? != FORMAT_VERSION {
            return None;
        }
        let epoch: Epoch = block[32..48].try_into().ok()?;
        let right = u32_at(block, 12)? == checksum(&epoch, &[&block[0..12], &block[16..]]);
        right.then_some(Self { id: u64_at(block, 16)?, base_seq: u64_at(block, 24)?, epoch })
    }
}

/// What a batch is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BatchKind {
    /// Records.
    Records,
    /// No records: says that everything before it is durable.
    Mark,
    /// No records: the segment ends here.
    Seal,
}

/// What stands before the records of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BatchHeader {
    pub kind: BatchKind,
    /// Bytes of the records that follow.
    pub body_bytes: u32,
    /// How many records.
    pub count: u32,
    /// Sequence number of the first record; without records, of the next one to come.
    pub first_seq: u64,
    /// Everything up to this sequence number was durable when this was written.
    pub durable_seq: u64,
}

impl BatchHeader {
    /// `offset`: where in the segment the batch begins; part of the checksum.
    pub(super) fn encode(&self, epoch: &Epoch, offset: u64) -> [u8; BATCH_HEADER_BYTES] {
        let mut bytes = [0; BATCH_HEADER_BYTES];
        let kind: u32 = match self.kind {
            BatchKind::Records => 0,
            BatchKind::Mark => 1,
            BatchKind::Seal => 2,
        };
        bytes[0..4].copy_from_slice(&BATCH_MAGIC.to_le_bytes());
        bytes[8..12].copy_from_slice(&kind.to_le_bytes());
        bytes[12..16].copy_from_slice(&self.body_bytes.to_le_bytes());
        bytes[16..20].copy_from_slice(&self.count.to_le_bytes());
        bytes[24..32].copy_from_slice(&self.first_seq.to_le_bytes());
        bytes[32..40].copy_from_slice(&self.durable_seq.to_le_bytes());
        let crc = checksum(epoch, &[&offset.to_le_bytes(), &bytes[8..]]);
        bytes[4..8].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    /// `None` when no batch begins here.
    pub(super) fn decode(bytes: &[u8], epoch: &Epoch, offset: u64) -> Option<Self> {
        let bytes = bytes.get(..BATCH_HEADER_BYTES)?;
        if u32_at(bytes, 0)? != BATCH_MAGIC
            || u32_at(bytes, 4)? != checksum(epoch, &[&offset.to_le_bytes(), &bytes[8..]])
        {
            return None;
        }
        let kind = match u32_at(bytes, 8)? {
            0 => BatchKind::Records,
            1 => BatchKind::Mark,
            2 => BatchKind::Seal,
            _ => return None,
        };
        Some(Self {
            kind,
            body_bytes: u32_at(bytes, 12)?,
            count: u32_at(bytes, 16)?,
            first_seq: u64_at(bytes, 24)?,
            durable_seq: u64_at(bytes, 32)?,
        })
    }

    /// Bytes of the batch on disk, padding included.
    pub(super) fn disk_bytes(&self) -> u64 {
        let bytes = BATCH_HEADER_BYTES + usize::try_from(self.body_bytes).expect("64-bit machine");
        bytes.next_multiple_of(BLOCK_BYTES) as u64
    }
}

/// One change of one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Record<'a> {
    /// The row is there from now on; otherwise it is gone.
    pub put: bool,
    /// Position in the log; rises by one from record to record.
    pub seq: u64,
    /// Position where the change was first written; differs from `seq` in what compaction moved.
    pub origin: u64,
    pub key: &'a [u8],
    /// What the index keeps.
    pub value: &'a [u8],
    /// What only the log keeps: inline bytes of an object.
    pub data: &'a [u8],
}

impl<'a> Record<'a> {
    pub(super) fn bytes(&self) -> usize {
        RECORD_HEADER_BYTES + self.key.len() + self.value.len() + self.data.len()
    }

    /// Appends the record. Keys have less than 64 KiB, values and data less than 4 GiB.
    pub(super) fn encode(&self, epoch: &Epoch, out: &mut Vec<u8>) {
        let mut header = [0; RECORD_HEADER_BYTES];
        header[4] = u8::from(self.put);
        header[6..8].copy_from_slice(&u16::try_from(self.key.len()).expect("keys are short").to_le_bytes());
        header[8..12].copy_from_slice(&u32::try_from(self.value.len()).expect("values are short").to_le_bytes());
        header[12..16].copy_from_slice(&u32::try_from(self.data.len()).expect("data is short").to_le_bytes());
        header[16..24].copy_from_slice(&self.seq.to_le_bytes());
        header[24..32].copy_from_slice(&self.origin.to_le_bytes());
        let crc = checksum(epoch, &[&header[4..], self.key, self.value, self.data]);
        header[0..4].copy_from_slice(&crc.to_le_bytes());
        out.extend_from_slice(&header);
        out.extend_from_slice(self.key);
        out.extend_from_slice(self.value);
        out.extend_from_slice(self.data);
    }

    /// The record at the start of `bytes`; `None` when it is damaged or cut off.
    pub(super) fn decode(bytes: &'a [u8], epoch: &Epoch) -> Option<Self> {
        let key_bytes = usize::from(u16_at(bytes, 6)?);
        let value_bytes = usize::try_from(u32_at(bytes, 8)?).ok()?;
        let data_bytes = usize::try_from(u32_at(bytes, 12)?).ok()?;
        let value_at = RECORD_HEADER_BYTES + key_bytes;
        let data_at = value_at.checked_add(value_bytes)?;
        let all = bytes.get(..data_at.checked_add(data_bytes)?)?;
        if u32_at(all, 0)? != checksum(epoch, &[&all[4..]]) {
            return None;
        }
        Some(Self {
            put: all[4] == 1,
            seq: u64_at(all, 16)?,
            origin: u64_at(all, 24)?,
            key: &all[RECORD_HEADER_BYTES..value_at],
            value: &all[value_at..data_at],
            data: &all[data_at..],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_reads_back_and_any_flipped_bit_is_noticed() {
        let epoch = [7; 16];
        let record = Record { put: true, seq: 9, origin: 4, key: b"key", value: b"value", data: b"data" };
        let mut bytes = Vec::new();
        record.encode(&epoch, &mut bytes);
        assert_eq!(bytes.len(), record.bytes());
        assert_eq!(Record::decode(&bytes, &epoch), Some(record));
        assert_eq!(Record::decode(&bytes, &[8; 16]), None);
        for bit in 0..bytes.len() * 8 {
            let mut wrong = bytes.clone();
            wrong[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Record::decode(&wrong, &epoch), None, "bit {bit}");
        }
    }

    #[test]
    fn a_batch_header_belongs_to_its_place() {
        let header = BatchHeader { kind: BatchKind::Records, body_bytes: 473, count: 2, first_seq: 5, durable_seq: 4 };
        let bytes = header.encode(&[1; 16], 512);
        assert_eq!(BatchHeader::decode(&bytes, &[1; 16], 512), Some(header));
        assert_eq!(BatchHeader::decode(&bytes, &[1; 16], 1024), None);
        assert_eq!(BatchHeader::decode(&bytes, &[2; 16], 512), None);
        assert_eq!(header.disk_bytes(), 1024);
    }

    #[test]
    fn a_segment_header_reads_back() {
        let header = SegmentHeader { id: 3, base_seq: 77, epoch: [5; 16] };
        let mut block = header.encode();
        assert_eq!(SegmentHeader::decode(&block), Some(header));
        block[20] ^= 1;
        assert_eq!(SegmentHeader::decode(&block), None);
    }
}
