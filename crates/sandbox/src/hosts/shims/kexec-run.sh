#!/bin/sh
# The sandbox's stand-in for the kexec installer's `run`: keeps who may log in and who the machine is, then boots the
# installer.
set -eu
extra=
while [ $# -gt 0 ]; do
  case $1 in
    --kexec-extra-flags) shift; extra=$1 ;;
    *) echo "Unknown argument: $1" >&2; exit 1 ;;
  esac
  shift
done
if [ ! -p /run/sandbox/requests ]; then
  echo "this installer is hoist's stand-in for its sandbox: it boots nothing on a real machine" >&2
  exit 1
fi
. /run/sandbox/lib.sh
fault kexec
if [ "$(id -u)" != 0 ]; then
  echo "kexec needs root" >&2
  exit 1
fi
if [ "$(uname -m)" != "$(cat "$(dirname "$0")/arch")" ]; then
  echo "this installer is for $(cat "$(dirname "$0")/arch"), this machine is $(uname -m)" >&2
  exit 1
fi
kib=$(sed -n 's/^MemTotal: *\([0-9]*\) kB$/\1/p' /proc/meminfo)
if [ "$kib" -lt 1400000 ]; then
  echo "kexec_load failed: Cannot allocate memory (the installer needs 1.5 GB, this machine has $((kib / 1024)) MiB)" >&2
  exit 1
fi
keep=/run/sandbox/kexec
rm -rf "$keep"
mkdir -p "$keep/ssh"
for f in /root/.ssh/authorized_keys /root/.ssh/authorized_keys2 /etc/ssh/authorized_keys.d/root; do
  if [ -e "$f" ]; then cat "$f" >>"$keep/authorized_keys"; fi
done
for k in /etc/ssh/ssh_host_*; do
  if [ -e "$k" ]; then cp -p "$k" "$keep/ssh/"; fi
done
if [ -e /etc/machine-id ]; then cp /etc/machine-id "$keep/"; fi
if ! [ -s "$keep/authorized_keys" ]; then
  echo "warning: root has no authorized_keys: nobody will be able to log in" >&2
fi
echo "machine will boot into nixos in 6s..."
# In the background, so that whoever started this still hears how it went.
setsid sh -c '. /run/sandbox/lib.sh; delay 6; ask kexec' </dev/null >/dev/null 2>&1 &
