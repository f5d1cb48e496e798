#!/bin/sh
# nixos-install: puts a built system on the mounted disk.
. /run/sandbox/lib.sh
fault nixos-install
root=/mnt system= flake=
while [ $# -gt 0 ]; do
  case $1 in
    --root) shift; root=$1 ;;
    --root=*) root=${1#*=} ;;
    --system | --closure) shift; system=$1 ;;
    --flake) shift; flake=$1 ;;
    --option) shift 2 ;;
    --no-root-passwd | --no-root-password | --no-channel-copy | --no-bootloader | --show-trace | -L | --print-build-logs | --impure) ;;
    *) die "the sandbox's nixos-install does not know $1" ;;
  esac
  shift
done
if [ -z "$system" ] && [ -n "$flake" ]; then
  system=$(nix build --store "local?root=$root" --no-link --print-out-paths "${flake%%#*}#nixosConfigurations.${flake#*#}.config.system.build.toplevel") || exit 1
fi
[ -n "$system" ] || die "the sandbox's nixos-install needs --system or --flake"
echo "copying channel..." >/dev/null
delay 20
said=$(ask install "$root" "$system") || die "$said"
echo "installing the boot loader..."
echo "installation finished!"
