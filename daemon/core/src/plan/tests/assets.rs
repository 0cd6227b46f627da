//! Words on assets, and what is found by them.

use storycore_schema::{
    ErrorKind,
    asset::{AssetPage, ListAssets, TagAsset},
    id::BlobId,
};
use ulid::Ulid;

use super::*;
use crate::Query;

const SCRIPT: &str = "INT. KITCHEN - DAY\n\nMaya waits by the Ölofen.\n";

fn tag(id: BlobId, add: &[&str], remove: &[&str]) -> TagAsset {
    let owned = |it: &[&str]| Some(it.iter().map(|it| (*it).to_owned()).collect());
    TagAsset {
        project: Ulid::nil().into(),
        id,
        add: owned(add),
        remove: owned(remove),
    }
}

fn all() -> ListAssets {
    ListAssets {
        project: Ulid::nil().into(),
        text: None,
        tag: None,
        media_type: None,
        shot: None,
        offset: None,
        limit: None,
    }
}

fn text(words: &str) -> ListAssets {
    ListAssets {
        text: Some(words.to_owned()),
        ..all()
    }
}

impl Story {
    fn found(&self, wanted: ListAssets) -> AssetPage {
        wanted.answer(&self.film).unwrap()
    }

    /// The asset of a picture that somebody brings in.
    fn picture_file(&mut self, name: &str) -> BlobId {
        let take = self.bring_in(name, false);
        self.film.state.generation.takes.get(take).unwrap().asset
    }

    fn tags(&self, id: BlobId) -> String {
        let tags: Vec<&str> = (self.film.state.assets.tags_of(id))
            .map(String::as_str)
            .collect();
        tags.join(", ")
    }

    fn refused(&mut self, command: TagAsset) -> Error {
        let mut env = Env::new(1_000, &mut self.ids);
        command.decide(&self.film, &mut env).unwrap_err()
    }
}

#[test]
fn words_go_on_and_off_and_are_undone() {
    let mut story = Story::new(SCRIPT);
    let id = story.picture_file("lamp.jpg");
    let details = story.run(tag(id, &["Night  Shots", "lamp"], &[]));
    assert_eq!(details.tags, ["lamp", "night shots"]);
    assert_eq!(details.name.as_deref(), Some("lamp.jpg"));
    story.run(tag(id, &["night shots", "warm"], &["LAMP", "never there"]));
    assert_eq!(story.tags(id), "night shots, warm");
    story.step_back();
    assert_eq!(story.tags(id), "lamp, night shots");
    story.step_back();
    assert_eq!(story.tags(id), "");
    story.step_forth();
    assert_eq!(story.tags(id), "lamp, night shots");
}

#[test]
fn words_that_cannot_be_kept_are_refused() {
    let mut story = Story::new(SCRIPT);
    let id = story.picture_file("lamp.jpg");
    let (long, hidden) = ("x".repeat(61), "a\u{1b}b");
    for bad in ["", "  ", &long, hidden] {
        let error = story.refused(tag(id, &[bad], &[]));
        assert_eq!(error.kind, ErrorKind::InvalidParams, "{bad:?}: {error}");
    }
    let many: Vec<String> = (0..41).map(|n| format!("tag {n}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let error = story.refused(tag(id, &many, &[]));
    assert_eq!(error.kind, ErrorKind::ResourceExhausted, "{error}");
    story.run(tag(id, &many[..40], &[]));
    story.run(tag(id, &["another"], &["tag 0"]));
    let unknown = BlobId([9; 32]);
    let error = story.refused(tag(unknown, &["a"], &[]));
    assert_eq!(error.kind, ErrorKind::NotFound, "{error}");
}

#[test]
fn assets_are_found_by_what_is_known_of_them() {
    let mut story = Story::new(SCRIPT);
    let lamp = story.picture_file("Lamp at dusk.jpg");
    let door = story.picture_file("door.jpg");
    story.render();
    story.run(tag(lamp, &["warm", "to redo"], &[]));
    story.run(tag(door, &["warm"], &[]));
    let ids = |page: AssetPage| -> Vec<BlobId> {
        page.assets.into_iter().map(|it| it.asset.id).collect()
    };
    let n_all = story.film.state.assets.by_id.len();
    let page = story.found(all());
    assert_eq!((page.total as usize, page.assets.len()), (n_all, n_all));
    let tags: Vec<(&str, u32)> = page.tags.iter().map(|it| (&*it.tag, it.assets)).collect();
    assert_eq!(tags, [("warm", 2), ("to redo", 1)]);
    assert_eq!(ids(story.found(text("DUSK lamp"))), [lamp]);
    assert_eq!(ids(story.found(text("lamp door"))), []);
    assert_eq!(ids(story.found(text("redo"))), [lamp]);
    // What the shot says: both are of the shot with the stove, and nothing was drawn for it.
    assert_eq!(story.found(text("ölofen")).total, 2);
    assert_eq!(story.found(text("Olofen")).total, 2, "accents do not count");
    assert_eq!(story.found(text("1a maya kitchen")).total, 2);
    let by_tag = ListAssets {
        tag: Some(" WARM ".to_owned()),
        limit: Some(1),
        ..all()
    };
    let page = story.found(by_tag);
    assert_eq!((page.total, page.assets.len(), page.bytes), (2, 1, 18));
    let of_kind = ListAssets {
        media_type: Some("image/jpeg".to_owned()),
        shot: Some(story.last_shot()),
        ..all()
    };
    assert_eq!(story.found(of_kind).total, 2);
    let long = text(&"x".repeat(401)).answer(&story.film).unwrap_err();
    assert_eq!(long.kind, ErrorKind::InvalidParams, "{long}");
    // A take that was withdrawn shows nothing any more, and the file stays.
    for _ in 0..3 {
        story.step_back();
    }
    assert_eq!(ids(story.found(text("door"))), []);
    assert_eq!(story.found(all()).total as usize, n_all);
}
