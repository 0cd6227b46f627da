//! Random commands of two people, beside a simple model of what they mean. The model knows nothing
//! of events: it is a map from places to values, and each person has a stack of what they changed.
//! A deed may be undone exactly while every place it changed still has the value it gave it.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};
use storycore_schema::Role;

use crate::support::{Client, block_on, in_process::InProcess};

const SCRIPT: &str = "\
INT. BOATHOUSE - NIGHT

Maya planes a long plank by lamplight.

EXT. SLIPWAY - DAWN

The boat slides into the water by itself.
";

/// Takes of each shot.
const TAKES_A_SHOT: usize = 2;

/// Something a person asks for. Takes, shots and places are counted, and wrap around.
#[derive(Debug, Clone)]
enum Deed {
    Select(usize, bool),
    Lock(usize, bool),
    Star(usize, bool),
    Reject(usize, bool),
    Comment(usize),
    Uncomment(usize),
    Move(usize, usize),
    Detach(usize),
    Attach(usize),
    Name,
    Undo,
    Redo,
}

fn deed() -> impl Strategy<Value = (usize, Deed)> {
    let take = 0..64_usize;
    let on = prop::bool::weighted(0.7);
    let deed = prop_oneof![
        4 => (take.clone(), on).prop_map(|(take, on)| Deed::Select(take, on)),
        3 => (take.clone(), on).prop_map(|(take, on)| Deed::Lock(take, on)),
        3 => (take.clone(), on).prop_map(|(take, on)| Deed::Star(take, on)),
        3 => (take.clone(), on).prop_map(|(take, on)| Deed::Reject(take, on)),
        2 => take.clone().prop_map(Deed::Comment),
        2 => take.clone().prop_map(Deed::Uncomment),
        3 => (take.clone(), take.clone()).prop_map(|(take, shot)| Deed::Move(take, shot)),
        1 => take.clone().prop_map(Deed::Detach),
        1 => take.prop_map(Deed::Attach),
        1 => Just(Deed::Name),
        8 => Just(Deed::Undo),
        5 => Just(Deed::Redo),
    ];
    (0..2_usize, deed)
}

/// Where a value stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    /// What is chosen for a shot: the take, and whether it is locked.
    Choice(String),
    Starred(String),
    Rejected(String),
    /// The text of a comment of a take; absent when it was taken back.
    Comment(String, String),
    /// The shot of a take.
    Shot(String),
    /// The scene that stands at a place of the script.
    Scene(usize),
}

type State = BTreeMap<Place, String>;

/// What a deed changed: from which value to which; absent is a value, too.
type Change = BTreeMap<Place, (Option<String>, Option<String>)>;

#[derive(Debug, Default)]
struct Stacks {
    done: Vec<Change>,
    undone: Vec<Change>,
}

#[derive(Debug, Default)]
struct Model {
    takes: Vec<String>,
    shots: Vec<String>,
    state: State,
    people: [Stacks; 2],
    names: Vec<String>,
    /// For each place of the script the scene that stood there first.
    first: Vec<String>,
    /// Its shots.
    first_shots: Vec<Vec<String>>,
    /// The shot that each take was made for.
    made_for: BTreeMap<String, String>,
}

impl Model {
    fn get(&self, place: &Place) -> Option<&String> {
        self.state.get(place)
    }

    fn shot_of(&self, take: &str) -> String {
        self.state[&Place::Shot(take.to_owned())].clone()
    }

    /// The take that is chosen for a shot, if it is still of that shot, and whether it is locked.
    fn chosen(&self, shot: &str) -> Option<(String, bool)> {
        let (take, locked) = self
            .get(&Place::Choice(shot.to_owned()))?
            .split_once(' ')
            .map(|(take, how)| (take.to_owned(), how == "locked"))?;
        (self.shot_of(&take) == shot).then_some((take, locked))
    }

    /// What setting some places comes to, without those that have the value already.
    fn change(&self, wanted: Vec<(Place, Option<String>)>) -> Change {
        let wanted = wanted.into_iter();
        let changes = wanted.filter_map(|(place, value)| {
            let now = self.get(&place).cloned();
            (now != value).then_some((place, (now, value)))
        });
        changes.collect()
    }

