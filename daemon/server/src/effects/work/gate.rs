//! How much of each kind of work is done at once, over all films, and whose turn it is: the most
//! important first, and films that are as important take turns.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use storycore_schema::{id::ProjectId, workflow::StepKind};
use tokio::sync::oneshot;

/// Prompts that are written at once: they take no time, and a film of thousands must not hold up
/// everything else.
const PROMPTS_AT_ONCE: usize = 8;

/// Questions that language models are asked at once by steps: a local server answers one after the
/// other, and a service limits what it is asked a minute.
const QUESTIONS_AT_ONCE: usize = 4;

/// Files that are exported at once: each reads all the pictures of a film.
const EXPORTS_AT_ONCE: usize = 1;

/// A gate for each kind of work.
pub struct Gates(BTreeMap<StepKind, Arc<Gate>>);

impl Gates {
    /// Gates with so many places for the built-in renderer, and for ComfyUI.
    pub fn new(sketches_at_once: usize, comfyui: usize) -> Gates {
        let gate = |places| Arc::new(Gate::new(places));
        Gates(BTreeMap::from([
            (StepKind::Sketch, gate(sketches_at_once)),
            (StepKind::Prompt, gate(PROMPTS_AT_ONCE)),
            (StepKind::Comfyui, gate(comfyui)),
            (StepKind::Llm, gate(QUESTIONS_AT_ONCE)),
            (StepKind::Export, gate(EXPORTS_AT_ONCE)),
        ]))
    }

    /// How much of a kind is done at once.
    pub fn places(&self, kind: StepKind) -> usize {
        self.0.get(&kind).map_or(1, |it| it.places)
    }

    /// Stands in line for a place: whoever stands there first goes first, among those that are as
    /// important.
    pub fn stand(&self, kind: StepKind, film: ProjectId, priority: i32) -> Turn {
        Turn(self.0.get(&kind).map(|it| it.stand(film, priority)))
    }
}

/// Whoever stands in line, until it is dropped. Gives the place, or none if there is no gate.
pub struct Turn(Option<oneshot::Receiver<Pass>>);

impl Turn {
    /// Waits for the place.
    pub async fn come(self) -> Option<Pass> {
        match self.0 {
            Some(told) => told.await.ok(),
            None => None,
        }
    }
}

/// So many places, and a line before it.
struct Gate {
    places: usize,
    line: Mutex<Line>,
}

#[derive(Default)]
struct Line {
    free: usize,
    waiting: Vec<Waiting>,
    /// When each film last got a place, in places given.
    last: BTreeMap<ProjectId, u64>,
    n_given: u64,
    n_come: u64,
}

struct Waiting {
    film: ProjectId,
    priority: i32,
    /// Who came first.
    come: u64,
    tell: oneshot::Sender<Pass>,
}

/// A place, until it is dropped.
pub struct Pass(Option<Arc<Gate>>);

impl Drop for Pass {
    fn drop(&mut self) {
        if let Some(gate) = self.0.take() {
            gate.give_back();
        }
    }
}

impl Gate {
    fn new(places: usize) -> Gate {
        let line = Line {
            free: places,
            ..Line::default()
        };
        Gate {
            places,
            line: Mutex::new(line),
        }
    }

    fn stand(self: &Arc<Gate>, film: ProjectId, priority: i32) -> oneshot::Receiver<Pass> {
        let (tell, told) = oneshot::channel();
        {
            let mut line = self.line();
            line.n_come += 1;
            let come = line.n_come;
            line.waiting.push(Waiting {
                film,
                priority,
                come,
                tell,
            });
        }
        self.let_in();
        told
    }

    fn give_back(self: &Arc<Gate>) {
        self.line().free += 1;
        self.let_in();
    }

    fn let_in(self: &Arc<Gate>) {
        loop {
            let Some(next) = self.line().next() else {
                return;
            };
            // Whoever does not wait any more takes no place: the pass comes back as an error, and
            // dropping it would call this again, so it is taken apart here.
            if let Err(mut pass) = next.tell.send(Pass(Some(self.clone()))) {
                pass.0 = None;
                self.line().free += 1;
            }
        }
    }

