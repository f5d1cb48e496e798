//! Skeleton of hoist-ssh.
