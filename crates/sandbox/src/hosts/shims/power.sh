#!/bin/sh
# reboot, poweroff, halt, shutdown.
. /run/sandbox/lib.sh
action=$(basename "$0")
fault "$action"
if [ "$action" = shutdown ]; then
  action=poweroff
  for word in "$@"; do
    case $word in -r | --reboot) action=reboot ;; -c) exit 0 ;; esac
  done
fi
ask "$action"
