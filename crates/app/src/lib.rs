//! Skeleton of hoist-app.
