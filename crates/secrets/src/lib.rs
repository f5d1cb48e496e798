//! Skeleton of hoist-secrets.
