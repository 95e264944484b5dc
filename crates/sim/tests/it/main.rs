//! The simulator held against itself, and the whole client in it.

mod cut;
mod dropped;
mod recipes;
mod seeds;
