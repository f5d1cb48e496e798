//! Skeleton of hoist-cluster.
