# From this machine's settings to the modules' options.
{ config, lib, ... }:
let
  settings = config.hoist.settings;
in
{
  imports = [ ./k3s.nix ];

  hoist.firewall = settings.firewall;
  hoist.k3s = lib.mkIf (settings ? k3s) (settings.k3s // { enable = true; });
}
