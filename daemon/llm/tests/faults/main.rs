//! What real servers cannot be made to do on demand: the wire formats of providers that cannot run
//! here, and everything that goes wrong.

mod chains;
mod limits;
mod server;
mod stage;
mod streams;
mod structured;
mod wire;
