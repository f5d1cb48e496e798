//! The Nix files that differ from cluster to cluster: the flake, and each machine's list of modules.

use std::path::{Component, Path, PathBuf};

use hoist_spec::{Machine, Role, Spec};

/// A Nix string literal.
pub(crate) fn string(text: &str) -> String {
    let mut literal = String::from("\"");
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' => literal.push_str("\\\""),
            '\\' => literal.push_str("\\\\"),
            '\n' => literal.push_str("\\n"),
            '\r' => literal.push_str("\\r"),
            '\t' => literal.push_str("\\t"),
            '$' if chars.peek() == Some(&'{') => literal.push_str("\\$"),
            c => literal.push(c),
        }
    }
    literal.push('"');
    literal
}

/// A path as it stands in the flake: without `.` and `..`, which must not lead out of it.
pub(crate) fn inside(path: &Path) -> String {
    let parts: Vec<_> = path
        .components()
        .filter_map(|part| match part {
            Component::Normal(name) => Some(name.to_string_lossy().into_owned()),
            Component::ParentDir => Some("up".into()),
            _ => None,
        })
        .collect();
    parts.join("/")
}

pub(crate) fn flake(spec: &Spec) -> String {
    let description = string(&format!("The cluster {}, rendered by hoist", spec.cluster.name));
    let nixpkgs = string(&spec.nixos.nixpkgs);
    let (person, inputs) = match &spec.nixos.flake {
        Some(url) => (
            format!(
                "    # The person's flake, whose inputs their modules may use.\n    person.url = {};\n",
                string(url)
            ),
            "inputs.person.inputs // inputs",
        ),
        None => (String::new(), "inputs"),
    };
    let special = if inputs == "inputs" {
        "          specialArgs = { inherit inputs; };".to_owned()
    } else {
        format!("          specialArgs = {{\n            inputs = {inputs};\n          }};")
    };
    format!(
        r#"# Rendered by hoist from hoist.yaml: change it there.
{{
  description = {description};

  inputs = {{
    nixpkgs.url = {nixpkgs};
    disko = {{
      url = "github:nix-community/disko";
      inputs.nixpkgs.follows = "nixpkgs";
    }};
{person}    srvos = {{
      url = "github:nix-community/srvos";
      inputs.nixpkgs.follows = "nixpkgs";
    }};
  }};

  outputs =
    inputs@{{ nixpkgs, ... }}:
    {{
      # One configuration a folder of machines.
      nixosConfigurations = builtins.mapAttrs (
        name: _:
        nixpkgs.lib.nixosSystem {{
{special}
          modules = [ (./machines + "/${{name}}") ];
        }}
      ) (builtins.readDir ./machines);

      # k3s as hoist sets it up, for other flakes.
      nixosModules.k3s-server = ./modules/k3s.nix;
    }};
}}
"#
    )
}

pub(crate) fn machine_module<'a>(
    spec: &Spec,
    name: &str,
    machine: &Machine,
    modules: impl Iterator<Item = &'a PathBuf>,
) -> String {
    let role = match machine.role {
        Some(Role::Server) => "a control plane",
        Some(Role::Agent) => "a worker",
        None => "a machine",
    };
    let mut imports: Vec<String> = ["access", "base", "disk", "hardware", "network", "node", "settings"]
        .iter()
        .map(|module| format!("../../modules/{module}.nix"))
        .collect();
    for module in modules {
        let path = inside(module);
        let plain = |c: char| c.is_ascii_alphanumeric() || "._-/+".contains(c);
        let import = if !path.is_empty() && path.chars().all(plain) {
            format!("../../person/{path}")
        } else {
            format!("(../../person + {})", string(&format!("/{path}")))
        };
        if !imports.contains(&import) {
            imports.push(import);
        }
    }
    let imports: String = imports.iter().map(|import| format!("    {import}\n")).collect();
    format!(
        r#"# {name}: {role} of the cluster {cluster}. Rendered by hoist from hoist.yaml: change it there.
{{ lib, ... }}:
{{
  imports = [
{imports}  ];

  hoist.settings = builtins.fromJSON (builtins.readFile ./settings.json);

  # The hardware report is made on the machine and stays there.
  hardware.facter.reportPath = lib.mkIf (builtins.pathExists ./facter.json) ./facter.json;
}}
"#,
        cluster = spec.cluster.name,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_escaped() {
        for (text, literal) in [
            ("plain", r#""plain""#),
            (r#"a"b\c"#, r#""a\"b\\c""#),
            ("${x} $y $${z}", r#""\${x} $y $\${z}""#),
            ("a\nb", r#""a\nb""#),
        ] {
            assert_eq!(string(text), literal);
        }
    }

    #[test]
    fn paths_stay_inside() {
        for (path, expected) in [
            ("./nixos/extra.nix", "nixos/extra.nix"),
            ("../shared/x.nix", "up/shared/x.nix"),
            ("/etc/x.nix", "etc/x.nix"),
        ] {
            assert_eq!(inside(Path::new(path)), expected);
        }
    }
}
