#!/bin/sh
# nix: builds the systems of hoist's flakes without evaluating them.
. /run/sandbox/lib.sh
version='nix (Nix) 2.34.2'
store= installable= print= link=result json= action= words=
while [ $# -gt 0 ]; do
  case $1 in
    --version) echo "$version"; exit 0 ;;
    --store) shift; store=$1 ;;
    --store=*) store=${1#*=} ;;
    --print-out-paths) print=1 ;;
    --no-link) link= ;;
    --json) json=1 ;;
    -o | --out-link) shift; link=$1 ;;
    --option | --override-input) shift 2 ;;
    --extra-experimental-features | --experimental-features | --log-format | --max-jobs | -j | --cores | --eval-store | --builders | --substituters | --extra-substituters | --extra-trusted-public-keys) shift ;;
    --*=* | -L | --print-build-logs | --refresh | --no-write-lock-file | --no-update-lock-file | --impure | --show-trace | --accept-flake-config | --keep-going | -k | -v | --verbose | --quiet | --offline | --fallback | --no-warn-dirty) ;;
    --) shift; words="$words $*"; break ;;
    -*) die "error: unrecognised flag '$1' (the sandbox's nix knows few)" ;;
    *) if [ -z "$action" ]; then action=$1; else words="$words $1"; fi ;;
  esac
  shift
done
set -- $words
fault nix
case $action in
  build)
    [ $# = 1 ] || die "error: the sandbox's nix builds one thing at a time"
    flake=${1%%#*} attribute=${1#*#}
    case $1 in *#*) ;; *) die "error: the sandbox's nix builds FLAKE#ATTRIBUTE only" ;; esac
    flake=${flake#path:}
    case $flake in /*) ;; *) flake=$PWD/$flake ;; esac
    machine=$(printf '%s' "$attribute" | sed -n 's/^nixosConfigurations\.\(.*\)\.config\.system\.build\.[A-Za-z]*$/\1/p' | tr -d '"')
    what=${attribute##*.}
    [ -n "$machine" ] || die "error: the sandbox's nix does not know the attribute '$attribute'"
    case $store in
      '' | auto | daemon | local) prefix=/ ;;
      *root=*) prefix=${store##*root=}; prefix=${prefix%%&*} ;;
      /*) prefix=$store ;;
      *) die "error: the sandbox's nix does not know the store '$store'" ;;
    esac
    echo "evaluating '$flake#$attribute'..." >&2
    path=$(ask build "$prefix" "$flake" "$machine" "$what") || die "$path"
    case $path in
      new:*)
        path=${path#new:}
        echo "these derivations will be built:" >&2
        echo "  $path.drv" >&2
        if [ "$what" = toplevel ]; then delay 60; else delay 5; fi
        echo "building '$path.drv'..." >&2
        ;;
    esac
    [ -z "$link" ] || ln -sfn "$path" "$link"
    if [ -n "$json" ]; then printf '[{"outputs":{"out":"%s"}}]\n' "$path"; fi
    [ -z "$print" ] || echo "$path"
    ;;
  run)
    case $1 in
      nixpkgs#nixos-facter | *#nixos-facter) delay 10; exec "$S/libexec/nixos-facter" ;;
      *) die "error: the sandbox's nix cannot run $1" ;;
    esac
    ;;
  flake)
    case $1 in
      lock | update) ask lock "${2:-$PWD}" ;;
      metadata) printf 'Path:  %s\n' "${2:-$PWD}" ;;
      *) die "error: the sandbox's nix does not know 'flake $1'" ;;
    esac
    ;;
  path-info)
    for p in "$@"; do [ -e "$p" ] || die "error: path '$p' is not valid"; echo "$p"; done
    ;;
  store)
    case $1 in
      gc | optimise | verify) ;;
      *) die "error: the sandbox's nix does not know 'store $1'" ;;
    esac
    ;;
  *) die "error: the sandbox's nix does not know '$action'" ;;
esac
