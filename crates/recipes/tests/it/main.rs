//! The recipes on the embedded server: a file a recipe.
//!
//! Nothing here waits for a time: what is to come about is waited for (`place::Place::until`).

mod barrier;
mod counter;
mod locking_queue;
mod mutex;
mod partition;
mod place;
mod queue;
