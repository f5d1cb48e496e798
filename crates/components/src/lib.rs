//! Skeleton of hoist-components.
