//! What a disk may hold after the power went: all that was synced, and of the rest whatever chance
//! leaves of it. A write that was not synced may be lost, kept, torn between sectors, or reach the
//! disk before an older one; a file made, renamed or deleted in a folder that was not synced may be
//! there or not. Stricter than any file system in use: none promises less.

use std::{
    collections::{BTreeMap, HashMap},
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
};

use super::{chance::Chance, record::Step};

/// What a disk writes whole or not at all, in bytes.
const SECTOR_BYTES: usize = 512;

/// The film's folder on a disk whose power may go.
pub(super) struct Disk<'a> {
    nodes: Vec<Node<'a>>,
    /// What the daemon sees.
    live: HashMap<PathBuf, usize>,
}

/// A file or a folder.
#[derive(Default)]
struct Node<'a> {
    is_folder: bool,
    changes: Vec<(usize, Change<'a>)>,
    /// How many of the changes are on disk for good.
    n_synced: usize,
}

#[derive(Clone, Copy)]
enum Change<'a> {
    Write(usize, &'a [u8]),
    Resize(usize),
    Link(&'a OsStr, usize),
    Unlink(&'a OsStr),
    /// Inside one folder, which is one change.
    Move(&'a OsStr, &'a OsStr, usize),
}

impl<'a> Disk<'a> {
    /// A disk that has been asked for some steps. Syncs that it does not honor do nothing.
    pub(super) fn after(steps: &'a [Step], honors: &dyn Fn(usize) -> bool) -> Disk<'a> {
        let root = Node {
            is_folder: true,
            ..Node::default()
        };
        let mut disk = Disk {
            nodes: vec![root],
            live: HashMap::from([(PathBuf::new(), 0)]),
        };
        for (at, step) in steps.iter().enumerate() {
            if !matches!(step, Step::Sync { .. }) || honors(at) {
                disk.take(at, step);
            }
        }
        disk
    }

    fn take(&mut self, at: usize, step: &'a Step) {
        match step {
            Step::MakeFolder(path) => self.make(at, path, true),
            // Opening for writing makes a file only where there is none.
            Step::MakeFile(path) if self.live.contains_key(path) => {}
            Step::MakeFile(path) => self.make(at, path, false),
            Step::Resize(path, size) => self.change(at, path, Change::Resize(*size)),
            Step::Write {
                path,
                at: offset,
                bytes,
            } => self.change(at, path, Change::Write(*offset, bytes)),
            Step::Rename(from, to) => self.rename(at, from, to),
            Step::Remove(path) => {
                self.live.remove(path);
                self.change(at, folder(path), Change::Unlink(name(path)));
            }
            Step::Sync { path, since } => {
                let node = &mut self.nodes[self.live[path]];
                let covered = node.changes.partition_point(|it| it.0 < *since);
                node.n_synced = node.n_synced.max(covered);
            }
            Step::Said(_) | Step::Exported => {}
        }
    }

    fn make(&mut self, at: usize, path: &'a Path, is_folder: bool) {
        let made = self.nodes.len();
        self.nodes.push(Node {
            is_folder,
            ..Node::default()
        });
        self.live.insert(path.to_owned(), made);
        self.change(at, folder(path), Change::Link(name(path), made));
    }

    fn rename(&mut self, at: usize, from: &'a Path, to: &'a Path) {
        let moved = self.live.remove(from).expect("what is renamed is there");
        assert!(
            !self.nodes[moved].is_folder,
            "folders stay: {}",
            from.display()
        );
        self.live.insert(to.to_owned(), moved);
        if folder(from) == folder(to) {
            let change = Change::Move(name(from), name(to), moved);
            self.change(at, folder(to), change);
        } else {
            self.change(at, folder(to), Change::Link(name(to), moved));
            self.change(at, folder(from), Change::Unlink(name(from)));
        }
    }

    fn change(&mut self, at: usize, path: &Path, change: Change<'a>) {
        let known = self.live.get(path).copied();
        let node = known.unwrap_or_else(|| panic!("{} is not there", path.display()));
        self.nodes[node].changes.push((at, change));
    }

    /// Writes down what the disk holds when the power comes back.
    pub(super) fn write_to(&self, place: &Path, luck: &mut Luck) {
        self.write_folder(0, place, luck);
    }

    fn write_folder(&self, node: usize, place: &Path, luck: &mut Luck) {
        fs::create_dir_all(place).expect("a folder");
        for (name, entry) in self.entries(&self.nodes[node], luck) {
            let place = place.join(name);
            if self.nodes[entry].is_folder {
                self.write_folder(entry, &place, luck);
            } else {
                fs::write(place, self.content(&self.nodes[entry], luck)).expect("a file");
            }
        }
    }

    fn entries(&self, folder: &Node<'a>, luck: &mut Luck) -> BTreeMap<&'a OsStr, usize> {
        let mut entries = BTreeMap::new();
        for (order, (_, change)) in folder.changes.iter().enumerate() {
            if order >= folder.n_synced && !luck.keeps() {
                continue;
            }
            match *change {
                Change::Link(name, node) => drop(entries.insert(name, node)),
                Change::Unlink(name) => drop(entries.remove(name)),
                Change::Move(from, to, node) => {
                    entries.remove(from);
                    entries.insert(to, node);
                }
                Change::Write(..) | Change::Resize(_) => panic!("a folder is not written"),
            }
        }
        entries
    }

    fn content(&self, file: &Node<'a>, luck: &mut Luck) -> Vec<u8> {
        let mut bytes = Vec::new();
        let (synced, rest) = file.changes.split_at(file.n_synced);
        synced.iter().for_each(|it| apply(&mut bytes, it.1));
        let mut rest: Vec<Change<'_>> = rest.iter().map(|it| it.1).collect();
        luck.reorder(&mut rest);
        for change in rest {
            for part in luck.rest_of(change) {
                apply(&mut bytes, part);
            }
        }
        bytes
    }
}

fn apply(bytes: &mut Vec<u8>, change: Change<'_>) {
    match change {
        Change::Resize(size) => bytes.resize(size, 0),
        Change::Write(at, written) => {
            let end = at + written.len();
            bytes.resize(bytes.len().max(end), 0);
            bytes[at..end].copy_from_slice(written);
        }
        _ => panic!("a file is no folder"),
    }
}

fn folder(path: &Path) -> &Path {
    path.parent().expect("it is inside the film")
}

fn name(path: &Path) -> &OsStr {
    path.file_name().expect("a name")
}

/// What becomes of that which was not synced.
pub(super) struct Luck {
    chance: Chance,
    keep_percent: usize,
    tear_percent: usize,
    reorders: bool,
}

impl Luck {
    /// In a fifth of all cases nothing is kept, in a fifth everything, else something in between.
    pub(super) fn new(mut chance: Chance) -> Luck {
        let (keep_percent, tear_percent) = match chance.below(5) {
            0 => (0, 0),
            1 => (100, 0),
            _ => (chance.below(101), chance.below(101)),
        };
        Luck {
            reorders: chance.percent(50),
            chance,
            keep_percent,
            tear_percent,
        }
    }

    fn keeps(&mut self) -> bool {
        self.chance.percent(self.keep_percent)
    }

    fn reorder(&mut self, changes: &mut [Change<'_>]) {
        if self.reorders {
            self.chance.shuffle(changes);
        }
    }

    fn rest_of<'a>(&mut self, change: Change<'a>) -> Vec<Change<'a>> {
        if !self.keeps() {
            return Vec::new();
        }
        match change {
            Change::Write(at, bytes) if self.chance.percent(self.tear_percent) => {
                let sectors = sectors(at, bytes);
                sectors
                    .into_iter()
                    .filter(|_| self.chance.percent(50))
                    .collect()
            }
            _ => vec![change],
        }
    }
}

fn sectors(mut at: usize, mut bytes: &[u8]) -> Vec<Change<'_>> {
    let mut sectors = Vec::new();
    while !bytes.is_empty() {
        let length = (SECTOR_BYTES - at % SECTOR_BYTES).min(bytes.len());
        let (sector, rest) = bytes.split_at(length);
        sectors.push(Change::Write(at, sector));
        (at, bytes) = (at + length, rest);
    }
    sectors
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Every content that a file may have after the power went.
    fn possible(steps: &[Step]) -> BTreeSet<String> {
        let folder = tempfile::tempdir().expect("a folder");
        let found = (0..400).map(|seed| {
            let place = folder.path().join(seed.to_string());
            let mut luck = Luck::new(Chance::new(seed));
            Disk::after(steps, &|_| true).write_to(&place, &mut luck);
            let show = |name: &str| {
                let content = fs::read_to_string(place.join(name));
                content.map_or_else(|_| "-".to_owned(), |it| it.replace('\0', "."))
            };
            format!("{} {}", show("f"), show("g"))
        });
        found.collect()
    }

    #[track_caller]
    fn check(steps: &[Step], expected: &[&str]) {
        let expected: BTreeSet<String> = expected.iter().map(|it| (*it).to_owned()).collect();
        assert_eq!(possible(steps), expected);
    }

    fn make(path: &str) -> Step {
        Step::MakeFile(path.into())
    }

    fn write(path: &str, at: usize, text: &str) -> Step {
        Step::Write {
            path: path.into(),
            at,
            bytes: text.as_bytes().to_owned(),
        }
    }

    fn sync(path: &str, since: usize) -> Step {
        Step::Sync {
            path: path.into(),
            since,
        }
    }

    #[test]
    fn what_is_synced_stays() {
        check(
            &[make("f"), write("f", 0, "a"), sync("f", 2), sync("", 3)],
            &["a -"],
        );
    }

    #[test]
    fn without_its_folder_a_file_may_be_gone() {
        check(
            &[make("f"), write("f", 0, "a"), sync("f", 2)],
            &["a -", "- -"],
        );
    }

    #[test]
    fn a_sync_covers_what_was_done_before_it_began() {
        let steps = [
            make("f"),
            sync("", 1),
            write("f", 0, "a"),
            write("f", 0, "b"),
            sync("f", 3),
        ];
        check(&steps, &["a -", "b -"]);
    }

    #[test]
    fn a_younger_write_may_come_before_an_older_one() {
        let steps = [
            make("f"),
            sync("", 1),
            write("f", 0, "a"),
            write("f", 1, "b"),
        ];
        check(&steps, &[" -", "a -", ".b -", "ab -"]);
        let steps = [
            make("f"),
            sync("", 1),
            write("f", 0, "a"),
            write("f", 0, "b"),
        ];
        check(&steps, &[" -", "a -", "b -"]);
    }

    #[test]
    fn a_file_moved_into_a_place_is_there_before_or_after() {
        let steps = [
            make("f"),
            write("f", 0, "old"),
            sync("f", 2),
            make("g"),
            write("g", 0, "new"),
            sync("g", 5),
            sync("", 6),
            Step::Rename("g".into(), "f".into()),
        ];
        check(&steps, &["old new", "new -"]);
    }

    #[test]
    fn a_write_is_torn_between_sectors() {
        let text = "x".repeat(SECTOR_BYTES) + "y";
        let steps = [make("f"), sync("", 1), write("f", 0, &text)];
        let kept: BTreeSet<usize> = possible(&steps)
            .iter()
            .map(|it| it.trim_end().len())
            .collect();
        let hole = ".".repeat(SECTOR_BYTES) + "y -";
        assert!(possible(&steps).contains(&hole));
        assert_eq!(
            kept,
            BTreeSet::from([2, SECTOR_BYTES + 2, SECTOR_BYTES + 3])
        );
    }
}
