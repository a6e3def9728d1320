//! How are keys listed? In UTF-8 byte order, from the folder of the prefix down, merged with the odd keys.
//!
//! Ref: Amazon S3 API reference, ListObjectsV2: keys that share the text between prefix and delimiter become one common prefix.

use std::fs;
use std::io;
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::error::{IoContext, Result};
use super::file_bucket::{FileBucket, ObjectFile, is_absent};
use super::key_path::{SIDE_FOLDER, is_safe_segment};
use super::visibility::View;

/// What to list.
#[derive(Debug, Clone, Default)]
pub struct ListQuery {
    /// Only keys that start with this.
    pub prefix: String,
    /// Groups keys into common prefixes.
    pub delimiter: Option<String>,
    /// Only keys and common prefixes after this one.
    pub start_after: String,
}

/// One row of a listing.
#[derive(Debug, Clone)]
pub enum ListItem {
    /// An object.
    Object(ObjectFile),
    /// A common prefix, delimiter included.
    Prefix(String),
}

/// One page of a listing.
#[derive(Debug)]
pub struct ListPage {
    /// At most the number asked for, in order.
    pub items: Vec<ListItem>,
    /// Where the next page starts after; none at the end.
    pub next_start_after: Option<String>,
}

/// A listing in progress. Each step reads no more than it needs.
#[derive(Debug)]
pub struct Listing {
    bucket: Arc<FileBucket>,
    query: ListQuery,
    /// What may be seen: one instant, however long the listing takes.
    view: Arc<View>,
    /// Folders being read, innermost last.
    folders: Vec<Folder>,
    /// Whether folders are common prefixes as a whole.
    is_collapsing: bool,
    plain: Option<Plain>,
    odd: Option<String>,
    last_prefix: Option<String>,
}

#[derive(Debug)]
struct Folder {
    path: PathBuf,
    prefix: String,
    /// Sorted in descending order, so that `pop` gives the next one.
    entries: Vec<Entry>,
}

/// Name, with a slash at the end for a folder.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Entry(String);

/// The next row found in the folders.
#[derive(Debug)]
enum Plain {
    Key(String),
    Prefix(String),
}

impl Plain {
    fn text(&self) -> &str {
        match self {
            Self::Key(text) | Self::Prefix(text) => text,
        }
    }
}

impl FileBucket {
    /// At most `items_max` rows.
    pub fn list_page(self: &Arc<Self>, query: ListQuery, items_max: usize) -> Result<ListPage> {
        let mut items = Vec::new();
        if items_max == 0 {
            return Ok(ListPage { items, next_start_after: None });
        }
        let mut listing = Listing::new(Arc::clone(self), query)?;
        while let Some(item) = listing.next_item()? {
            if items.len() == items_max {
                let next_start_after = items.last().map(|item: &ListItem| item.text().to_owned());
                return Ok(ListPage { items, next_start_after });
            }
            items.push(item);
        }
        Ok(ListPage { items, next_start_after: None })
    }

    /// Whether the bucket holds no object.
    pub fn is_empty(self: &Arc<Self>) -> Result<bool> {
        Ok(Listing::new(Arc::clone(self), ListQuery::default())?.next_item()?.is_none())
    }
}

impl ListItem {
    /// The key or common prefix.
    pub fn text(&self) -> &str {
        match self {
            Self::Object(file) => &file.key,
            Self::Prefix(prefix) => prefix,
        }
    }
}

impl Listing {
    /// Starts at the first row after `query.start_after`.
    pub fn new(bucket: Arc<FileBucket>, query: ListQuery) -> Result<Self> {
        let view = Arc::new(bucket.visibility.view());
        Self::as_of(bucket, query, view)
    }

    /// As [`Self::new`], of what was there when `view` began.
    pub(super) fn as_of(bucket: Arc<FileBucket>, query: ListQuery, view: Arc<View>) -> Result<Self> {
        let is_collapsing = query.delimiter.as_deref() == Some("/");
        let mut listing = Self { bucket, query, view, folders: Vec::new(), is_collapsing, plain: None, odd: None, last_prefix: None };
        let base = listing.query.prefix.rfind('/').map_or("", |end| listing.query.prefix.get(..=end).unwrap_or_default());
        if base.is_empty() || listing.is_plain_folder(base) {
            let base = base.to_owned();
            listing.enter(listing.bucket.root.join(&base), base)?;
        }
        listing.advance_plain()?;
        let prefix = listing.query.prefix.as_str();
        let start_after = listing.query.start_after.as_str();
        let from = if start_after < prefix { Bound::Included(prefix) } else { Bound::Excluded(start_after) };
        listing.odd = listing.bucket.odd.next(from, prefix);
        Ok(listing)
    }

