//! Machines that do nothing, for tests of the API alone.

use std::net::Ipv4Addr;

use async_trait::async_trait;

use crate::seams::{MachineSpec, Machines, Power, SeamError};

/// Machines that accept everything and do nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct IdleMachines;

#[async_trait]
impl Machines for IdleMachines {
    async fn create(&self, _: MachineSpec) -> Result<(), SeamError> {
        Ok(())
    }

    async fn power(&self, _: u64, _: Power) -> Result<(), SeamError> {
        Ok(())
    }

    async fn set_private_ipv4(&self, _: u64, _: Option<Ipv4Addr>) -> Result<(), SeamError> {
        Ok(())
    }

    async fn delete(&self, _: u64) -> Result<(), SeamError> {
        Ok(())
    }
}
