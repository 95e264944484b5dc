//! What every scenario uses.

pub(super) use crate::survive::declared::{Declared, Expected};
pub(super) use crate::survive::scenario::{Scenario, Since};
pub(super) use crate::survive::setting::{LONG_SESSION, SHORT_SESSION, Setting};
pub(super) use crate::survive::verdict::{Failure, Verdict};
