//! YAML, as sigs.k8s.io/yaml and Helm read and write it.