    /// The next row; none at the end.
    pub fn next_item(&mut self) -> Result<Option<ListItem>> {
        loop {
            let takes_odd = match (&self.plain, &self.odd) {
                (None, None) => return Ok(None),
                (Some(plain), Some(odd)) => odd.as_str() <= plain.text(),
                (None, Some(_)) => true,
                (Some(_), None) => false,
            };
            let (key, folder) = if takes_odd {
                let key = self.odd.take().unwrap_or_default();
                self.odd = self.bucket.odd.next(Bound::Excluded(&key), &self.query.prefix);
                (key, None)
            } else {
                let plain = self.plain.take();
                self.advance_plain()?;
                match plain {
                    Some(Plain::Key(key)) => (key, None),
                    Some(Plain::Prefix(prefix)) => (String::new(), Some(prefix)),
                    None => continue,
                }
            };
            if let Some(prefix) = folder.or_else(|| self.common_prefix(&key)) {
                if self.last_prefix.as_deref() != Some(&prefix) && self.query.start_after != prefix {
                    self.last_prefix = Some(prefix.clone());
                    return Ok(Some(ListItem::Prefix(prefix)));
                }
                continue;
            }
            let found =
                if takes_odd { self.bucket.find_as_of(&key, Some(&self.view))? } else { self.bucket.find_in_folder(&key, &self.view)? };
            if let Some(file) = found {
                return Ok(Some(ListItem::Object(file)));
            }
        }
    }

    /// The common prefix `key` belongs to, if the query groups it.
    fn common_prefix(&self, key: &str) -> Option<String> {
        let delimiter = self.query.delimiter.as_deref().filter(|d| !d.is_empty())?;
        let start = self.query.prefix.len();
        let end = start + key.get(start..)?.find(delimiter)? + delimiter.len();
        Some(key.get(..end)?.to_owned())
    }

    /// Whether `base`, which ends in a slash, is a folder reached without links.
    fn is_plain_folder(&self, base: &str) -> bool {
        let folders = base.strip_suffix('/').unwrap_or(base);
        folders.split('/').all(is_safe_segment)
            && !folders.split('/').next().is_some_and(|first| first.eq_ignore_ascii_case(SIDE_FOLDER))
            && base.match_indices('/').all(|(end, _)| {
                let path = self.bucket.root.join(base.get(..end).unwrap_or_default());
                fs::symlink_metadata(path).is_ok_and(|m| m.is_dir())
            })
    }

    /// Finds the next row in the folders.
    fn advance_plain(&mut self) -> Result<()> {
        while let Some(folder) = self.folders.last_mut() {
            let Some(Entry(name)) = folder.entries.pop() else {
                self.folders.pop();
                continue;
            };
            let key = format!("{}{name}", folder.prefix);
            if !name.ends_with('/') {
                self.plain = Some(Plain::Key(key));
                return Ok(());
            }
            let path = folder.path.join(&name);
            if !self.is_collapsing {
                self.enter(path, key)?;
            } else if self.holds_object(&path, &key).about(&key, "cannot list the folder")? {
                self.plain = Some(Plain::Prefix(key));
                return Ok(());
            }
        }
        self.plain = None;
        Ok(())
    }

    /// Reads one folder, keeping what the query may want.
    fn enter(&mut self, path: PathBuf, prefix: String) -> Result<()> {
        let mut entries = Vec::new();
        let names = read_names(&path, prefix.is_empty()).about(&prefix, "cannot list the folder")?;
        let wanted = self.query.prefix.get(prefix.len()..).unwrap_or_default();
        let start_after = self.query.start_after.as_str();
        // Compares `prefix + name` with `start_after` without joining them for every entry.
        let rest_after = start_after.strip_prefix(prefix.as_str());
        let is_all_after = rest_after.is_none() && prefix.as_str() > start_after;
        for name in names {
            if !name.starts_with(wanted) {
                continue;
            }
            let is_after = is_all_after
                || rest_after.is_some_and(|rest| name.as_str() > rest || (name.ends_with('/') && rest.starts_with(name.as_str())));
            if is_after {
                entries.push(Entry(name));
            }
        }
        entries.sort_unstable_by(|a, b| b.cmp(a));
        self.folders.push(Folder { path, prefix, entries });
        Ok(())
    }

