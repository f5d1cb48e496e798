//! The phase through its public interface.

mod evaluation;
mod flow;
mod host;
mod rendering;
mod sandbox;
mod world;
