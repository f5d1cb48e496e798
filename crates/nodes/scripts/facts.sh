# What kind of host this is: one KEY=VALUE a line. Reads only, and works in any POSIX shell.
say() { printf '%s=%s\n' "$1" "$2"; }
field() { sed -n "s/^$1=//p" /etc/os-release 2>/dev/null | tr -d '"' | head -n 1; }
# First of all, so that what follows is of this boot or a later one.
say boot "$(cat /proc/sys/kernel/random/boot_id)"
say os "$(field ID)"
say variant "$(field VARIANT_ID)"
say release "$(field VERSION_ID)"
say arch "$(uname -m)"
say uid "$(id -u)"
say memory "$(sed -n 's/^MemTotal: *\([0-9]*\) kB$/\1/p' /proc/meminfo)"
say system "$(readlink -f /run/current-system 2>/dev/null)"
say built "$(head -n 1 /var/lib/hoist/built 2>/dev/null)"
say hostkey "$(head -n 1 /etc/ssh/ssh_host_ed25519_key.pub 2>/dev/null)"
say deploy "$(sed -n 's/^ssh-[^ ]* [^ ]* hoist-\(.*\)-deploy$/\1/p' /root/.ssh/authorized_keys 2>/dev/null | head -n 1)"
say k3s "$(systemctl is-active k3s 2>/dev/null)"
for tool in tar curl wget setsid flock sha256sum systemd-run; do
  if command -v "$tool" >/dev/null 2>&1; then say tool "$tool"; fi
done
# What hoist put there last, so that a change can be told file by file.
if cd /var/lib/hoist/flake 2>/dev/null; then
  find . -type f -exec sha256sum {} + | sed -n 's/^\([0-9a-f]*\)  \.\//file=\1 /p'
  say settings "$(cat machines/*/settings.json 2>/dev/null | tr -d '\n')"
fi
