//! Which server a job goes to: the one where it is likely to be done soonest.

use std::collections::BTreeMap;

use super::state::{Member, State};

/// How long a graph takes of which nothing is known, in seconds.
const UNKNOWN_S: f64 = 10.0;
/// How long it takes to load another model than the one that is loaded, in seconds. A guess: it is
/// 2 s from memory and a minute from a slow disk.
const LOAD_S: f64 = 8.0;
/// What each failed attempt of this job on a server adds, in seconds.
const FAILED_S: f64 = 60.0;

/// What is to be known of a job to place it.
#[derive(Debug)]
pub(super) struct Wish<'a> {
    /// What makes graphs take as long as this one.
    pub(super) shape: u64,
    /// The model that it loads.
    pub(super) model: Option<&'a str>,
    /// Servers that can run it.
    pub(super) able: &'a [String],
    /// How often it has failed where.
    pub(super) failures: &'a BTreeMap<String, u32>,
    /// Its place among the jobs that wait.
    pub(super) ticket: u64,
}

/// Where a job goes.
#[derive(Debug, PartialEq)]
pub(super) enum Choice {
    /// To this server, now.
    Here(String),
    /// To this server, when there is room.
    Later(String),
    /// No server that could run it answers.
    Nowhere,
}

pub(super) fn choose(state: &State, wish: &Wish<'_>, slots: usize) -> Choice {
    let able = wish
        .able
        .iter()
        .filter_map(|it| Some((it, state.members.get(it)?)));
    let expected = able
        .filter(|(_, member)| member.is_up() && !member.is_draining)
        .map(|(name, member)| (name, member, expected_s(state, wish, name, member)));
    let best = expected.min_by(|a, b| a.2.total_cmp(&b.2));
    let Some((name, member, _)) = best else {
        return Choice::Nowhere;
    };
    let before = waiting_before(state, wish.ticket, name);
    match member.placed + before < slots {
        true => Choice::Here(name.clone()),
        false => Choice::Later(name.clone()),
    }
}

/// When it would be done, in seconds from now.
fn expected_s(state: &State, wish: &Wish<'_>, name: &str, member: &Member) -> f64 {
    let mean = member.mean_s.unwrap_or(UNKNOWN_S);
    // Our own are counted as they are placed and done: the queue was looked at some time ago, and
    // what has left it since would keep the server idle.
    let ours = member.placed;
    let before = waiting_before(state, wish.ticket, name);
    #[expect(clippy::cast_precision_loss, reason = "few")]
    let ahead = (member.n_others + ours + before) as f64 * mean;
    let own = own_s(state, wish.shape, member);
    let is_loaded = wish.model.is_none() || member.model.as_deref() == wish.model;
    let load = if is_loaded { 0.0 } else { LOAD_S };
    let failed = wish.failures.get(name).copied().unwrap_or_default();
    ahead + own + load + f64::from(failed) * FAILED_S
}

/// How long it takes there: measured, else as elsewhere, else as other graphs do there.
fn own_s(state: &State, shape: u64, member: &Member) -> f64 {
    if let Some(seconds) = member.seconds.get(&shape) {
        return *seconds;
    }
    let elsewhere = state
        .members
        .values()
        .filter_map(|it| it.seconds.get(&shape));
    let (sum, n) = elsewhere.fold((0.0, 0.0), |(sum, n), it| (sum + it, n + 1.0));
    match n > 0.0 {
        true => sum / n,
        false => member.mean_s.unwrap_or(UNKNOWN_S),
    }
}

/// Jobs that came earlier and wait for the same server.
fn waiting_before(state: &State, ticket: u64, name: &str) -> usize {
    let before = state.waiting.range(..ticket);
    before
        .filter(|(_, target)| target.as_deref() == Some(name))
        .count()
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::{Server, ServerOptions, pool::state::Answers};

    /// Each server: its name, our jobs there, others' jobs, seconds a job, its model.
    type Row<'a> = (&'a str, usize, usize, Option<f64>, Option<&'a str>);

    fn state(rows: &[Row<'_>]) -> State {
        let mut state = State::default();
        for (name, placed, others, seconds, model) in rows {
            let server = Server::new(ServerOptions::new(*name, "http://127.0.0.1:1")).unwrap();
            let mut member = Member::new(server, CancellationToken::new());
            member.health = Answers::Up(SystemTime::now());
            member.placed = *placed;
            member.n_others = *others;
            member.n_queued = placed + others;
            member.mean_s = *seconds;
            if let Some(seconds) = seconds {
                member.seconds.insert(1, *seconds);
            }
            member.model = model.map(ToOwned::to_owned);
            state.members.insert((*name).to_owned(), member);
        }
        state
    }

    fn choice(state: &State, model: Option<&str>) -> Choice {
        let able: Vec<String> = state.members.keys().cloned().collect();
        let wish = Wish {
            shape: 1,
            model,
            able: &able,
            failures: &BTreeMap::new(),
            ticket: 99,
        };
        choose(state, &wish, 2)
    }

    fn here(name: &str) -> Choice {
        Choice::Here(name.to_owned())
    }

    #[test]
    fn a_job_goes_where_it_is_done_soonest() {
        let idle = [("a", 1, 0, Some(5.0), None), ("b", 0, 0, Some(6.0), None)];
        assert_eq!(choice(&state(&idle), None), here("b"));
        let fast = [("a", 1, 0, Some(2.0), None), ("b", 0, 0, Some(60.0), None)];
        assert_eq!(choice(&state(&fast), None), here("a"));
        let full = [("a", 2, 0, Some(2.0), None), ("b", 0, 0, Some(60.0), None)];
        assert_eq!(choice(&state(&full), None), Choice::Later("a".to_owned()));
        let others = [("a", 0, 9, Some(2.0), None), ("b", 0, 0, Some(5.0), None)];
        assert_eq!(choice(&state(&others), None), here("b"));
        let unknown = [("a", 0, 0, Some(5.0), None), ("b", 0, 0, None, None)];
        assert_eq!(choice(&state(&unknown), None), here("a"));
    }

    #[test]
    fn a_queue_that_was_looked_at_long_ago_keeps_nobody_idle() {
        let mut state = state(&[("a", 0, 0, Some(1.1), None), ("b", 1, 0, Some(1.0), None)]);
        let idle = state.members.get_mut("a").unwrap();
        idle.n_queued = 2;
        assert_eq!(choice(&state, None), here("a"));
    }

    #[test]
    fn a_loaded_model_is_worth_a_short_wait() {
        let rows = [
            ("a", 0, 0, Some(3.0), Some("x")),
            ("b", 1, 0, Some(3.0), Some("y")),
        ];
        assert_eq!(choice(&state(&rows), Some("y")), here("b"));
        assert_eq!(choice(&state(&rows), None), here("a"));
        let slow = [
            ("a", 0, 0, Some(20.0), Some("x")),
            ("b", 1, 0, Some(20.0), Some("y")),
        ];
        assert_eq!(choice(&state(&slow), Some("y")), here("a"));
    }

    #[test]
    fn who_waits_longer_is_served_first_and_who_is_gone_is_left_out() {
        let mut state = state(&[("a", 1, 0, Some(2.0), None), ("b", 1, 0, Some(50.0), None)]);
        state.waiting.insert(7, Some("a".to_owned()));
        assert_eq!(choice(&state, None), Choice::Later("a".to_owned()));
        for member in state.members.values_mut() {
            member.health = Answers::Down(SystemTime::now(), "gone".to_owned());
        }
        assert_eq!(choice(&state, None), Choice::Nowhere);
    }
}
