# The settings of this machine, read from settings.json beside its default.nix.
{ lib, ... }:
{
  options.hoist.settings = lib.mkOption {
    type = lib.types.raw;
    description = "What hoist.yaml says of this machine.";
  };
}
