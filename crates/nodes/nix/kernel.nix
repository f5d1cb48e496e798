# What Kubernetes and Cilium want of the kernel.
{ config, lib, ... }:
let
  # Linux 6.17 builds the legacy iptables modules only on request.
  legacyTables = lib.versionOlder config.boot.kernelPackages.kernel.version "6.17";
in
{
  config = lib.mkIf config.hoist.k3s.enable {
    boot.kernelModules = [
      "br_netfilter"
      "nf_conntrack"
      "overlay"
    ]
    ++ lib.optionals legacyTables [
      "ip_tables"
      "ip6_tables"
      "ip6table_mangle"
      "ip6table_raw"
      "ip6table_filter"
    ];

    boot.kernel.sysctl = {
      "kernel.panic" = 10;
      "kernel.panic_on_oops" = 1;
      "net.bridge.bridge-nf-call-ip6tables" = 1;
      "net.bridge.bridge-nf-call-iptables" = 1;
      "net.ipv4.conf.lxc*.rp_filter" = 0;
      "net.ipv4.ip_forward" = lib.mkForce 1;
      "net.ipv6.conf.all.forwarding" = lib.mkForce 1;
      "net.ipv6.conf.default.forwarding" = lib.mkForce 1;
      "vm.overcommit_memory" = lib.mkForce 1;
    };
  };
}
