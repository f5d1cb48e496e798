//! Skeleton of hoist-engine.
