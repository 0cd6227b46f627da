//! Who looks at what, and who makes room.

use storycore_schema::{id::SceneId, scene::SceneRecord};
use ulid::Ulid;

use super::*;
use crate::IdSource;

fn film() -> Film {
    let mut film = Film::new("/film");
    let scene = SceneRecord {
        id: Ulid(1).into(),
        script: "a.fountain".to_owned(),
        heading: "INT. A".to_owned(),
        written_number: None,
        setting: None,
        location: String::new(),
        time_of_day: None,
        bytes: 0,
        lines: 0,
        text: storycore_schema::id::BlobId([0; 32]),
        shots: Vec::new(),
    };
    let scenes = &mut film.state.project.screenplay.scenes;
    scenes.insert(scene.id, scene.into());
    film
}

fn speak(film: &mut Film, client: &str, scene: Option<SceneId>) -> Result<(), Error> {
    let select = SetSelection {
        project: Ulid::nil().into(),
        client: client.to_owned(),
        scene,
        shot: None,
    };
    let ((), events) = select.decide(film, &mut Env::new(1_000, &mut IdSource::new(1)))?;
    film.apply(&events);
    Ok(())
}

#[test]
fn the_client_that_has_been_silent_longest_makes_room() {
    let (mut film, scene) = (film(), Some(Ulid(1).into()));
    speak(&mut film, "zoe", scene).unwrap();
    speak(&mut film, "yann", scene).unwrap();
    for n in 2..SELECTIONS_LEN_MAX {
        speak(&mut film, &format!("page-{n}"), scene).unwrap();
    }
    speak(&mut film, "zoe", scene).unwrap();
    speak(&mut film, "nobody", None).unwrap();
    let known = |film: &Film, name| film.state.ui.selections.by_client.contains_key(name);
    assert!(known(&film, "yann"), "who looks at nothing needs no room");
    speak(&mut film, "amy", scene).unwrap();
    assert!(known(&film, "amy") && known(&film, "zoe") && known(&film, "page-2"));
    assert!(!known(&film, "yann"));
    let selections = &film.state.ui.selections;
    assert_eq!(selections.by_client.len(), SELECTIONS_LEN_MAX);
    assert_eq!(selections.spoke.len(), SELECTIONS_LEN_MAX);
}

#[test]
fn a_client_without_a_name_is_told_how_to_choose_one() {
    let error = speak(&mut film(), "", None).unwrap_err();
    assert!(error.hint.is_some());
}
