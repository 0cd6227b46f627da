//! Large answers, written straight as they are sent. The library makes a tree of JSON values of each
//! answer first, which for a thousand edits takes longer than finding them.

use std::cell::RefCell;

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use tower_lsp_server::jsonrpc;

tokio::task_local! {
    /// What the handler that runs has written.
    static WRITTEN: RefCell<Option<Box<RawValue>>>;
}

/// Runs a handler; what it has written, if it did, stands for what it returns.
pub(super) async fn listen<F: Future>(handler: F) -> (F::Output, Option<Box<RawValue>>) {
    let both = async {
        let returned = handler.await;
        (returned, WRITTEN.with(RefCell::take))
    };
    WRITTEN.scope(RefCell::default(), both).await
}

/// An answer that is written. Only in a handler that [`listen`] runs, and as the last it does.
pub(super) fn written<T: Serialize, R>(answer: T, wrap: impl FnOnce(T) -> R) -> WrittenOr<R> {
    let text = to_raw_value(&answer);
    match (text, WRITTEN.try_with(|_| ())) {
        (Ok(text), Ok(())) => {
            WRITTEN.with(|it| it.replace(Some(text)));
            Ok(None)
        }
        _ => Ok(Some(wrap(answer))),
    }
}

/// Nothing, when the answer was written.
type WrittenOr<R> = jsonrpc::Result<Option<R>>;