    /// What a decision about a take changes; absent when it is refused.
    fn decision(&self, deed: &Deed) -> Option<Vec<(Place, Option<String>)>> {
        let take = self.take_of(deed);
        let shot = self.shot_of(&take);
        let chosen = self.chosen(&shot);
        let is_mine = chosen.as_ref().is_some_and(|it| it.0 == take);
        let is_locked = chosen.as_ref().is_some_and(|it| it.1);
        let mark = |on: bool| on.then(|| "yes".to_owned());
        let choice = |how: &str| (Place::Choice(shot.clone()), Some(format!("{take} {how}")));
        let unreject = (Place::Rejected(take.clone()), None);
        Some(match deed {
            Deed::Select(..) | Deed::Lock(..) if is_locked && !is_mine => return None,
            Deed::Select(_, true) if is_mine => Vec::new(),
            Deed::Select(_, true) => vec![choice("free"), unreject],
            Deed::Select(_, false) if is_mine && is_locked => return None,
            Deed::Select(_, false) if is_mine => vec![(Place::Choice(shot), None)],
            Deed::Select(_, false) => Vec::new(),
            Deed::Lock(_, true) => vec![choice("locked"), unreject],
            Deed::Lock(_, false) if is_mine => vec![choice("free")],
            Deed::Lock(_, false) => Vec::new(),
            Deed::Star(_, on) => vec![(Place::Starred(take), mark(*on))],
            Deed::Reject(_, true) if is_mine && is_locked => return None,
            Deed::Reject(_, on) => {
                let mut wanted = vec![(Place::Rejected(take), mark(*on))];
                if *on && is_mine {
                    wanted.push((Place::Choice(shot), None));
                }
                wanted
            }
            Deed::Move(_, to) => {
                let to = self.shots[to % self.shots.len()].clone();
                let mut wanted = vec![(Place::Shot(take.clone()), Some(to.clone()))];
                let raw = self.get(&Place::Choice(shot.clone()));
                if to != shot && raw.is_some_and(|it| it.starts_with(&take)) {
                    wanted.push((Place::Choice(shot), None));
                }
                wanted
            }
            _ => Vec::new(),
        })
    }

    /// Whether takes that were made for another shot lie in the scene that stands at a place. When
    /// such a scene is told apart, takes go by the words they were made for, which the model does
    /// not know.
    fn holds_strangers(&self, idx: usize) -> bool {
        let mut takes = self.takes.iter();
        self.state[&Place::Scene(idx)] == self.first[idx]
            && takes.any(|take| {
                let shot = self.shot_of(take);
                self.first_shots[idx].contains(&shot) && self.made_for[take] != shot
            })
    }

    fn take_of(&self, deed: &Deed) -> String {
        let (Deed::Select(idx, _)
        | Deed::Lock(idx, _)
        | Deed::Star(idx, _)
        | Deed::Reject(idx, _)
        | Deed::Comment(idx)
        | Deed::Uncomment(idx)
        | Deed::Move(idx, _)
        | Deed::Detach(idx)
        | Deed::Attach(idx)) = deed
        else {
            return self.takes[0].clone();
        };
        self.takes[idx % self.takes.len()].clone()
    }

    fn put(&mut self, change: &Change, back: bool) {
        for (place, (before, after)) in change {
            let value = if back { before } else { after };
            match value {
                Some(value) => self.state.insert(place.clone(), value.clone()),
                None => self.state.remove(place),
            };
        }
    }

    fn do_it(&mut self, who: usize, change: Change) {
        if change.is_empty() {
            return;
        }
        self.put(&change, false);
        self.people[who].undone.clear();
        self.people[who].done.push(change);
    }

    /// Whether every place still has the value it was given.
    fn holds(&self, change: &Change, back: bool) -> bool {
        change.iter().all(|(place, (before, after))| {
            let given = if back { after } else { before };
            self.get(place) == given.as_ref()
        })
    }

    /// Undoes or does again; the kind of the refusal if that cannot be.
    fn step(&mut self, who: usize, back: bool) -> Result<(), &'static str> {
        let stack = &mut self.people[who];
        let from = if back {
            &mut stack.done
        } else {
            &mut stack.undone
        };
        let Some(change) = from.last().cloned() else {
            return Err("failedPrecondition");
        };
        if !self.holds(&change, back) {
            return Err("conflict");
        }
        self.put(&change, back);
        let stack = &mut self.people[who];
        if back {
            stack.done.pop();
            stack.undone.push(change);
        } else {
            stack.undone.pop();
            stack.done.push(change);
        }
        Ok(())
    }
}

/// The daemon, two people, and the model beside it.
struct World {
    _daemon: InProcess,
    people: [Client; 2],
    film: String,
    path: std::path::PathBuf,
    model: Model,
}

