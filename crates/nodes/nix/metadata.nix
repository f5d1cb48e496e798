# The cloud's metadata service tells whoever asks the server's user data. Pods must not ask.
{ config, lib, ... }:
let
  address = "169.254.169.254";
  nft = config.networking.nftables.enable;
in
{
  config = lib.mkIf config.hoist.k3s.enable {
    # What the host itself sends does not pass PREROUTING; what comes from a pod's interface does.
    networking.firewall.extraCommands = lib.mkIf (!nft) ''
      iptables -w -t raw -D PREROUTING -d ${address} -j DROP 2>/dev/null || true
      iptables -w -t raw -I PREROUTING -d ${address} -j DROP
    '';
    networking.firewall.extraStopCommands = lib.mkIf (!nft) ''
      iptables -w -t raw -D PREROUTING -d ${address} -j DROP 2>/dev/null || true
    '';
    networking.nftables.tables.hoist-metadata = lib.mkIf nft {
      family = "ip";
      content = ''
        chain prerouting {
          type filter hook prerouting priority raw;
          ip daddr ${address} drop
        }
      '';
    };

    # Cilium's host routing passes netfilter by, but looks at the routing rules: the host's own packets (they come in
    # through lo) go on, all others end here.
    systemd.network.networks."10-uplink".routingPolicyRules = [
      {
        To = "${address}/32";
        IncomingInterface = "lo";
        # main
        Table = 254;
        Priority = 90;
      }
      {
        To = "${address}/32";
        Type = "blackhole";
        Priority = 100;
      }
    ];
  };
}
