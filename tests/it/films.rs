//! Films that tests share.
