//! Skeleton of hoist-cloudflare.
