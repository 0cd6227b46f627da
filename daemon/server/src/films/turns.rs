//! Whose turn it is at a folder: one at a time, in the order they came. Folders do not wait for one
//! another.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, Weak},
};

use tokio::sync::{Mutex as Turn, OwnedMutexGuard};

/// The folders somebody is at or waits for; others are forgotten.
#[derive(Default)]
pub(super) struct Turns(Mutex<HashMap<PathBuf, Weak<Turn<()>>>>);

impl Turns {
    /// Waits for the turn at a folder, and has it until the guard is dropped.
    pub(super) async fn of(&self, folder: &Path) -> OwnedMutexGuard<()> {
        self.at(folder).lock_owned().await
    }

    /// Waits until everybody who is at a folder now is done.
    pub(super) async fn all(&self) {
        let turns: Vec<_> = self.live().values().filter_map(Weak::upgrade).collect();
        for turn in turns {
            drop(turn.lock().await);
        }
    }

    fn at(&self, folder: &Path) -> Arc<Turn<()>> {
        let mut turns = self.live();
        if let Some(turn) = turns.get(folder).and_then(Weak::upgrade) {
            return turn;
        }
        let turn = Arc::default();
        turns.insert(folder.to_owned(), Arc::downgrade(&turn));
        turn
    }

    fn live(&self) -> std::sync::MutexGuard<'_, HashMap<PathBuf, Weak<Turn<()>>>> {
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        turns.retain(|_, turn| turn.strong_count() > 0);
        turns
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_folder_waits_for_itself_and_for_no_other() {
        let turns = Turns::default();
        let first = turns.of(Path::new("a")).await;
        let _other = turns.of(Path::new("b")).await;
        let again = turns.of(Path::new("a"));
        tokio::pin!(again);
        assert!(futures::poll!(&mut again).is_pending());
        drop(first);
        drop(again.await);
        turns.at(Path::new("c"));
        assert_eq!(turns.live().len(), 1, "only b is still taken");
    }
}
