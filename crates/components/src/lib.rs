//! The catalog: what each component of the cluster is made of.
//!
//! [`gather`] does the reading (secret values, charts, folders of manifests); [`catalog`] is pure: the same spec and
//! inputs give the same components with the same objects in the same order.

mod builtin;
mod catalog;
mod chart;
mod charts;
mod gather;
mod object;
mod pins;

pub use catalog::{ResolvedComponent, catalog};
pub use chart::chart_refs;
pub use charts::{Charts, RenderedChart};
pub use gather::{Gather, Inputs, gather};
