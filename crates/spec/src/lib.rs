//! Skeleton of hoist-spec.
