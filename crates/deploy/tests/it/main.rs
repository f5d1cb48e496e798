//! The engine against a real etcd, kube-apiserver and kube-controller-manager, one set of them for the whole binary.

mod applying;
mod comparing;
mod deleting;
mod server;
mod thousand;
mod waiting;
