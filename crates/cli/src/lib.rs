//! Skeleton of hoist-cli.
