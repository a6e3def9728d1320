//! Which files are objects already, and for whom? The files of one statement become objects at one instant, whatever is being listed.
//!
//! A group of files is hidden while its files are put in place one after the other, and is shown by one change of this state. A
//! listing has a [`View`]: it shows what was shown when it began, so that no listing has a part of a group.
//!
//! Basis: inferred; S3 has no such groups, and Athena's own writers show one object after another.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;

/// The groups of all buckets. Nearly always there is none, which costs a reader one load.
#[derive(Debug, Default)]
pub(super) struct Visibility {
    state: Mutex<State>,
    group_count: AtomicUsize,
}

#[derive(Debug, Default)]
struct State {
    /// Rises with every group shown.
    instant: u64,
    groups: Vec<Group>,
    next_id: u64,
    /// The views in use: how many began at which instant.
    views: BTreeMap<u64, usize>,
}

#[derive(Debug)]
struct Group {
    id: u64,
    members: HashSet<(String, String)>,
    reach: Reach,
    /// None while it is hidden from all.
    shown_at: Option<u64>,
}

/// Who can come to know of a group's files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// Queries that began earlier, too: the files lie where a table is already.
    KnownTable,
    /// Only queries that find the table, which is made after the files are shown: those must see them.
    NewTable,
}

/// A group that is being put in place; unless it was shown it is as if it had never been, once this is dropped.
#[derive(Debug)]
pub(super) struct HiddenGroup {
    visibility: Arc<Visibility>,
    id: u64,
    is_shown: bool,
}

/// What somebody sees who began at some instant.
#[derive(Debug)]
pub(super) struct View {
    visibility: Arc<Visibility>,
    instant: u64,
    is_query: bool,
}

impl Visibility {
    /// Hides files, as pairs of bucket and key, until the group is shown.
    pub(super) fn hide(self: &Arc<Self>, members: HashSet<(String, String)>, reach: Reach) -> HiddenGroup {
        let mut state = self.state.lock();
        let id = state.next_id;
        state.next_id += 1;
        state.groups.push(Group { id, members, reach, shown_at: None });
        self.group_count.store(state.groups.len(), Ordering::SeqCst);
        HiddenGroup { visibility: Arc::clone(self), id, is_shown: false }
    }

    /// What is shown now, for a listing.
    pub(super) fn view(self: &Arc<Self>) -> View {
        self.begin_view(false)
    }

    /// What is shown now, for all listings of one query.
    pub(super) fn query_view(self: &Arc<Self>) -> View {
        self.begin_view(true)
    }

    fn begin_view(self: &Arc<Self>, is_query: bool) -> View {
        let mut state = self.state.lock();
        let instant = state.instant;
        *state.views.entry(instant).or_default() += 1;
        View { visibility: Arc::clone(self), instant, is_query }
    }

    /// Whether a file that is there is no object yet. To be asked after the file was found: it is hidden before it is put in place.
    pub(super) fn hides(&self, bucket: &str, key: &str, view: Option<&View>) -> bool {
        if self.group_count.load(Ordering::SeqCst) == 0 {
            return false;
        }
        let member = (bucket.to_owned(), key.to_owned());
        let state = self.state.lock();
        state.groups.iter().filter(|group| group.members.contains(&member)).any(|group| match (group.shown_at, view) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(shown_at), Some(view)) => shown_at > view.instant && !(view.is_query && group.reach == Reach::NewTable),
        })
    }

    /// Forgets the groups that every view in use sees.
    fn prune(&self, state: &mut State) {
        let oldest = state.views.first_key_value().map(|(instant, _)| *instant);
        state.groups.retain(|group| group.shown_at.is_none_or(|shown_at| oldest.is_some_and(|oldest| oldest < shown_at)));
        self.group_count.store(state.groups.len(), Ordering::SeqCst);
    }
}

impl HiddenGroup {
    /// Makes all of the group's files objects at once.
    pub(super) fn show(&mut self) {
        let mut state = self.visibility.state.lock();
        state.instant += 1;
        let instant = state.instant;
        if let Some(group) = state.groups.iter_mut().find(|group| group.id == self.id) {
            group.shown_at = Some(instant);
        }
        self.is_shown = true;
        self.visibility.prune(&mut state);
    }
}

impl Drop for HiddenGroup {
    fn drop(&mut self) {
        if !self.is_shown {
            let mut state = self.visibility.state.lock();
            state.groups.retain(|group| group.id != self.id);
            self.visibility.prune(&mut state);
        }
    }
}

impl Drop for View {
    fn drop(&mut self) {
        let mut state = self.visibility.state.lock();
        if let Some(count) = state.views.get_mut(&self.instant) {
            *count -= 1;
            if *count == 0 {
                state.views.remove(&self.instant);
            }
        }
        self.visibility.prune(&mut state);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn members(keys: &[&str]) -> HashSet<(String, String)> {
        keys.iter().map(|key| ("lake".to_owned(), (*key).to_owned())).collect()
    }

    /// Basis: inferred; the promise in the head of this file.
    #[test]
    fn a_group_is_shown_at_one_instant_and_to_a_view_as_a_whole() {
        let visibility = Arc::new(Visibility::default());
        let before = visibility.view();
        let query_before = visibility.query_view();
        let mut group = visibility.hide(members(&["a", "b"]), Reach::KnownTable);
        let during = visibility.view();
        assert!(visibility.hides("lake", "a", None) && !visibility.hides("lake", "c", None) && !visibility.hides("other", "a", None));
        group.show();
        assert!(!visibility.hides("lake", "a", None) && !visibility.hides("lake", "b", Some(&visibility.view())));
        for earlier in [&before, &during, &query_before] {
            assert!(visibility.hides("lake", "a", Some(earlier)) && visibility.hides("lake", "b", Some(earlier)));
        }
        drop((before, during, query_before));
        assert_eq!(visibility.group_count.load(Ordering::SeqCst), 0, "nothing is kept once nobody needs it");
    }

    #[test]
    fn a_query_sees_the_files_of_a_table_made_meanwhile_and_nobody_those_of_a_dropped_group() {
        let visibility = Arc::new(Visibility::default());
        let (query, listing) = (visibility.query_view(), visibility.view());
        let mut table = visibility.hide(members(&["a"]), Reach::NewTable);
        assert!(visibility.hides("lake", "a", Some(&query)));
        table.show();
        assert!(!visibility.hides("lake", "a", Some(&query)) && visibility.hides("lake", "a", Some(&listing)));
        let failed = visibility.hide(members(&["x"]), Reach::KnownTable);
        assert!(visibility.hides("lake", "x", None));
        drop(failed);
        assert!(!visibility.hides("lake", "x", None));
    }
}
