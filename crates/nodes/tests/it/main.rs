//! The phase through its public interface.

mod rendering;
