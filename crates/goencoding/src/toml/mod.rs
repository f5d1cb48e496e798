//! TOML, as BurntSushi's library reads and writes it.
