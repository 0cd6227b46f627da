//! Bringing back from a branch: the text of scenes with their shots, takes, entries of the bible.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use storycore_schema::{
    Error, ErrorKind, Event,
    asset::AssetEvent,
    bible::BibleEvent,
    id::{BlobId, SceneId, ShotId, TakeId},
    scene::SceneRecord,
    script::ChangeCause,
    take::{TakeEvent, TakeMark},
};

use crate::{
    Decide, Env, Film, GlobalState, handle::Decided, screenplay::Screenplay, screenplay::between,
    shot,
};

mod compose;

use compose::Composer;

/// Texts of scripts, by the hash of their bytes.
pub type Texts = BTreeMap<BlobId, String>;

/// Brings something of a branch back into its film.
#[derive(Debug, Clone)]
pub struct Bring {
    /// The branch's name.
    pub name: String,
    /// The film when the branch began.
    pub began: Arc<GlobalState>,
    /// The branch as it is.
    pub branch: Arc<GlobalState>,
    /// Scenes whose text and takes come.
    pub scenes: Vec<SceneId>,
    /// Shots whose takes come.
    pub shots: Vec<ShotId>,
    /// Files of the bible.
    pub bible: Vec<String>,
    /// Whether the branch is right where both sides changed.
    pub force: bool,
    /// The scripts of the film, of the branch, and of both when it began.
    pub texts: Arc<Texts>,
}

/// What bringing back comes to.
#[derive(Debug, Default)]
pub struct Plan {
    /// What happens.
    pub events: Vec<Event>,
    /// New texts of scripts; they are kept before anything happens.
    pub texts: Vec<String>,
    /// Pictures of the branch that the film does not have.
    pub assets: BTreeSet<BlobId>,
    /// Scenes with other words.
    pub n_scenes: usize,
    /// Takes that come over.
    pub n_takes: usize,
}

impl Bring {
    /// What it comes to for a film.
    pub fn plan(&self, film: &Film) -> Result<Plan, Error> {
        let mut plan = Plan::default();
        self.bring_bible(film, &mut plan)?;
        let after = self.bring_scenes(film, &mut plan)?;
        self.bring_takes(film, &after, &mut plan)?;
        Ok(plan)
    }

    fn bring_bible(&self, film: &Film, plan: &mut Plan) -> Result<(), Error> {
        let side = |state: &GlobalState, path: &String| {
            let bible = &state.project.bible;
            (
                bible.by_path.get(path).cloned(),
                bible.texts.get(path).copied(),
                bible.images_of(path),
            )
        };
        for path in &self.bible {
            let began = side(&self.began, path);
            let (here, there) = (side(&film.state, path), side(&self.branch, path));
            if began.0.is_none() && there.0.is_none() {
                return Err(Error::not_found("bible file in the branch", path)
                    .hint("bible/list of the branch lists its files"));
            }
            if here == there {
                continue;
            }
            self.unless_both(here != began && there != began, path)?;
            let path = path.clone();
            plan.events.push(Event::Bible(match there {
                (Some(entry), text, images) => BibleEvent::Changed {
                    path,
                    entry: (*entry).clone(),
                    text,
                    images,
                },
                (None, ..) => BibleEvent::Removed { path },
            }));
        }
        Ok(())
    }

    fn unless_both(&self, both: bool, what: &str) -> Result<(), Error> {
        if !both || self.force {
            return Ok(());
        }
        let message = format!(
            "{what} has changed here, too, since the branch “{}” began",
            self.name
        );
        Err(Error::new(ErrorKind::Conflict, message).hint(
            "look at both with branch/diff; `force` takes the branch's side, and can be undone",
        ))
    }

    /// The text of a scene on one side.
    fn text(&self, state: &GlobalState, id: SceneId) -> Option<&str> {
        compose::text_of_scene(&state.project.screenplay, &self.texts, id)
    }

    fn bring_scenes(&self, film: &Film, plan: &mut Plan) -> Result<Screenplay, Error> {
        let now = &film.state.project.screenplay;
        let there = &self.branch.project.screenplay;
        for id in &self.scenes {
            if !there.scenes.contains_key(id) {
                return Err(Error::not_found("scene in the branch", id)
                    .hint("scene/list of the branch lists its scenes; cut one here by hand"));
            }
        }
        let mut composer = Composer::new(now, &self.texts);
        // In the order of the branch, so that one may follow another.
        let order: Vec<SceneId> = there.scenes_in_order().map(|it| it.id).collect();
        for (at, id) in order.iter().enumerate() {
            let Some(text) = self
                .text(&self.branch, *id)
                .filter(|_| self.scenes.contains(id))
            else {
                continue;
            };
            let (here, began) = (self.text(&film.state, *id), self.text(&self.began, *id));
            let is_same =
                |a: Option<&str>, b: Option<&str>| a.map(str::trim_end) == b.map(str::trim_end);
            if is_same(here, Some(text)) {
                continue;
            }
            let both = !is_same(here, began) && !is_same(Some(text), began);
            self.unless_both(both, &label(film, &self.branch, *id))?;
            composer.put(&order[..at], there, *id, text)?;
            plan.n_scenes += 1;
        }
        let mut after = composer.finish(&mut plan.texts)?;
        keep_takes(film, &mut after);
        let events = between(ChangeCause::Branch, now, &after);
        plan.events.extend(events.into_iter().map(Event::Script));
        Ok(after)
    }

