//! Files that are whole or not there: a temporary file beside the target, synced and then renamed. R has no
//! way to sync, and does not say why a file cannot be written; R writes what is in between.
//!
//! Paths come and go as the bytes that the system knows them by.

use crate::interrupts::suspended;
use extendr_api::prelude::*;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// More links than this lead in a circle; Linux follows as many.
const MOST_LINKS: usize = 40;

/// Bytes that show whether a file can still grow: more than what is left of a block that is in use already.
const PROBE: usize = 1 << 16;

#[cfg(unix)]
fn path_of(bytes: &[u8]) -> io::Result<PathBuf> {
    use std::os::unix::ffi::OsStrExt;
    Ok(PathBuf::from(std::ffi::OsStr::from_bytes(bytes)))
}

#[cfg(unix)]
fn bytes_of(path: &Path) -> Robj {
    use std::os::unix::ffi::OsStrExt;
    Raw::from_bytes(path.as_os_str().as_bytes()).into()
}

#[cfg(not(unix))]
fn path_of(bytes: &[u8]) -> io::Result<PathBuf> {
    let text = std::str::from_utf8(bytes).map_err(|_| io::Error::other("The path is not UTF-8"))?;
    Ok(PathBuf::from(text))
}

#[cfg(not(unix))]
fn bytes_of(path: &Path) -> Robj {
    Raw::from_bytes(path.to_string_lossy().as_bytes()).into()
}

/// The file that a chain of symbolic links leads to, whether it exists or not.
fn resolve(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_path_buf();
    for _ in 0..MOST_LINKS {
        match fs::read_link(&path) {
            Ok(next) => path = folder_of(&path).join(next),
            Err(_) => return Ok(path),
        }
    }
    Err(io::Error::other("Too many symbolic links"))
}

fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_path_buf(),
        _ => PathBuf::from("."),
    }
}

/// What is known of the file that will be replaced; an error where it may not be.
fn former(target: &Path) -> io::Result<Option<fs::Metadata>> {
    let metadata = match fs::metadata(target) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        metadata => metadata?,
    };
    if metadata.is_dir() {
        return Err(io::Error::other("It is a folder"));
    }
    if !metadata.is_file() {
        // Renaming would replace a device; opening a pipe would wait.
        return Err(io::Error::other("It is a device or a pipe, not a file"));
    }
    // Renaming needs no right to write to the file itself, but who took that right away means it.
    OpenOptions::new().write(true).open(target)?;
    Ok(Some(metadata))
}

/// Makes an empty file beside the target, with the rights of the file that it will replace.
fn begin(target: &Path) -> io::Result<(PathBuf, PathBuf)> {
    let target = resolve(target)?;
    let former = former(&target)?;
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    // A file system's names have at most 255 bytes.
    let name: String = name.chars().take(40).collect();
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_nanos();
    let unique = format!("{name}-{:x}-{now:x}.part", std::process::id());
    let temporary = folder_of(&target).join(unique);
    let file = OpenOptions::new().write(true).create_new(true).open(&temporary)?;
    if let Some(former) = former {
        if let Err(error) = keep_rights(&file, &former) {
            let _ = fs::remove_file(&temporary);
            return Err(error);
        }
    }
    Ok((temporary, target))
}

#[cfg(unix)]
fn keep_rights(file: &File, former: &fs::Metadata) -> io::Result<()> {
    use std::os::unix::fs::{fchown, MetadataExt};
    let mine = file.metadata()?;
    if (mine.uid(), mine.gid()) != (former.uid(), former.gid()) {
        // Only an administrator may give a file away: for everybody else it becomes theirs.
        let _ = fchown(file, Some(former.uid()), Some(former.gid()));
    }
    file.set_permissions(former.permissions())
}

#[cfg(not(unix))]
fn keep_rights(_: &File, _: &fs::Metadata) -> io::Result<()> {
    Ok(())
}

/// Makes the temporary file, of so many bytes, the target.
fn finish(temporary: &Path, target: &Path, bytes: f64) -> io::Result<()> {
    let file = OpenOptions::new().write(true).open(temporary)?;
    let there = file.metadata()?.len();
    if there as f64 != bytes {
        return Err(io::Error::other(format!("{there} of {bytes} bytes were written")));
    }
    sync(&file)?;
    drop(file);
    fs::rename(temporary, target)?;
    // The file is in its place, and whole after a power cut too; whether it is then the former one or the
    // new one is up to this, which not every file system can do.
    if cfg!(unix) {
        let _ = File::open(folder_of(target)).and_then(|folder| folder.sync_all());
    }
    Ok(())
}

fn sync(file: &File) -> io::Result<()> {
    match file.sync_all() {
        // Some network file systems cannot.
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::Unsupported | io::ErrorKind::InvalidInput
            ) =>
        {
            Ok(())
        }
        synced => synced,
    }
}

/// Whether the file, made if it is not there, can grow.
fn probe(temporary: &Path) -> io::Result<()> {
    let mut file = OpenOptions::new().append(true).create(true).open(temporary)?;
    file.write_all(&[0; PROBE])?;
    sync(&file)
}

/// The system's text without Rust's number behind it.
fn reason(error: &io::Error) -> List {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    list!(error = list!(kind = "file", message = text.replace('\0', " ")))
}

fn report(result: io::Result<()>) -> List {
    match result {
        Ok(()) => list!(error = ()),
        Err(error) => reason(&error),
    }
}

/// Begins to write a file: makes an empty one to write into, `temporary`, that will replace `target`.
/// @noRd
#[extendr]
fn engine_file_begin(path: &[u8]) -> List {
    suspended(|| match path_of(path).and_then(|path| begin(&path)) {
        Ok((temporary, target)) => {
            list!(
                error = (),
                temporary = bytes_of(&temporary),
                target = bytes_of(&target)
            )
        }
        Err(error) => reason(&error),
    })
}

/// Syncs what was written, and renames it; an error if it has not so many bytes.
/// @noRd
#[extendr]
fn engine_file_finish(temporary: &[u8], target: &[u8], bytes: f64) -> List {
    suspended(|| {
        let paths = path_of(temporary).and_then(|temporary| Ok((temporary, path_of(target)?)));
        report(paths.and_then(|(temporary, target)| finish(&temporary, &target, bytes)))
    })
}

/// Why nothing more can be written to a file that is temporary; no error if something can, and then it was.
/// @noRd
#[extendr]
fn engine_file_probe(path: &[u8]) -> List {
    suspended(|| report(path_of(path).and_then(|path| probe(&path))))
}

extendr_module! {
    mod files;
    fn engine_file_begin;
    fn engine_file_finish;
    fn engine_file_probe;
}