    /// Whether any object lies below a folder.
    fn holds_object(&self, path: &Path, prefix: &str) -> io::Result<bool> {
        let names = read_names(path, false)?;
        let (folders, files): (Vec<_>, Vec<_>) = names.into_iter().partition(|name| name.ends_with('/'));
        for file in files {
            let is_hidden = || self.bucket.visibility.hides(&self.bucket.name, &format!("{prefix}{file}"), Some(&self.view));
            if self.bucket.file_state(&path.join(&file))?.is_some() && !is_hidden() {
                return Ok(true);
            }
        }
        for folder in folders {
            if self.holds_object(&path.join(&folder), &format!("{prefix}{folder}"))? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Names in a folder that can be part of a key; folders end in a slash. A folder that vanished is empty.
fn read_names(path: &Path, is_root: bool) -> io::Result<Vec<String>> {
    let dir = match fs::read_dir(path) {
        Ok(dir) => dir,
        Err(e) if is_absent(&e) => return Ok(Vec::new()),
        Err(e) => return Err(e),
    };
    let mut names = Vec::new();
    for entry in dir {
        let entry = entry?;
        let Ok(mut name) = entry.file_name().into_string() else { continue };
        if !is_safe_segment(&name) || (is_root && name.eq_ignore_ascii_case(SIDE_FOLDER)) {
            continue;
        }
        if entry.file_type()?.is_dir() {
            name.push('/');
        }
        names.push(name);
    }
    Ok(names)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::put::{Digests, NewObject};
    use super::*;

    /// Written in an order that is neither theirs nor reversed.
    const KEYS: [&str; 14] = ["b/2", "a", "a/x", "a-b", "a0", "c//d", "b/1", "B", "é", "b/10", "dir/", "dir/x", "a.b/c", "b/sub/deep/z"];

    fn bucket() -> (tempfile::TempDir, Arc<FileBucket>) {
        let folder = tempfile::tempdir().unwrap();
        let bucket = Arc::new(FileBucket::open("lake", folder.path(), false).unwrap());
        for key in KEYS {
            let body = bucket.writer(Digests::None).unwrap().finish();
            bucket.commit(key, body, NewObject::default(), None).unwrap();
        }
        fs::create_dir_all(folder.path().join("empty/folders/only")).unwrap();
        (folder, bucket)
    }

    fn texts(items: &[ListItem]) -> Vec<String> {
        items.iter().map(|item| item.text().to_owned()).collect()
    }

    fn list(bucket: &Arc<FileBucket>, prefix: &str, delimiter: Option<&str>, start_after: &str) -> Vec<String> {
        let query = ListQuery { prefix: prefix.into(), delimiter: delimiter.map(Into::into), start_after: start_after.into() };
        texts(&bucket.list_page(query, 1000).unwrap().items)
    }

    /// What the S3 rules say, straight from the list of keys.
    fn expected(prefix: &str, delimiter: Option<&str>, start_after: &str) -> Vec<String> {
        let mut keys: Vec<&str> = KEYS.to_vec();
        keys.sort_unstable();
        let mut rows: Vec<String> = Vec::new();
        for key in keys.into_iter().filter(|k| k.starts_with(prefix) && *k > start_after) {
            let cut = delimiter.and_then(|d| key[prefix.len()..].find(d).map(|at| prefix.len() + at + d.len()));
            let row = cut.map_or(key, |end| &key[..end]).to_owned();
            if rows.last() != Some(&row) && !(cut.is_some() && row == start_after) {
                rows.push(row);
            }
        }
        rows
    }

    #[test]
    fn rows_follow_the_rules_for_every_prefix_delimiter_and_start() {
        let (_folder, bucket) = bucket();
        for prefix in ["", "a", "a/", "b", "b/", "b/1", "c/", "c//", "dir/", "zz", "b/sub/", "empty/", "..", "nope/x"] {
            for delimiter in [None, Some("/"), Some("b"), Some("//")] {
                for start_after in ["", "a", "a/", "a/x", "b/", "b/1", "b/2", "c", "dir/", "é", "zzz", "b/sub/deep"] {
                    assert_eq!(
                        list(&bucket, prefix, delimiter, start_after),
                        expected(prefix, delimiter, start_after),
                        "prefix {prefix:?} delimiter {delimiter:?} start after {start_after:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn pages_of_every_size_join_to_the_whole() {
        let (_folder, bucket) = bucket();
        for delimiter in [None, Some("/")] {
            let whole = list(&bucket, "", delimiter, "");
            for items_max in 1..=whole.len() + 1 {
                let mut joined = Vec::new();
                let mut start_after = Some(String::new());
                while let Some(after) = start_after {
                    let query = ListQuery { delimiter: delimiter.map(Into::into), start_after: after, ..ListQuery::default() };
                    let page = bucket.list_page(query, items_max).unwrap();
                    assert!(page.items.len() <= items_max);
                    joined.extend(texts(&page.items));
                    start_after = page.next_start_after;
                }
                assert_eq!(joined, whole, "{items_max} a page");
            }
        }
    }

    #[test]
    fn the_side_folder_is_never_listed() {
        let (folder, bucket) = bucket();
        assert!(folder.path().join(".owlake").is_dir());
        assert!(list(&bucket, ".", None, "").is_empty());
        assert!(list(&bucket, ".owlake/", None, "").is_empty());
    }
}
