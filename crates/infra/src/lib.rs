//! Skeleton of hoist-infra.
