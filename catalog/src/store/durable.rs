//! How does a change reach the disk for good? The only functions of the catalog that write, rename or remove files.
//!
//! Ref: POSIX `rename` (atomic replacement) and `fsync` of files and folders.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use crate::error::{CatalogError, Result};
use crate::store::layout::{TEMPORARY_SUFFIX, TablePaths};

/// Puts a whole file in place: after this returns it holds the bytes for good; after a kill it holds the old bytes, or is
/// absent as before, or holds the new ones.
pub(super) fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    let temporary = temporary_path(path);
    let mut file = File::create(&temporary).map_err(|e| CatalogError::io("create", &temporary, &e))?;
    file.write_all(bytes).map_err(|e| CatalogError::io("write", &temporary, &e))?;
    file.sync_all().map_err(|e| CatalogError::io("sync", &temporary, &e))?;
    drop(file);
    rename(&temporary, path)
}

/// Renames a file or folder for good.
pub(super) fn rename(from: &Path, to: &Path) -> Result<()> {
    fs::rename(from, to).map_err(|e| CatalogError::io("rename", from, &e))?;
    sync_parent(to)
}

/// Appends to a file, from the given length on, and makes the bytes durable.
pub(super) fn append(file: &mut File, path: &Path, bytes: &[u8]) -> Result<()> {
    file.write_all(bytes).map_err(|e| CatalogError::io("write", path, &e))?;
    file.sync_data().map_err(|e| CatalogError::io("sync", path, &e))
}

/// Opens a file for appending, cut to a length: bytes beyond it are a write that was never acknowledged.
pub(super) fn open_for_append(path: &Path, length: u64) -> Result<File> {
    let file = OpenOptions::new().append(true).open(path).map_err(|e| CatalogError::io("open", path, &e))?;
    let actual = file.metadata().map_err(|e| CatalogError::io("inspect", path, &e))?.len();
    if actual > length {
        file.set_len(length).map_err(|e| CatalogError::io("truncate", path, &e))?;
        file.sync_all().map_err(|e| CatalogError::io("sync", path, &e))?;
    }
    Ok(file)
}

/// Makes a folder, for good; one that exists is fine.
pub(super) fn create_folder(path: &Path) -> Result<()> {
    match fs::create_dir(path) {
        Ok(()) => sync_parent(path),
        Err(e) if e.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(e) => Err(CatalogError::io("create", path, &e)),
    }
}

/// Removes a file, for good; answers whether there was one.
pub(super) fn remove_file(path: &Path) -> Result<bool> {
    match fs::remove_file(path) {
        Ok(()) => sync_parent(path).map(|()| true),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(false),
        Err(e) => Err(CatalogError::io("remove", path, &e)),
    }
}

/// Removes a folder with all it holds, for good; answers whether there was one.
pub(super) fn remove_folder(path: &Path) -> Result<bool> {
    match fs::remove_dir_all(path) {
        Ok(()) => sync_parent(path).map(|()| true),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(false),
        Err(e) => Err(CatalogError::io("remove", path, &e)),
    }
}

/// Makes what was created, renamed or removed in a folder durable.
pub(super) fn sync_folder(folder: &Path) -> Result<()> {
    let handle = File::open(folder).map_err(|e| CatalogError::io("open", folder, &e))?;
    handle.sync_all().map_err(|e| CatalogError::io("sync", folder, &e))
}

/// Makes durable whatever a failed write left in a table's files, before they are read again.
pub(super) fn sync_table(paths: &TablePaths) -> Result<()> {
    for path in [paths.table(), paths.partitions(), paths.log()] {
        match File::open(&path) {
            Ok(file) => file.sync_all().map_err(|e| CatalogError::io("sync", &path, &e))?,
            Err(e) if e.kind() == ErrorKind::NotFound => {}
            Err(e) => return Err(CatalogError::io("open", &path, &e)),
        }
    }
    sync_parent(&paths.table())
}

fn sync_parent(path: &Path) -> Result<()> {
    sync_folder(path.parent().unwrap_or(Path::new(".")))
}

fn temporary_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(TEMPORARY_SUFFIX);
    PathBuf::from(name)
}
