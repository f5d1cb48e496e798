//! Skeleton of hoist-nodes.
