//! Commands about machines and the way into the cluster: import, ssh, kubeconfig.

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::Path;

use data_encoding::{BASE32_NOPAD, BASE64};
use hoist_app::Filter;
use hoist_infra::Import;
use hoist_model::{ExposeSecret, Goal, Lookup, PhaseName};
use hoist_nodes::kubeconfig as config;
use hoist_spec::Identity;
use sha2::{Digest, Sha256};

use crate::Hooks;
use crate::args;
use crate::environment;
use crate::failure::Failure;
use crate::run::{Request, run};
use crate::world::World;

/// Takes over existing servers by writing our labels onto them.
pub(super) async fn import(file: &Path, args: &args::Import, verbose: bool, hooks: Hooks) -> Result<u8, Failure> {
    let imports = args.machines.iter().map(|text| {
        Import::parse(text).ok_or_else(|| Failure::user(format!("`{text}` is not MACHINE or MACHINE=SERVER")))
    });
    let world = World::importing(file, imports.collect::<Result<_, _>>()?).await?;
    let filter = Filter {
        phases: [PhaseName::Infra].into(),
        ..Filter::default()
    };
    let request = Request {
        command: "import",
        goal: Goal::Converge,
        filter,
        run: &args.run,
        saved: None,
        verbose,
    };
    run(&world, request, hooks).await
}

/// Becomes `ssh` with the pinned host key.
pub(super) async fn ssh(file: &Path, machine: &str, command: &[String]) -> Result<u8, Failure> {
    let world = World::open(file).await?;
    world.machine(machine)?;
    let survey = world.phases.survey(&world.spec, Goal::Converge).await?;
    let server = survey
        .facts
        .server(machine)
        .ok_or_else(|| Failure::user(format!("{machine} has no server yet")).hint("`hoist apply` makes it"))?;
    let address = server
        .address
        .ok_or_else(|| Failure::remote(format!("{machine} has no public address")))?;
    let pins: Vec<&str> = server.host_keys.trusted().collect();
    if pins.is_empty() {
        return Err(
            Failure::remote(format!("{machine} has no pinned host key")).hint("a server that hoist makes is born with a pin; for one that was taken over, set its label hoist.dev/host-key")
        );
    }
    let own =
        std::env::current_exe().map_err(|error| Failure::internal(format!("cannot find the own program: {error}")))?;
    let mut ssh = std::process::Command::new("ssh");
    ssh.args(["-p", &world.spec.access.port.to_string(), "-l", "root"]);
    for option in [
        "StrictHostKeyChecking=yes".to_owned(),
        "UserKnownHostsFile=/dev/null".to_owned(),
        "GlobalKnownHostsFile=/dev/null".to_owned(),
        "HostKeyAlgorithms=ssh-ed25519".to_owned(),
        // ssh asks this for the keys of the host, and it answers only when the key is a pinned one.
        format!(
            "KnownHostsCommand={} known-hosts-line {} %H %t %K",
            own.display(),
            pins.join(",")
        ),
    ] {
        ssh.args(["-o", &option]);
    }
    if let Identity::File(path) = &world.spec.access.identity {
        let home = environment::path("HOME");
        let path = match (path.strip_prefix("~"), home) {
            (Ok(rest), Some(home)) => home.join(rest),
            _ => world.folder.join(path),
        };
        ssh.arg("-i").arg(path).args(["-o", "IdentitiesOnly=yes"]);
    }
    ssh.arg(address.to_string());
    if !command.is_empty() {
        ssh.arg("--").args(command);
    }
    let error = ssh.exec();
    Err(Failure::user(format!("cannot run ssh: {error}")).hint("install OpenSSH's client"))
}

/// Prints a known_hosts line for a key that is pinned; nothing, and an error, for any other.
pub(crate) fn known_hosts_line(pins: &str, host: &str, kind: &str, key: &str) -> Result<u8, Failure> {
    // ssh also asks when it orders its algorithms, before it has a key.
    if key == "NONE" || key.is_empty() {
        return Ok(0);
    }
    let bytes = BASE64
        .decode(key.as_bytes())
        .map_err(|error| Failure::user(format!("the host's key is not base64: {error}")))?;
    let fingerprint = BASE32_NOPAD.encode(&Sha256::digest(&bytes)).to_ascii_lowercase();
    if pins.split(',').any(|pin| pin == fingerprint) {
        println!("{host} {kind} {key}");
        return Ok(0);
    }
    Err(Failure::remote(format!(
        "{host} shows a host key that is not the pinned one: {fingerprint}"
    ))
    .hint("somebody may stand between, or the machine was remade outside hoist; `hoist output` shows the pin"))
}

/// Fetches the admin kubeconfig.
pub(super) async fn kubeconfig(file: &Path, args: &args::Kubeconfig) -> Result<u8, Failure> {
    let world = World::open(file).await?;
    let survey = world.phases.survey(&world.spec, Goal::Converge).await?;
    let access = match survey.facts.cluster {
        Lookup::Present(access) => access,
        Lookup::Absent => return Err(Failure::remote("there is no cluster yet").hint("`hoist apply` makes it")),
        Lookup::Unknown(why) => return Err(Failure::remote(format!("the cluster cannot be reached: {why}"))),
    };
    let failed = |error: config::KubeconfigError| Failure::user(error.to_string());
    if args.stdout {
        let mut out = std::io::stdout().lock();
        out.write_all(access.kubeconfig.expose_secret().as_bytes())
            .map_err(|error| Failure::user(error.to_string()))?;
        return Ok(0);
    }
    let path = args.merge.as_deref().unwrap_or(&args.out);
    if args.merge.is_some() {
        config::merge_into(path, &access.kubeconfig).map_err(failed)?;
    } else {
        config::write(path, &access.kubeconfig).map_err(failed)?;
    }
    eprintln!(
        "wrote {}; its context is {}, its server {}",
        path.display(),
        world.spec.cluster.name,
        access.server
    );
    Ok(0)
}
