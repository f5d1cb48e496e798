//! The cluster phase against a real etcd, kube-apiserver and kube-controller-manager.

mod catalog;
mod changing;
mod converging;
mod ending;
mod planning;
#[path = "../../../deploy/tests/it/server.rs"]
mod server;
mod verifying;
mod world;
