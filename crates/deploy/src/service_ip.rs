//! A Service's own address, reserved by a request that was cut off before the Service came to be.
//!
//! The API server reserves the address in an `IPAddress` object first and writes the Service then. A client that goes
//! away between the two leaves the address reserved for a Service that does not exist, and the API server's own clean-up
//! takes minutes. Until then the Service is refused as invalid: `provided IP is already allocated`.

use crate::{Api, DeployError, Object, ObjectId};

/// What the API server says of such an address.
const TAKEN: &str = "provided IP is already allocated";

/// Frees the addresses that a refused Service asks for, where they are reserved for that very Service and it does not
/// exist. Says whether it freed any; everybody else's addresses stay.
pub(crate) async fn free_leftovers(api: &Api, object: &Object, refusal: &DeployError) -> Result<bool, DeployError> {
    let id = object.id();
    let taken = matches!(refusal, DeployError::Invalid { message, .. } if message.contains(TAKEN));
    if !taken || !id.of().is("", "Service") || api.get(id).await?.is_some() {
        return Ok(false);
    }
    let spec = &object.body()["spec"];
    let list = spec["clusterIPs"].as_array().into_iter().flatten();
    let mut addresses: Vec<&str> = list
        .chain([&spec["clusterIP"]])
        .filter_map(|value| value.as_str())
        .collect();
    addresses.sort_unstable();
    addresses.dedup();
    let mut freed = false;
    for address in addresses {
        let reservation = ObjectId::new("networking.k8s.io", "IPAddress", None, address);
        let Some(found) = api.get(&reservation).await? else {
            continue;
        };
        let parent = &found["spec"]["parentRef"];
        let ours = parent["resource"] == "services"
            && parent["namespace"].as_str() == id.namespace.as_deref()
            && parent["name"] == id.name.as_str();
        if ours {
            let uid = found["metadata"]["uid"].as_str();
            match api.delete(&reservation, uid, "Background").await {
                Ok(()) | Err(DeployError::NotFound { .. }) => freed = true,
                Err(error) => return Err(error),
            }
        }
    }
    Ok(freed)
}
