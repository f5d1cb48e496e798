# The machine itself: its name, platform, tools and Nix.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  settings = config.hoist.settings;
in
{
  networking.hostName = settings.hostName;
  networking.domain = settings.domain;
  nixpkgs.hostPlatform = settings.system;
  nixpkgs.config.allowUnfree = settings.allowUnfree;
  system.stateVersion = settings.stateVersion;

  time.timeZone = lib.mkDefault "UTC";

  environment.systemPackages = [
    pkgs.cilium-cli
    pkgs.k9s
    pkgs.kubectl
  ]
  ++ lib.optional (settings ? k3s) config.services.k3s.package;

  nix.settings.experimental-features = [
    "flakes"
    "nix-command"
  ];
  nix.gc = {
    automatic = lib.mkDefault true;
    dates = lib.mkDefault "weekly";
    options = lib.mkDefault "--delete-older-than 30d";
  };
  boot.loader.grub.configurationLimit = lib.mkDefault 10;

  # What hoist keeps on the host: tokens, the environment file of k3s, the hardware report. For root only.
  systemd.tmpfiles.rules = [ "d /var/lib/hoist 0700 root root -" ];
}