    fn bring_takes(&self, film: &Film, after: &Screenplay, plan: &mut Plan) -> Result<(), Error> {
        let there = &self.branch.project.screenplay;
        let scenes = self.scenes.iter().filter_map(|id| there.scenes.get(id));
        let mut shots: Vec<ShotId> = scenes.flat_map(|it| it.shots.iter().copied()).collect();
        for id in &self.shots {
            there.any_shot(*id)?;
            shots.push(*id);
        }
        let mut done = BTreeSet::new();
        for id in shots {
            if !done.insert(id) {
                continue;
            }
            if after.any_shot(id).is_err() {
                let message = format!("shot {id} of the branch is not in the film");
                return Err(Error::failed_precondition(message).hint("bring its scene back, too"));
            }
            self.bring_takes_of(film, id, plan)?;
        }
        Ok(())
    }

    fn bring_takes_of(&self, film: &Film, id: ShotId, plan: &mut Plan) -> Result<(), Error> {
        let there = &self.branch.generation.takes;
        for take in there.of_shot(id) {
            let now = &film.state.generation.takes;
            if now.by_id.contains_key(&take.id) {
                if now.withdrawn.contains(&take.id) {
                    plan.n_takes += 1;
                    plan.take(TakeEvent::Returned { id: take.id });
                }
            } else {
                plan.n_takes += 1;
                if let Some(asset) = self.branch.assets.by_id.get(&take.asset)
                    && !film.state.assets.by_id.contains_key(&take.asset)
                    && plan.assets.insert(take.asset)
                {
                    let asset = (**asset).clone();
                    plan.events.push(Event::Asset(AssetEvent::Added { asset }));
                }
                plan.take(TakeEvent::Added {
                    take: Box::new((**take).clone()),
                });
            }
            self.bring_remarks(film, take.id, plan);
        }
        self.bring_choice(film, id, plan)
    }

    /// Marks that were set in the branch, and what was said there.
    fn bring_remarks(&self, film: &Film, id: TakeId, plan: &mut Plan) {
        let (now, began) = (&film.state.generation.takes, &self.began.generation.takes);
        let there = &self.branch.generation.takes;
        let (marks, before) = (there.marks_of(id), began.marks_of(id));
        for mark in [TakeMark::Starred, TakeMark::Rejected] {
            let on = marks.has(mark);
            if on != before.has(mark) && on != now.marks_of(id).has(mark) {
                plan.take(TakeEvent::Marked { id, mark, on });
            }
        }
        let is_new = |it: &&storycore_schema::take::TakeComment| {
            let known = |takes: &crate::take::Takes| takes.comments_of(id).any(|c| c.id == it.id);
            !known(now) && !known(began)
        };
        for comment in there.comments_of(id).filter(is_new) {
            let comment = comment.clone();
            plan.take(TakeEvent::Commented { id, comment });
        }
        if let Some(take) = there.by_id.get(&id) {
            self.bring_tags(film, take.asset, plan);
        }
    }

    /// Words that were put on a picture in the branch, or taken off there.
    fn bring_tags(&self, film: &Film, id: BlobId, plan: &mut Plan) {
        let (now, began, there) = (&film.state.assets, &self.began.assets, &self.branch.assets);
        let tags: BTreeSet<&String> = began.tags_of(id).chain(there.tags_of(id)).collect();
        for tag in tags {
            let on = there.has_tag(id, tag);
            let tagged = Event::Asset(AssetEvent::Tagged {
                id,
                tag: tag.clone(),
                on,
            });
            // Several takes may show one picture.
            let is_told = plan.events.contains(&tagged);
            if on != began.has_tag(id, tag) && on != now.has_tag(id, tag) && !is_told {
                plan.events.push(tagged);
            }
        }
    }

    fn bring_choice(&self, film: &Film, shot: ShotId, plan: &mut Plan) -> Result<(), Error> {
        let choice = |state: &GlobalState| state.generation.takes.choices.get(&shot).copied();
        let (began, there) = (choice(&self.began), choice(&self.branch));
        let here = choice(&film.state);
        if there == began || there == here {
            return Ok(());
        }
        let what = format!("which take {} shows", shot::label(film, shot));
        self.unless_both(here != began, &what)?;
        plan.take(TakeEvent::Chosen {
            shot,
            choice: there,
        });
        Ok(())
    }
}

impl Plan {
    fn take(&mut self, event: TakeEvent) {
        self.events.push(Event::Take(event));
    }
}

/// A scene as people know it here, or else in the branch.
fn label(film: &Film, branch: &GlobalState, id: SceneId) -> String {
    let heading = |it: &Arc<SceneRecord>| it.heading.clone();
    let there = &branch.project.screenplay.scenes;
    let heading = there.get(&id).map(heading).unwrap_or_default();
    format!("{} ({heading})", crate::scene::label(film, id))
}

/// Shots that lost their place go to the tray if they have takes.
fn keep_takes(film: &Film, after: &mut Screenplay) {
    let now = &film.state.project.screenplay;
    let takes = &film.state.generation.takes.by_shot;
    for (id, record) in &now.shots {
        if !after.shots.contains_key(id) && takes.contains_key(id) {
            after.unplaced_shots.insert(*id, record.clone());
        }
    }
}

impl Decide for Bring {
    type Output = (usize, usize);

    fn decide(self, film: &Film, env: &mut Env<'_>) -> Decided<(usize, usize)> {
        let plan = self.plan(film)?;
        let label = format!("bring back from “{}”", self.name);
        let events = env.undoable(film, &label, plan.events);
        Ok(((plan.n_scenes, plan.n_takes), events))
    }
}
