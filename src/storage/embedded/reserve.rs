//! Space that is taken ahead for the index, so that a checkpoint can be written when the disk is full and the segments
//! that it makes needless can go.

use std::io;
use std::path::{Path, PathBuf};

use super::disk::Disk;

/// A file that holds nothing but its blocks.
#[derive(Debug)]
pub(super) struct Reserve {
    path: PathBuf,
    bytes: u64,
}

impl Reserve {
    pub(super) fn new(folder: &Path, bytes: u64) -> Self {
        Self { path: folder.join("index.reserve"), bytes }
    }

    fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new("."))
    }

    /// Takes the space, if it is not taken yet and there is twice as much. Failing is no error: the next checkpoint
    /// tries again.
    pub(super) fn take(&self, disk: &dyn Disk) {
        let taken = || -> io::Result<()> {
            if self.bytes == 0 || disk.open(&self.path).is_ok() || disk.free_bytes(self.folder())? < 2 * self.bytes {
                return Ok(());
            }
            let file = disk.create(&self.path)?;
            file.allocate(0, self.bytes)
        };
        if taken().is_err() {
            drop(disk.remove(&self.path));
        }
    }

    /// Gives the space to whoever needs it now; false when there was none to give.
    pub(super) fn release(&self, disk: &dyn Disk) -> bool {
        disk.remove(&self.path).is_ok()
    }
}
