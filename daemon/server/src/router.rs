//! The API gateway: from a method name to an answer, over one table of methods.

use std::{collections::HashMap, panic::AssertUnwindSafe, sync::Arc};

use futures::{FutureExt, future::BoxFuture};
use serde_json::value::RawValue;
use storycore_core::{Decide, Query};
use storycore_schema::{
    Error, ErrorKind, InFilm, Kind, Method, Role, Scope, for_each_method, kind, scope,
};
use tracing::error;

use crate::{
    call::{Call, Dispatch, Reply},
    daemon::Daemon,
    middleware::{self, Middleware, Next, Request},
    owner::Origin,
    serve::{Context, Serve},
};

/// Every method, and the chain of middleware that a request passes on its way.
pub struct Router {
    routes: HashMap<&'static str, Arc<Route>>,
    chain: Arc<[Box<dyn Middleware>]>,
    daemon: Arc<Daemon>,
}

/// One method, as the table knows it.
pub struct Route {
    /// Wire name.
    pub name: &'static str,
    /// How it is run.
    pub kind: Kind,
    /// Whom it speaks of.
    pub scope: Scope,
    /// The least role that may call it.
    pub role: Role,
    /// Reads params into the method's struct.
    pub decode: fn(&str) -> Result<Box<dyn Typed>, Error>,
}

/// A validated request, ready to run.
pub trait Typed: Send {
    /// Answers a query, commits a command or waits on a job.
    fn run(self: Box<Self>, context: Context) -> BoxFuture<'static, Result<Box<RawValue>, Error>>;
}

impl Router {
    /// The router of a daemon.
    pub fn new(daemon: Arc<Daemon>) -> Router {
        macro_rules! all_routes {
            ($($method:ty),+ $(,)?) => { [$(route::<$method, _, _>()),+] };
        }
        let routes = for_each_method!(all_routes);
        let routes = routes.into_iter().map(|it| (it.name, Arc::new(it)));
        Router {
            routes: routes.collect(),
            chain: middleware::chain(&daemon).into(),
            daemon,
        }
    }
}

impl Router {
    /// Whether there is such a method.
    pub(crate) fn knows(&self, method: &str) -> bool {
        self.routes.contains_key(method)
    }
}

impl Dispatch for Router {
    fn dispatch(&self, call: Call) -> BoxFuture<'static, Result<Reply, Error>> {
        let Some(route) = self.routes.get(call.method.as_str()).cloned() else {
            let error = Error::new(
                ErrorKind::UnknownMethod,
                format!("no method {}", call.method),
            )
            .hint("rpc.discover lists every method");
            return futures::future::ready(Err(error)).boxed();
        };
        let (chain, daemon) = (self.chain.clone(), self.daemon.clone());
        let name = route.name;
        let answer = async move {
            let mut request = Request::new(call, route, daemon);
            let body = Next::first(&chain).run(&mut request).await?;
            Ok(Reply {
                body,
                after: request.context.take_after(),
                place: request.context.take_place(),
            })
        };
        AssertUnwindSafe(answer)
            .catch_unwind()
            .map(move |outcome| outcome.unwrap_or_else(|_| Err(panicked(name))))
            .boxed()
    }
}

fn panicked(method: &str) -> Error {
    error!(method, "a handler panicked");
    Error::internal(format!(
        "the daemon met a bug in {method}; nothing was changed"
    ))
    .hint("storycore daemon logs shows where")
}

fn route<M, K, S>() -> Route
where
    M: Method<Kind = K, Scope = S> + Run<(K, S)>,
    K: kind::Is + 'static,
    S: scope::Is + 'static,
{
    Route {
        name: M::NAME,
        kind: K::KIND,
        scope: S::SCOPE,
        role: M::ROLE,
        decode: |params| {
            Ok(Box::new(Ready::<M, (K, S)>(
                decode::<M>(params)?,
                std::marker::PhantomData,
            )))
        },
    }
}

/// Reads params. The exact place of a mistake is looked for only when there is one.
fn decode<M: Method>(params: &str) -> Result<M, Error> {
    serde_json::from_str(params).map_err(|error| {
        let mut reader = serde_json::Deserializer::from_str(params);
        let place = serde_path_to_error::deserialize::<_, M>(&mut reader).err();
        let place = place.map(|it| it.path().to_string()).filter(|it| it != ".");
        let place = place.map(|it| format!(" at `{it}`")).unwrap_or_default();
        Error::invalid_params(format!("{}{place}: {}", M::NAME, plain(&error)))
            .hint(format!("rpc.discover describes the params of {}", M::NAME))
    })
}

/// The message of a serde error without the place in the frame, which tells a client nothing.
fn plain(error: &serde_json::Error) -> String {
    let message = error.to_string();
    message
        .rsplit_once(" at line ")
        .map_or(message.clone(), |(plain, _)| plain.to_owned())
}

struct Ready<M, R>(M, std::marker::PhantomData<fn(R)>);

impl<M: Run<R>, R: 'static> Typed for Ready<M, R> {
    fn run(self: Box<Self>, context: Context) -> BoxFuture<'static, Result<Box<RawValue>, Error>> {
        self.0.run(context)
    }
}

/// One way to run for each kind and scope.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is in the catalog, but nothing handles it",
    note = "implement `Query` or `Decide` in daemon/core, or `Serve` in daemon/server/src/serve, in the file of its noun"
)]
trait Run<R>: Send + Sized + 'static {
    fn run(self, context: Context) -> BoxFuture<'static, Result<Box<RawValue>, Error>>;
}

impl<Q: Query> Run<(kind::Query, scope::Film)> for Q {
    fn run(self, context: Context) -> BoxFuture<'static, Result<Box<RawValue>, Error>> {
        let answer = move || {
            let film = context.daemon.film(self.project())?.bus.film();
            json(&self.answer(&film)?)
        };
        futures::future::ready(answer()).boxed()
    }
}

impl<C> Run<(kind::Command, scope::Film)> for C
where
    C: Method<Kind = kind::Command, Scope = scope::Film>
        + InFilm
        + Decide<Output = <C as Method>::Result>,
{
    fn run(self, context: Context) -> BoxFuture<'static, Result<Box<RawValue>, Error>> {
        async move {
            let film = context.daemon.film(self.project())?;
            let origin = Origin {
                actor: context.call.client.name(),
                correlation_id: context.call.correlation_id.clone(),
            };
            json(&film.owner.submit_if(origin, context.if_seq, self).await?)
        }
        .boxed()
    }
}

macro_rules! run_by_serving {
    ($kind:ident, $scope:ident) => {
        impl<J: Method<Kind = kind::$kind, Scope = scope::$scope> + Serve>
            Run<(kind::$kind, scope::$scope)> for J
        {
            fn run(self, context: Context) -> BoxFuture<'static, Result<Box<RawValue>, Error>> {
                async move { json(&self.serve(&context).await?) }.boxed()
            }
        }
    };
}
run_by_serving!(Job, Film);
run_by_serving!(Job, Daemon);
run_by_serving!(Query, Daemon);

fn json(value: &impl serde::Serialize) -> Result<Box<RawValue>, Error> {
    serde_json::value::to_raw_value(value).map_err(|error| {
        error!(%error, "an answer does not serialize");
        Error::internal("the daemon could not write its answer")
    })
}
