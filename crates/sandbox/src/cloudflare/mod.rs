//! Skeleton of cloudflare.
