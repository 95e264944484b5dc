//! Placeholder while the rest is tried.
