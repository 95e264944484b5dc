//! Conversations with the machine, room by room.

mod bad_input;
mod chaos;
mod control;
mod faults;
mod pipeline;
mod read_only;
mod sessions;
mod stumbles;
mod talk;
mod watches;
mod words;
