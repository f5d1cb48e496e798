//! Names of hosts.

use hoist_govalue::{Args, Func, FuncError, FuncResult, Host, Type, Value};

use crate::def::host;
use crate::draw;

/// The functions of this module.
pub(crate) const FUNCTIONS: &[Func] = &[host("getHostByName", &[Type::Str], get_host_by_name)];

/// One of the addresses by chance. Where the host looks nothing up it answers with no address, and we with no text, as
/// Helm does without `--enable-dns`.
fn get_host_by_name(host: &mut dyn Host, args: Args<'_>) -> FuncResult {
    if let Some(Value::Str(kept)) = host.recall("getHostByName", args.all()) {
        return Ok(Value::Str(kept));
    }
    let name = args.str(0)?.text();
    let addresses = host
        .resolve(&name)
        .map_err(|why| FuncError::new(format!("cannot look up {name}: {why}")))?;
    let at = draw::below(host, addresses.len());
    let Some(address) = addresses.get(at) else {
        return Ok("".into());
    };
    let result = Value::str(address.to_string());
    host.drawn("getHostByName", args.all(), &result);
    Ok(result)
}
