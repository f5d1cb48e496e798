# Who may log in: the people of access.users, and hoist as root with the keys of those who have sudo.
{ config, lib, ... }:
let
  settings = config.hoist.settings;
  sudoers = builtins.filter (user: user.sudo != "none") settings.users;
  withoutPassword = builtins.filter (user: user.sudo == "nopasswd") settings.users;
  mixed = withoutPassword != [ ] && withoutPassword != sudoers;
in
{
  users.mutableUsers = lib.mkDefault false;
  users.users = {
    root.openssh.authorizedKeys.keys = settings.rootKeys;
  }
  // builtins.listToAttrs (
    map (user: {
      inherit (user) name;
      value = {
        isNormalUser = true;
        extraGroups = lib.optional (user.sudo != "none") "wheel";
        openssh.authorizedKeys.keys = user.keys;
      };
    }) settings.users
  );

  # Where all who may use sudo may do so without a password, the rule is the group's.
  security.sudo = {
    wheelNeedsPassword = lib.mkForce (withoutPassword != sudoers);
    # The server's profile lets nobody but the group be named in rules, which is too coarse for a mixed company.
    execWheelOnly = lib.mkIf mixed (lib.mkForce false);
    extraRules = lib.optional mixed {
      users = map (user: user.name) withoutPassword;
      commands = [
        {
          command = "ALL";
          options = [ "NOPASSWD" ];
        }
      ];
    };
  };

  services.openssh = {
    enable = true;
    ports = [ settings.sshPort ];
    openFirewall = false;
    settings = {
      KbdInteractiveAuthentication = false;
      PasswordAuthentication = false;
      PermitRootLogin = "prohibit-password";
      X11Forwarding = false;
    };
    # The pinned key and no other: hoist compares what it sees with the pin on the server's label.
    hostKeys = [
      {
        path = "/etc/ssh/ssh_host_ed25519_key";
        type = "ed25519";
      }
    ];
  };
}
