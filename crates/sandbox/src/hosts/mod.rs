//! Skeleton of hosts.
