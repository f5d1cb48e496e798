#!/bin/sh
# nix-store: tells whether paths are there.
. /run/sandbox/lib.sh
fault nix-store
case $1 in
  --version) echo 'nix-store (Nix) 2.34.2' ;;
  --realise | -r | --check-validity | -q* | --query)
    shift
    for p in "$@"; do
      case $p in -*) continue ;; esac
      [ -e "$p" ] || die "error: path '$p' is not valid"
      echo "$p"
    done
    ;;
  --gc | --optimise | --verify) ;;
  *) die "error: the sandbox's nix-store does not know $1" ;;
esac
