//! Skeleton of hoist-chart.
