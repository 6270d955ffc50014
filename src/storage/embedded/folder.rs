//! The folder itself: whose it is, and of which version.

use std::any::Any;
use std::path::Path;

use super::OpenError;
use super::disk::Disk;
use super::record::FORMAT_VERSION;

const FIRST_LINE: &str = "dolium embedded store, format ";

/// Makes the folder if it is missing, takes its lock, and checks its version.
pub(super) fn claim(disk: &dyn Disk, path: &Path) -> Result<Box<dyn Any + Send + Sync>, OpenError> {
    let unwritable = |error: std::io::Error| OpenError::Unwritable { path: path.to_owned(), reason: error.to_string() };
    disk.make_dirs(path).map_err(unwritable)?;
    let lock = disk.lock(&path.join("LOCK")).map_err(unwritable)?;
    let lock = lock.ok_or_else(|| OpenError::InUse { path: path.to_owned() })?;
    let names = disk.list(path)?;
    if names.iter().any(|name| name == "FORMAT") {
        check(disk, path)?;
        return Ok(lock);
    }
    if names.iter().any(|name| name == "segments") && !disk.list(&path.join("segments"))?.is_empty() {
        let file = path.join("FORMAT");
        return Err(OpenError::Damaged(format!("{} is missing beside a log; restore it from a copy", file.display())));
    }
    write(disk, path).map_err(unwritable)?;
    Ok(lock)
}

fn check(disk: &dyn Disk, path: &Path) -> Result<(), OpenError> {
    let file = disk.open(&path.join("FORMAT"))?;
    let mut text = vec![0; usize::try_from(file.length()?.min(256)).expect("at most 256")];
    file.read_at(&mut text, 0)?;
    let text = String::from_utf8_lossy(&text);
    let version = text.trim().strip_prefix(FIRST_LINE).and_then(|version| version.parse::<u32>().ok());
    match version {
        Some(found) if found > FORMAT_VERSION => {
            Err(OpenError::Newer { path: path.to_owned(), found, known: FORMAT_VERSION })
        }
        Some(_) => Ok(()),
        None => Err(OpenError::Damaged(format!("{} does not name a format", path.join("FORMAT").display()))),
    }
}

fn write(disk: &dyn Disk, path: &Path) -> std::io::Result<()> {
    let new = path.join("FORMAT.new");
    let file = disk.create(&new)?;
    file.write_at(format!("{FIRST_LINE}{FORMAT_VERSION}\n").as_bytes(), 0)?;
    file.sync()?;
    disk.rename(&new, &path.join("FORMAT"))?;
    disk.sync_dir(path)?;
    // The folder itself may be new. Who may not read the one above did not make it, and has nothing to sync there.
    let above = path.parent().filter(|above| !above.as_os_str().is_empty());
    drop(disk.sync_dir(above.unwrap_or(Path::new("."))));
    Ok(())
}
