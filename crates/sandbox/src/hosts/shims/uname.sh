#!/bin/sh
# uname: the machine's architecture, not this computer's.
read -r machine </run/sandbox/arch
case "$*" in
  -m | --machine | -p | -i) echo "$machine" ;;
  -a | --all) /usr/bin/uname -a | sed "s/$(/usr/bin/uname -m)/$machine/g" ;;
  *) exec /usr/bin/uname "$@" ;;
esac
