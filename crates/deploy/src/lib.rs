//! Skeleton of hoist-deploy.
