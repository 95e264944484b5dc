//! The facts, a topic a file.

mod elections;
mod history;
mod lag;
mod moved;
mod quorum;
mod read_only;
mod sessions;
mod words;

use super::{Fact, Version};

/// All of them. Those that end members are last: it takes real ones a while to come back.
pub(super) fn all() -> Vec<Fact> {
    let rooms: [&[Fact]; 8] = [
        history::FACTS,
        lag::FACTS,
        moved::FACTS,
        sessions::FACTS,
        words::FACTS,
        elections::FACTS,
        quorum::FACTS,
        read_only::FACTS,
    ];
    rooms.concat()
}

/// For every version.
const fn always(_: Version) -> bool {
    true
}
