//! The phase through its public interface.

mod flow;
mod host;
mod rendering;
mod sandbox;
mod world;
