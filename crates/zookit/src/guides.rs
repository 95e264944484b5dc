//! The examples of the guides for those who come from other clients, and of the pages about
//! recipes and real ensembles: compiled with the doctests.

/// From Go.
#[doc = include_str!("../../../docs/coming-from/go.md")]
pub struct Go;

/// From Java's client and Curator.
#[doc = include_str!("../../../docs/coming-from/java-and-curator.md")]
pub struct Java;

/// From kazoo.
#[doc = include_str!("../../../docs/coming-from/kazoo.md")]
pub struct Kazoo;

/// The page of the recipes.
#[doc = include_str!("../../../docs/RECIPES.md")]
pub struct Recipes;

/// The manual page of real ensembles.
#[cfg(all(unix, feature = "ensemble"))]
#[doc = include_str!("../../../docs/ENSEMBLE.md")]
pub struct Ensemble;

/// From other crates.
#[doc = include_str!("../../../docs/coming-from/rust-crates.md")]
pub struct RustCrates;
