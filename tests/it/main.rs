//! All tests, one link.
