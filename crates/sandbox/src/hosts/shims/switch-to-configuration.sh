#!/bin/sh
# switch-to-configuration: makes this system the running one, or the one that boots.
. /run/sandbox/lib.sh
fault switch-to-configuration
system=$(dirname "$(dirname "$(readlink -f "$0")")")
case $1 in
  boot)
    said=$(ask bootloader "$system") || die "$said"
    ;;
  switch | test)
    if [ "$1" = switch ]; then said=$(ask bootloader "$system") || die "$said"; fi
    echo "activating the configuration..."
    delay 3
    said=$(ask activate "$system") || { echo "$said" >&2; echo "warning: error(s) occurred while switching to the new configuration" >&2; exit 4; }
    [ -z "$said" ] || echo "$said"
    ;;
  dry-activate) echo "would activate the configuration..." ;;
  *)
    echo "Usage: $0 [check|switch|boot|test|dry-activate]" >&2
    exit 1
    ;;
esac
