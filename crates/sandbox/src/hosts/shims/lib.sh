# What the stand-ins share.
S=/run/sandbox
TAB=$(printf '\t')

# Asks the machine for what only it can do: prints what it answers, and returns its status.
ask() {
  reply=$S/reply.$$
  rm -f "$reply"
  mkfifo -m 600 "$reply" || return 1
  (IFS=$TAB; printf '%s\n' "$$$TAB$*" >"$S/requests")
  { read -r status; cat; } <"$reply"
  rm -f "$reply"
  return "$status"
}

# Waits as long as something takes that takes so many seconds on a real machine.
delay() {
  read -r scale <"$S/scale"
  pause=$(awk "BEGIN { printf \"%.3f\", $1 * $scale }")
  [ "$pause" = 0.000 ] || sleep "$pause"
}

# Fails or hangs where a test wants this program to.
fault() {
  said=$(ask fault "$1") && return
  status=$?
  [ "$status" != 255 ] || exec sleep 1000000
  echo "$said" >&2
  exit "$status"
}

# A word as the shell reads it back.
quote() { printf "'"; printf '%s' "$1" | sed "s/'/'\\\\''/g"; printf "'"; }

die() { echo "$*" >&2; exit 1; }