impl World {
    async fn new() -> World {
        let daemon = InProcess::new();
        let path = daemon.dir.path().join("film");
        std::fs::create_dir_all(path.join("script")).expect("a folder");
        std::fs::write(path.join("script/film.fountain"), SCRIPT).expect("a script");
        let mut people = [Role::Admin, Role::Admin].map(|role| daemon.client(role));
        for (client, name) in people.iter_mut().zip(["ada", "ben"]) {
            let hello = json!({"client": name, "protocol": 1});
            client.ask("initialize", hello).await;
        }
        let film = people[0].open(&path, false).await;
        for _ in 0..TAKES_A_SHOT {
            let render = json!({"project": film, "force": true});
            people[0].ask("shot/render", render).await;
        }
        let mut world = World {
            _daemon: daemon,
            people,
            film,
            path,
            model: Model::default(),
        };
        world.begin().await;
        world
    }

    async fn ask(&mut self, method: &str) -> Value {
        let params = json!({"project": self.film});
        self.people[0].ask(method, params).await
    }

    async fn begin(&mut self) {
        for take in list(&self.ask("take/list").await) {
            let (id, shot) = (text(&take["id"]), text(&take["shot"]));
            self.model.takes.push(id.clone());
            self.model.made_for.insert(id.clone(), shot.clone());
            self.model.state.insert(Place::Shot(id), shot);
        }
        for shot in list(&self.ask("shot/list").await) {
            self.model.shots.push(text(&shot["id"]));
        }
        for (idx, scene) in list(&self.ask("scene/list").await).iter().enumerate() {
            let id = text(&scene["id"]);
            self.model.first.push(id.clone());
            let shots = list(&scene["shots"]);
            let shots = shots.iter().map(text).collect();
            self.model.first_shots.push(shots);
            self.model.state.insert(Place::Scene(idx), id);
        }
    }

    async fn call(&mut self, who: usize, method: &str, mut params: Value) -> Result<Value, String> {
        params["project"] = json!(self.film);
        let answer = self.people[who].call(method, params).await;
        answer.map_err(|it| it.kind().to_owned())
    }

    async fn perform(&mut self, who: usize, deed: &Deed) {
        let take = self.model.take_of(deed);
        match deed {
            Deed::Undo | Deed::Redo => {
                let back = matches!(deed, Deed::Undo);
                let method = if back { "history/undo" } else { "history/redo" };
                let expected = self.model.step(who, back);
                let got = self.call(who, method, json!({})).await;
                assert_eq!(got.map(|_| ()), expected.map_err(str::to_owned), "{method}");
            }
            Deed::Name => {
                let name = format!("moment {}", self.model.names.len());
                let params = json!({"name": name});
                let got = self.call(who, "checkpoint/create", params).await;
                got.expect("a checkpoint");
                self.model.names.push(name);
            }
            Deed::Comment(_) => {
                let params = json!({"id": take, "text": "Look again."});
                let made = self.call(who, "take/comment", params).await;
                let id = text(&made.expect("a comment")["value"]["id"]);
                let place = Place::Comment(take, id);
                let change = self.model.change(vec![(place, Some("yes".to_owned()))]);
                self.model.do_it(who, change);
            }
            Deed::Uncomment(_) => self.uncomment(who, &take).await,
            Deed::Detach(idx) => self.detach(who, *idx).await,
            Deed::Attach(idx) => self.attach(who, *idx).await,
            _ => self.decide(who, deed, &take).await,
        }
    }

    async fn decide(&mut self, who: usize, deed: &Deed, take: &str) {
        let wanted = self.model.decision(deed);
        let (method, mut params) = match deed {
            Deed::Select(_, on) => ("take/select", json!({"on": on})),
            Deed::Lock(_, on) => ("take/lock", json!({"on": on})),
            Deed::Star(_, on) => ("take/star", json!({"on": on})),
            Deed::Reject(_, on) => ("take/reject", json!({"on": on})),
            Deed::Move(_, shot) => {
                let shot = &self.model.shots[shot % self.model.shots.len()];
                ("take/move", json!({"shot": shot}))
            }
            other => panic!("{other:?} is no decision about a take"),
        };
        if let Deed::Move(_, shot) = deed
            && !self.has_takes(*shot)
        {
            // A shot without takes may be gone from the tray.
            return;
        }
        params["id"] = json!(take);
        let got = self.call(who, method, params).await.map(|_| ());
        match wanted {
            Some(wanted) => {
                assert_eq!(got, Ok(()), "{method}");
                let change = self.model.change(wanted);
                self.model.do_it(who, change);
            }
            None => assert_eq!(got, Err("failedPrecondition".to_owned()), "{method}"),
        }
    }

