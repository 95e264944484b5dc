//! Prints `docs/FATES.md`.

fn main() {
    print!("{}", zookit_session::fates::markdown());
}
