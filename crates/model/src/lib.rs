//! Skeleton of hoist-model.
