//! Names of hosts.

use hoist_govalue::{Args, Func, FuncError, FuncResult, Host, Type, Value};

use crate::def::host;
use crate::draw;

/// The functions of this module.
pub(crate) const FUNCTIONS: &[Func] = &[host("getHostByName", &[Type::Str], get_host_by_name)];

/// One of the addresses by chance. A host that looks nothing up says so with an error: then there is no text, as Helm
/// has it without `--enable-dns`. A name without addresses is an error, where Go's function panics.
fn get_host_by_name(host: &mut dyn Host, args: Args<'_>) -> FuncResult {
    if let Some(Value::Str(kept)) = host.recall("getHostByName", args.all()) {
        return Ok(Value::Str(kept));
    }
    let name = args.str(0)?.text();
    let Ok(addresses) = host.resolve(&name) else {
        return Ok("".into());
    };
    let at = draw::below(host, addresses.len());
    let Some(address) = addresses.get(at) else {
        return Err(FuncError::new(format!("no address of {name} is known")));
    };
    let result = Value::str(address.to_string());
    host.drawn("getHostByName", args.all(), &result);
    Ok(result)
}
