# The uplink, and the interface in the private network, which is known by its MAC address: its name depends on the
# server's type.
{ config, lib, ... }:
let
  settings = config.hoist.settings;
in
{
  networking.useDHCP = lib.mkForce false;
  networking.useNetworkd = true;
  systemd.network.enable = true;

  systemd.network.networks = {
    "10-uplink" = {
      matchConfig.Name = lib.mkForce "en*";
      networkConfig = {
        DHCP = lib.mkForce "yes";
        IPv6AcceptRA = lib.mkForce true;
      };
      dhcpV4Config.UseDNS = true;
      dhcpV6Config.UseDNS = true;
      ipv6AcceptRAConfig.UseDNS = true;
      linkConfig.RequiredForOnline = "routable";
    };
  }
  // lib.optionalAttrs (settings ? privateMac) {
    # Before the uplink in the order of names, as the first match wins. The default route and DNS are the uplink's.
    "05-private" = {
      matchConfig.MACAddress = settings.privateMac;
      networkConfig.DHCP = "ipv4";
      dhcpV4Config = {
        UseDNS = false;
        UseGateway = false;
      };
      linkConfig.RequiredForOnline = "no";
    };
  };
}
