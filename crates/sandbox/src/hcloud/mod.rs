//! Skeleton of hcloud.
