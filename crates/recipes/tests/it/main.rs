//! The recipes on the embedded server: a file a recipe.
//!
//! Nothing here waits for a time: what is to come about is waited for (`place::Place::until`).

mod group;
mod latch;
mod mutex;
mod persistent_node;
mod place;
mod selector;
mod ttl_node;
