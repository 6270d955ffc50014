//! Every file operation of the store, behind two traits, so that tests can lose power, run out of space or fail a
//! sync at any of them. Knows nothing of what is stored.

use std::any::Any;
use std::fmt::Debug;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

/// A file system, as far as the store needs one. All paths are absolute or relative to the process.
pub(super) trait Disk: Debug + Send + Sync {
    /// Takes the process-wide lock that `path` stands for; `None` when another process (or store) holds it. Dropping
    /// the answer gives it back.
    fn lock(&self, path: &Path) -> io::Result<Option<Box<dyn Any + Send + Sync>>>;
    /// Makes a folder and those above it.
    fn make_dirs(&self, path: &Path) -> io::Result<()>;
    /// The names in a folder, in no order.
    fn list(&self, dir: &Path) -> io::Result<Vec<String>>;
    /// Makes a file, or empties the one that is there.
    fn create(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>>;
    /// Opens a file that exists.
    fn open(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>>;
    /// Removes a file; who has it open keeps it.
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Renames a file within its folder.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Makes the names in a folder durable.
    fn sync_dir(&self, dir: &Path) -> io::Result<()>;
    /// Bytes that are free below this path.
    fn free_bytes(&self, path: &Path) -> io::Result<u64>;
}

/// An open file. All methods may block.
pub(super) trait DiskFile: Debug + Send + Sync {
    /// Fills `buffer` from `offset`; an end of file before that is an error.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()>;
    /// Writes all of `bytes` at `offset`.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;
    /// Takes space for this range, and makes the file so long that it holds the range.
    fn allocate(&self, offset: u64, length: u64) -> io::Result<()>;
    /// Cuts or extends (with zeros) the file.
    fn set_length(&self, length: u64) -> io::Result<()>;
    /// Its length, bytes.
    fn length(&self) -> io::Result<u64>;
    /// Makes content and length durable.
    fn sync(&self) -> io::Result<()>;
    /// Lets go of what memory holds of the file, except what is still to be written: the next read is of the disk.
    fn drop_cache(&self) -> io::Result<()>;
    /// Lets the kernel begin to write this range, so that the sync at the end is short. Promises nothing.
    fn start_writeback(&self, offset: u64, length: u64);
}

/// The machine's file system.
#[derive(Debug)]
pub(super) struct RealDisk;

#[derive(Debug)]
struct RealFile(File);

impl Disk for RealDisk {
    fn lock(&self, path: &Path) -> io::Result<Option<Box<dyn Any + Send + Sync>>> {
        let file = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Box::new(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    fn make_dirs(&self, path: &Path) -> io::Result<()> {
        fs::create_dir_all(path)
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(dir)? {
            if let Ok(name) = entry?.file_name().into_string() {
                names.push(name);
            }
        }
        Ok(names)
    }

    fn create(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        let file = OpenOptions::new().create(true).truncate(true).read(true).write(true).open(path)?;
        Ok(Arc::new(RealFile(file)))
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        Ok(Arc::new(RealFile(OpenOptions::new().read(true).write(true).open(path)?)))
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        File::open(dir)?.sync_all()
    }

    fn free_bytes(&self, path: &Path) -> io::Result<u64> {
        use std::os::unix::ffi::OsStrExt;
        let name = std::ffi::CString::new(path.as_os_str().as_bytes())?;
        // SAFETY: all zeros is a valid value of this plain C struct.
        let mut facts: libc::statvfs = unsafe { std::mem::zeroed() };
        // SAFETY: `name` is a C string and `facts` a place for the answer; both outlive the call.
        if unsafe { libc::statvfs(name.as_ptr(), &mut facts) } != 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(facts.f_bavail * facts.f_frsize)
    }
}

impl DiskFile for RealFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        self.0.read_exact_at(buffer, offset)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.0.write_all_at(bytes, offset)
    }

    fn allocate(&self, offset: u64, length: u64) -> io::Result<()> {
        let offset = libc::off_t::try_from(offset).map_err(io::Error::other)?;
        let length = libc::off_t::try_from(length).map_err(io::Error::other)?;
        // SAFETY: the descriptor belongs to the open file in `self`.
        match unsafe { libc::posix_fallocate(self.0.as_raw_fd(), offset, length) } {
            0 => Ok(()),
            code => Err(io::Error::from_raw_os_error(code)),
        }
    }

    fn set_length(&self, length: u64) -> io::Result<()> {
        self.0.set_len(length)
    }

    fn length(&self) -> io::Result<u64> {
        Ok(self.0.metadata()?.len())
    }

    fn sync(&self) -> io::Result<()> {
        self.0.sync_data()
    }

    fn drop_cache(&self) -> io::Result<()> {
        // SAFETY: the descriptor belongs to the open file in `self`; a length of 0 is up to its end.
        match unsafe { libc::posix_fadvise(self.0.as_raw_fd(), 0, 0, libc::POSIX_FADV_DONTNEED) } {
            0 => Ok(()),
            code => Err(io::Error::from_raw_os_error(code)),
        }
    }

    fn start_writeback(&self, offset: u64, length: u64) {
        let (Ok(offset), Ok(length)) = (libc::off64_t::try_from(offset), libc::off64_t::try_from(length)) else {
            return;
        };
        // SAFETY: the descriptor belongs to the open file in `self`; the call touches no memory of ours.
        unsafe { libc::sync_file_range(self.0.as_raw_fd(), offset, length, libc::SYNC_FILE_RANGE_WRITE) };
    }
}

/// Makes sure that what is read from now on is on the disk, and not only in memory.
///
/// # Why a sync is not enough
/// After a kill the page cache holds writes that were never synced; syncing brings them down. After a sync that failed,
/// Linux takes the pages for written and goes on showing them, to the next process as well, whose own sync then finds
/// nothing to do. Only a read past the cache tells what the disk has.
pub(super) fn settle(file: &dyn DiskFile, path: &Path) -> io::Result<()> {
    let settled = file.sync().and_then(|()| file.drop_cache());
    settled.map_err(|error| io::Error::new(error.kind(), format!("{} could not be synced ({error})", path.display())))
}

/// Whether an error means that there is no room.
pub(super) fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}
