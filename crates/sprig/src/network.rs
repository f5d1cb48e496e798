//! Names of hosts.

use hoist_govalue::{Args, Func, FuncError, FuncResult, Host, Type, Value};

use crate::def::host;
use crate::draw;

/// The functions of this module.
pub(crate) const FUNCTIONS: &[Func] = &[host("getHostByName", &[Type::Str], get_host_by_name)];

/// One of the addresses by chance. A name that has none is an error, where Go's function panics. Without `--enable-dns`,
/// Helm has another function in the place of this one, which answers with an empty string.
fn get_host_by_name(host: &mut dyn Host, args: Args<'_>) -> FuncResult {
    if let Some(Value::Str(kept)) = host.recall("getHostByName", args.all()) {
        return Ok(Value::Str(kept));
    }
    let name = args.str(0)?.text();
    let addresses = host
        .resolve(&name)
        .map_err(|why| FuncError::new(format!("no address of {name} is known: {why}")))?;
    let at = draw::below(host, addresses.len());
    let Some(address) = addresses.get(at) else {
        return Err(FuncError::new(format!("no address of {name} is known")));
    };
    let result = Value::str(address.to_string());
    host.drawn("getHostByName", args.all(), &result);
    Ok(result)
}
