#!/bin/sh
# sudo: every process of a machine is root to the sandbox; who may say so is the system's business.
while [ $# -gt 0 ]; do
  case $1 in
    -n | -E | -H | -S | -i | -k) shift ;;
    -u | -g) shift 2 ;;
    -v) exit 0 ;;
    --) shift; break ;;
    *) break ;;
  esac
done
user=$(printenv USER)
if [ "$user" != root ] && ! grep -qx "$user" /run/sandbox/sudoers 2>/dev/null; then
  echo "sudo: a password is required" >&2
  exit 1
fi
export USER=root LOGNAME=root HOME=/root
exec "$@"
