//! What Go prints and reads, compared with the real program's.

mod fmt;
mod objects;
mod peer;
mod strconv;
mod values;
