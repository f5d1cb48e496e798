# The host's firewall. What the nodes say to each other on etcd's and the kubelet's ports is for nodes only.
{ config, lib, ... }:
let
  cfg = config.hoist.firewall;
  rule =
    action: port: source:
    "iptables ${action} nixos-fw -p tcp -s ${source} --dport ${toString port} -j nixos-fw-accept";
  rules =
    action:
    lib.concatMapStringsSep "\n" (
      port: lib.concatMapStringsSep "\n" (rule action port) cfg.betweenNodes.from
    ) cfg.betweenNodes.tcp;
in
{
  options.hoist.firewall = {
    tcp = lib.mkOption {
      type = lib.types.listOf lib.types.port;
      default = [ ];
      description = "TCP ports that are open to everybody.";
    };
    udp = lib.mkOption {
      type = lib.types.listOf lib.types.port;
      default = [ ];
      description = "UDP ports that are open to everybody.";
    };
    betweenNodes = {
      tcp = lib.mkOption {
        type = lib.types.listOf lib.types.port;
        default = [ ];
        description = "TCP ports that are open to the other nodes.";
      };
      from = lib.mkOption {
        type = lib.types.listOf lib.types.str;
        default = [ ];
        description = "The IPv4 ranges that the nodes' addresses are of.";
      };
    };
  };

  config.networking.firewall = {
    enable = true;
    allowedTCPPorts = cfg.tcp;
    allowedUDPPorts = cfg.udp;
    # The names are in iptables' spelling; nftables writes the wildcard as `*`.
    trustedInterfaces =
      let
        wildcard = if config.networking.nftables.enable then "*" else "+";
      in
      map (name: name + wildcard) [
        "cilium"
        "cni"
        "lxc"
      ];
    # The strict default drops what Cilium routes.
    checkReversePath = "loose";
    extraCommands = lib.mkIf (!config.networking.nftables.enable) (rules "-A");
    extraInputRules = lib.mkIf (config.networking.nftables.enable && cfg.betweenNodes.from != [ ]) ''
      ip saddr { ${lib.concatStringsSep ", " cfg.betweenNodes.from} } tcp dport { ${lib.concatMapStringsSep ", " toString cfg.betweenNodes.tcp} } accept
    '';
  };
}
