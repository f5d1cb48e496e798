//! Skeleton of hoist-tls.
