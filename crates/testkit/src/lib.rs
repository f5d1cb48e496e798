//! Skeleton of hoist-testkit.
