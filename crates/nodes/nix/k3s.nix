# k3s as hoist sets it up, a module of its own: hoist's flake exports it as nixosModules.k3s-server for other flakes.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  cfg = config.hoist.k3s;
  # "v1.36.3+k3s1" is of the package k3s_1_36.
  version = lib.removePrefix "v" cfg.version;
  attribute = "k3s_" + lib.replaceStrings [ "." ] [ "_" ] (lib.versions.majorMinor version);
  isServer = cfg.role == "server";
in
{
  imports = [
    ./firewall.nix
    ./kernel.nix
    ./metadata.nix
  ];

  options.hoist.k3s = {
    enable = lib.mkEnableOption "k3s as hoist sets it up";
    role = lib.mkOption {
      type = lib.types.enum [
        "server"
        "agent"
      ];
      default = "server";
      description = "Whether the node is of the control plane.";
    };
    version = lib.mkOption {
      type = lib.types.str;
      example = "v1.36.3+k3s1";
      description = "The release of k3s. Its minor version must be in nixpkgs.";
    };
    clusterCidr = lib.mkOption {
      type = lib.types.str;
      default = "10.42.0.0/16";
      description = "The pods' range.";
    };
    serviceCidr = lib.mkOption {
      type = lib.types.str;
      default = "10.43.0.0/16";
      description = "The Services' range.";
    };
    clusterDns = lib.mkOption {
      type = lib.types.str;
      default = "10.43.0.10";
      description = "The address of the cluster's DNS Service.";
    };
    tlsSans = lib.mkOption {
      type = lib.types.listOf lib.types.str;
      default = [ ];
      description = "Names and addresses in the API server's certificate.";
    };
    disable = lib.mkOption {
      type = lib.types.listOf lib.types.str;
      default = [ ];
      description = "Parts that come with k3s and are not wanted.";
    };
    flags = lib.mkOption {
      type = lib.types.listOf lib.types.str;
      default = [ ];
      description = "Further flags.";
    };
    tokenFile = lib.mkOption {
      type = lib.types.str;
      description = "The file with the token that the node presents.";
    };
    agentTokenFile = lib.mkOption {
      type = lib.types.nullOr lib.types.str;
      default = null;
      description = "The file with the token that agents must present.";
    };
    environmentFile = lib.mkOption {
      type = lib.types.nullOr lib.types.str;
      default = null;
      description = "The file that says whether to make the cluster (K3S_CLUSTER_INIT) or to join it (K3S_URL).";
    };
  };

  config = lib.mkIf cfg.enable {
    services.k3s = {
      enable = true;
      inherit (cfg) role tokenFile environmentFile;
      package =
        pkgs.${attribute}
          or (throw "nixpkgs has no ${attribute} for k3s ${cfg.version}: pin another nixpkgs or another k3s");
      extraFlags =
        lib.optionals isServer (
          [
            "--cluster-cidr=${cfg.clusterCidr}"
            "--service-cidr=${cfg.serviceCidr}"
            "--cluster-dns=${cfg.clusterDns}"
          ]
          ++ map (name: "--disable=${name}") cfg.disable
          ++ map (name: "--tls-san=${name}") cfg.tlsSans
          ++ lib.optional (cfg.agentTokenFile != null) "--agent-token-file=${cfg.agentTokenFile}"
        )
        ++ cfg.flags;
      # An agent learns its server from the environment file; this keeps the option's own check content.
      configPath = lib.mkIf (!isServer) (pkgs.writeText "k3s-agent.yaml" "{}\n");
      gracefulNodeShutdown = {
        enable = true;
        shutdownGracePeriod = "30s";
        shutdownGracePeriodCriticalPods = "10s";
      };
    };

    # logind must let the kubelet take its time.
    services.logind.settings.Login.InhibitDelayMaxSec = "30s";

    warnings = lib.optional (config.services.k3s.package.version != version) ''
      hoist.yaml asks for k3s ${cfg.version}; this nixpkgs has ${config.services.k3s.package.version}.
    '';
  };
}
