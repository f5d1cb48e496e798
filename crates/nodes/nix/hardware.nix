# Hetzner Cloud's hardware, by a general profile. What is particular is in the report that nixos-facter made on the machine.
{ inputs, lib, ... }:
{
  imports = [
    inputs.disko.nixosModules.disko
    inputs.srvos.nixosModules.hardware-hetzner-cloud
    inputs.srvos.nixosModules.server
  ];

  # The profile brings cloud-init along. It must not run: the server's user data holds a throw-away host key, which it
  # would put in place of the lasting one.
  services.cloud-init.enable = lib.mkForce false;
}
