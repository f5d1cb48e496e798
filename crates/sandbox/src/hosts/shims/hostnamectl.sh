#!/bin/sh
# hostnamectl: shows only; NixOS and cloud-init set the name.
case "$*" in
  '' | status) printf ' Static hostname: %s\n  Virtualization: kvm\nOperating System: %s\n    Architecture: %s\n' "$(cat /etc/hostname)" "$(sed -n 's/^PRETTY_NAME="\(.*\)"$/\1/p' /etc/os-release)" "$(cat /run/sandbox/arch)" ;;
  hostname | --static | 'hostname --static') cat /etc/hostname ;;
  *) echo "the sandbox's hostnamectl only shows" >&2; exit 1 ;;
esac
