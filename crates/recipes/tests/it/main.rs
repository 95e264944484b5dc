//! The recipes on the embedded server: a file a recipe.
//!
//! Nothing here waits for a time: what is to come about is waited for (`place::Place::until`).

#[cfg(feature = "discovery")]
mod discovery;
mod mutex;
mod place;
#[cfg(feature = "serde")]
mod typed;