    fn line(&self) -> std::sync::MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Line {
    /// Whose turn it is, if there is a place.
    fn next(&mut self) -> Option<Waiting> {
        if self.free == 0 {
            return None;
        }
        let last = |it: &Waiting| self.last.get(&it.film).copied().unwrap_or(0);
        let turn = |it: &Waiting| (std::cmp::Reverse(it.priority), last(it), it.come);
        let next = self.waiting.iter().enumerate();
        let (place, _) = next.min_by_key(|(_, it)| turn(it))?;
        let next = self.waiting.swap_remove(place);
        self.free -= 1;
        self.n_given += 1;
        self.last.insert(next.film, self.n_given);
        // A film that went away long ago has no turn to remember.
        if self.last.len() > 1_024 {
            self.last.clear();
        }
        Some(next)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ulid::Ulid;

    use super::*;

    fn film(n: u128) -> ProjectId {
        Ulid(n).into()
    }

    #[tokio::test]
    async fn a_place_goes_on_to_whoever_waits() {
        let gate = Arc::new(Gate::new(1));
        let first = gate.stand(film(1), 0).await.unwrap();
        let second = gate.stand(film(1), 0);
        tokio::pin!(second);
        assert!(futures::poll!(&mut second).is_pending());
        drop(first);
        assert!(second.await.is_ok());
    }

    #[tokio::test]
    async fn whoever_stood_there_first_goes_first_though_it_looks_later() {
        let gate = Arc::new(Gate::new(1));
        let first = gate.stand(film(1), 0);
        let second = gate.stand(film(1), 0);
        tokio::pin!(second);
        assert!(futures::poll!(&mut second).is_pending());
        drop(first.await.unwrap());
        assert!(second.await.is_ok());
    }

    #[tokio::test]
    async fn whoever_gave_up_takes_no_place() {
        let gate = Arc::new(Gate::new(1));
        let first = gate.stand(film(1), 0).await.unwrap();
        drop(gate.stand(film(2), 0));
        drop(first);
        let third = gate.stand(film(3), 0);
        // It was given the place, and goes away before it looks.
        drop(third);
        assert!(gate.stand(film(4), 0).await.is_ok());
    }

    proptest! {
        /// However many steps each film has waiting, films of one priority differ by one place at
        /// most while both wait.
        #[test]
        fn films_take_turns(lengths in prop::collection::vec(1_usize..30, 2..5)) {
            let mut line = Line::default();
            let mut told = Vec::new();
            for (n, length) in (1..).zip(&lengths) {
                for _ in 0..*length {
                    let (tell, wait) = oneshot::channel();
                    told.push(wait);
                    line.n_come += 1;
                    let come = line.n_come;
                    line.waiting.push(Waiting { film: film(n), priority: 0, come, tell });
                }
            }
            let mut given: BTreeMap<ProjectId, usize> = BTreeMap::new();
            for _ in 0..told.len() {
                line.free = 1;
                let next = line.next().unwrap();
                *given.entry(next.film).or_default() += 1;
                let waits = |it: ProjectId| line.waiting.iter().any(|other| other.film == it);
                let both: Vec<usize> = (1..=lengths.len() as u128)
                    .map(film)
                    .filter(|it| waits(*it))
                    .map(|it| given.get(&it).copied().unwrap_or(0))
                    .collect();
                if let (Some(least), Some(most)) = (both.iter().min(), both.iter().max()) {
                    prop_assert!(most - least <= 1, "{given:?}");
                }
            }
        }

        /// Nobody of a lower priority goes before anybody of a higher one.
        #[test]
        fn the_most_important_go_first(priorities in prop::collection::vec(-3_i32..3, 1..40)) {
            let mut line = Line::default();
            let mut told = Vec::new();
            for (come, priority) in (1..).zip(&priorities) {
                let (tell, wait) = oneshot::channel();
                told.push(wait);
                let film = film(u128::from(come % 3));
                line.waiting.push(Waiting { film, priority: *priority, come, tell });
            }
            let mut last = i32::MAX;
            for _ in 0..priorities.len() {
                line.free = 1;
                let next = line.next().unwrap();
                prop_assert!(next.priority <= last);
                last = next.priority;
            }
        }
    }
}
