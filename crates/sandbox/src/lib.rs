//! Skeleton of hoist-sandbox.