    fn has_takes(&self, shot: usize) -> bool {
        let shot = &self.model.shots[shot % self.model.shots.len()];
        let mut takes = self.model.takes.iter();
        takes.any(|it| self.model.shot_of(it) == *shot)
    }

    async fn uncomment(&mut self, who: usize, take: &str) {
        let mut comments = self.model.state.keys().filter_map(|place| match place {
            Place::Comment(of, id) if of == take => Some(id.clone()),
            _ => None,
        });
        let Some(id) = comments.next_back() else {
            return;
        };
        let params = json!({"id": take, "comment": id});
        let got = self.call(who, "take/uncomment", params).await;
        got.expect("the comment goes");
        let place = Place::Comment(take.to_owned(), id);
        let change = self.model.change(vec![(place, None)]);
        self.model.do_it(who, change);
    }

    async fn detach(&mut self, who: usize, idx: usize) {
        let idx = idx % self.model.first.len();
        if self.model.holds_strangers(idx) {
            return;
        }
        let place = Place::Scene(idx);
        let id = self.model.state[&place].clone();
        let got = self.call(who, "scene/detach", json!({"id": id})).await;
        let fresh = text(&got.expect("a new scene")["value"]);
        let change = self.model.change(vec![(place, Some(fresh))]);
        self.model.do_it(who, change);
    }

    /// Gives a place of the script back to the scene that stood there first, if the tray has it.
    async fn attach(&mut self, who: usize, idx: usize) {
        let idx = idx % self.model.first.len();
        let (place, first) = (Place::Scene(idx), self.model.first[idx].clone());
        let to = self.model.state[&place].clone();
        let tray = self.ask("tray/list").await;
        let has_it = list(&tray["scenes"]).iter().any(|it| it["id"] == *first);
        if to == first || !has_it {
            return;
        }
        let params = json!({"id": first, "to": to});
        let got = self.call(who, "scene/attach", params).await;
        got.expect("it goes back");
        let change = self.model.change(vec![(place, Some(first))]);
        self.model.do_it(who, change);
    }

    /// What the daemon says, told as the model has it.
    async fn told(&mut self) -> State {
        let mut state = State::new();
        for take in list(&self.ask("take/list").await) {
            let (id, shot) = (text(&take["id"]), text(&take["shot"]));
            for (key, place) in [
                ("starred", Place::Starred(id.clone())),
                ("rejected", Place::Rejected(id.clone())),
            ] {
                if take[key] == true {
                    state.insert(place, "yes".to_owned());
                }
            }
            if take["selected"] == true {
                let how = if take["locked"] == true {
                    "locked"
                } else {
                    "free"
                };
                state.insert(Place::Choice(shot.clone()), format!("{id} {how}"));
            }
            for comment in list(&take["comments"]) {
                let place = Place::Comment(id.clone(), text(&comment["id"]));
                state.insert(place, "yes".to_owned());
            }
            state.insert(Place::Shot(id), shot);
        }
        for (idx, scene) in list(&self.ask("scene/list").await).iter().enumerate() {
            state.insert(Place::Scene(idx), text(&scene["id"]));
        }
        state
    }

    async fn compare(&mut self, after: &str) {
        let told = self.told().await;
        let model = &self.model;
        let mut expected = model.state.clone();
        // A choice of a take that is elsewhere now is no choice.
        expected.retain(|place, _| match place {
            Place::Choice(shot) => model.chosen(shot).is_some(),
            _ => true,
        });
        assert_eq!(told, expected, "after {after}");
        let names = self.ask("checkpoint/list").await;
        let names: Vec<String> = list(&names).iter().map(|it| text(&it["name"])).collect();
        assert_eq!(names, self.model.names, "after {after}");
    }

    /// What is in the log says the same again.
    async fn reopen(&mut self) {
        let before = self.ask("state/get").await["state"].clone();
        let close = json!({"project": self.film});
        self.people[0].ask("project/close", close).await;
        let path = self.path.clone();
        self.people[0].open(&path, false).await;
        let after = self.ask("state/get").await["state"].clone();
        assert_eq!(after["project"], before["project"]);
        assert_eq!(after["generation"], before["generation"]);
    }
}

fn list(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_default()
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_two_people_decide_and_undo_is_what_a_simple_model_says(
        deeds in prop::collection::vec(deed(), 1..60),
    ) {
        block_on(async {
            let mut world = World::new().await;
            for (who, deed) in &deeds {
                world.perform(*who, deed).await;
                world.compare(&format!("{who}: {deed:?}")).await;
            }
            world.reopen().await;
            world.compare("reopening").await;
        });
    }
}
