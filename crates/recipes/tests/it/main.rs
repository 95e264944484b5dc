//! The recipes on the embedded server: a file a recipe.
//!
//! Nothing here waits for a time: what is to come about is waited for (`place::Place::until`).

mod cache;
mod mutex;
mod place;
mod watch;
