//! Counts calls, errors and times, by method.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use futures::FutureExt;
use storycore_schema::{Method, for_each_method, system::MethodMetrics};

use super::{Answer, Middleware, Next, Request};

/// Figures of every method since the daemon started.
#[derive(Debug)]
pub struct Metrics {
    by_method: BTreeMap<&'static str, Figures>,
}

#[derive(Debug, Default)]
struct Figures {
    calls: AtomicU64,
    errors: AtomicU64,
    total_ns: AtomicU64,
    max_ns: AtomicU64,
}

impl Default for Metrics {
    fn default() -> Metrics {
        let mut by_method = BTreeMap::new();
        macro_rules! count_all {
            ($($method:ty),+ $(,)?) => { $(by_method.insert(<$method>::NAME, Figures::default());)+ };
        }
        for_each_method!(count_all);
        Metrics { by_method }
    }
}

impl Metrics {
    fn count(&self, method: &str, elapsed_ns: u64, failed: bool) {
        let Some(figures) = self.by_method.get(method) else {
            return;
        };
        figures.calls.fetch_add(1, Ordering::Relaxed);
        figures
            .errors
            .fetch_add(u64::from(failed), Ordering::Relaxed);
        figures.total_ns.fetch_add(elapsed_ns, Ordering::Relaxed);
        figures.max_ns.fetch_max(elapsed_ns, Ordering::Relaxed);
    }

    /// The figures of every method that was called.
    pub fn table(&self) -> Vec<MethodMetrics> {
        let called = self.by_method.iter().map(|(method, it)| {
            let calls = it.calls.load(Ordering::Relaxed);
            MethodMetrics {
                method: (*method).to_owned(),
                calls,
                errors: it.errors.load(Ordering::Relaxed),
                mean_us: it.total_ns.load(Ordering::Relaxed) / calls.max(1) / 1_000,
                max_us: it.max_ns.load(Ordering::Relaxed) / 1_000,
            }
        });
        called.filter(|it| it.calls > 0).collect()
    }
}

pub(super) struct Measure(pub(super) Arc<Metrics>);

impl Middleware for Measure {
    fn handle<'a>(&'a self, request: &'a mut Request, next: Next<'a>) -> Answer<'a> {
        let name = request.route.name;
        async move {
            let started = Instant::now();
            let outcome = next.run(request).await;
            let elapsed = u64::try_from(started.elapsed().as_nanos()).unwrap_or(u64::MAX);
            self.0.count(name, elapsed, outcome.is_err());
            outcome
        }
        .boxed()
    }
}
