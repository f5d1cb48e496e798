#!/bin/sh
# journalctl: what units of this boot have said.
. /run/sandbox/lib.sh
fault journalctl
unit= lines= output=short
while [ $# -gt 0 ]; do
  case $1 in
    -u | --unit) shift; unit=$1 ;;
    --unit=*) unit=${1#*=} ;;
    -u*) unit=${1#-u} ;;
    -n | --lines) shift; lines=$1 ;;
    --lines=*) lines=${1#*=} ;;
    -n*) lines=${1#-n} ;;
    -o | --output) shift; output=$1 ;;
    --output=*) output=${1#*=} ;;
    -o*) output=${1#-o} ;;
    -b | --boot | --no-pager | -q | --quiet | --no-hostname | -e | -x | --no-full | -a) ;;
    --since | -S | --until | -U | -p | --priority | -b*) case $1 in -b*) ;; *) shift ;; esac ;;
    --since=* | --until=* | --priority=* | --boot=*) ;;
    *) die "the sandbox's journalctl does not know $1" ;;
  esac
  shift
done
unit=${unit%.service}
if [ "$unit" = sshd ] && [ ! -e "$S/journal/sshd" ]; then unit=ssh; fi
if [ -n "$unit" ]; then set -- "$S/journal/$unit"; else set -- "$S"/journal/*; fi
for f in "$@"; do
  n=$(basename "$f")
  if [ ! -s "$f" ]; then echo "-- No entries --"; continue; fi
  if [ -n "$lines" ] && [ "$lines" != all ]; then tail -n "$lines" "$f"; else cat "$f"; fi |
    if [ "$output" = cat ]; then cat; else sed "s/^/$(cat "$S/hostname") $n: /"; fi
done
