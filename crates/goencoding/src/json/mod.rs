//! JSON, as encoding/json reads and writes it.
