//! Skeleton of supervisor.
