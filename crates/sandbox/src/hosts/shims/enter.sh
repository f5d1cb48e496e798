# One boot of a machine, from inside its fresh namespaces: makes the mounts, says under which process id it is known
# outside, and lives until its standard input ends.
# $1 the machine's root, $2 its control folder, $3 its host name.
set -eu
root=$1 control=$2
read -r pid rest </proc/self/stat
fail() { echo "error: $*"; exit 1; }
hostname "$3" 2>/dev/null || echo "$3" 2>/dev/null >/proc/sys/kernel/hostname || true
mount --rbind "$root" "$root" || fail "cannot mount $root"
cd "$root"
read_only() {
  mount --rbind "$1" "$root$1" || fail "cannot mount $1"
  mount -o remount,bind,ro "$root$1" 2>/dev/null || mount -o remount,bind,ro,nosuid,nodev "$root$1" 2>/dev/null && return
  # A person who may not write there outside may not write there inside.
  read -r inside outside count </proc/self/uid_map
  [ "$outside" != 0 ] || fail "cannot make $1 read-only"
}
for d in /usr /bin /sbin /lib /lib32 /lib64 /libx32; do
  if [ -L "$d" ]; then
    [ -L "$root$d" ] || ln -s "$(readlink "$d")" "$root$d"
  elif [ -d "$d" ]; then
    mkdir -p "$root$d"
    read_only "$d"
  fi
done
for d in /etc/alternatives /etc/ssl /etc/ca-certificates /etc/pki; do
  if [ -d "$d" ]; then
    mkdir -p "$root$d"
    read_only "$d"
  fi
done
mkdir -p dev proc sys run/sandbox tmp
mount -t tmpfs -o mode=755 dev "$root/dev" || fail "cannot mount /dev"
for n in null zero full random urandom tty ptmx; do
  [ -e "/dev/$n" ] || continue
  : >"dev/$n"
  mount --bind "/dev/$n" "dev/$n"
done
mkdir dev/shm dev/pts
chmod 1777 dev/shm
[ ! -d /dev/pts ] || mount --rbind /dev/pts dev/pts
ln -s /proc/self/fd dev/fd
ln -s fd/0 dev/stdin
ln -s fd/1 dev/stdout
ln -s fd/2 dev/stderr
# Where parts of /proc are hidden (in containers) a new one is refused.
mount -t proc proc "$root/proc" 2>/dev/null || mount --rbind /proc "$root/proc" || fail "cannot mount /proc"
mount --bind "$control" "$root/run/sandbox" || fail "cannot mount $control"
mount --bind "$control/boot_id" "$root/proc/sys/kernel/random/boot_id" || fail "cannot give it a boot id"
mount --bind "$control/meminfo" "$root/proc/meminfo" || fail "cannot give it its memory"
# Only now, from inside, may it be entered: before, its root is still this computer's.
# It lives until its input ends; killing what reads that is not the end.
exec chroot "$root" /bin/sh -c 'cd / || exit 1; echo "up $1"; until cat >/dev/null; do :; done' init "$pid"
