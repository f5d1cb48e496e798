//! Skeleton of hoist-hcloud.
