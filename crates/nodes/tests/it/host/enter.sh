# Enters a stand-in host: this machine's programs over a root folder of its own. $1 root, $2 control folder, $3 command.
set -eu
root=$1 control=$2 command=$3
while [ -e "$control/booting" ]; do sleep 0.02; done
for d in usr bin sbin lib lib64; do
  if [ -L "/$d" ]; then
    [ -L "$root/$d" ] || ln -s "$(readlink "/$d")" "$root/$d"
  elif [ -d "/$d" ]; then
    mkdir -p "$root/$d"
    mount --rbind "/$d" "$root/$d"
  fi
done
for d in dev proc; do
  mkdir -p "$root/$d"
  mount --rbind "/$d" "$root/$d"
done
mkdir -p "$root/control"
mount --bind "$control" "$root/control"
mount --bind "$control/boot_id" "$root/proc/sys/kernel/random/boot_id"
mount --bind "$control/meminfo" "$root/proc/meminfo"
exec chroot "$root" /usr/bin/env -i PATH=/shims:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root USER=root /bin/sh -c "$command"
