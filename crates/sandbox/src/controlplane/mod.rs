//! Skeleton of controlplane.
