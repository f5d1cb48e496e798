#!/bin/sh
# systemd-run: a command as a unit that outlives the connection that started it.
. /run/sandbox/lib.sh
fault systemd-run
unit= wait= pipe= remain= collect= quiet= scope= directory=/ environment= description=
takes() { [ $# -gt 1 ] || die "systemd-run: option $1 needs a value"; }
while [ $# -gt 0 ]; do
  option=$1 value=
  case $1 in
    --*=*) option=${1%%=*} value=${1#*=} ;;
    --unit | --setenv | --property | --description | --service-type | --working-directory | --slice | --uid | --gid | --nice | --background)
      takes "$@"; value=$2; shift ;;
    -u | -E | -p) takes "$@"; value=$2; shift ;;
    -E*) option=-E value=${1#-E} ;;
    -p*) option=-p value=${1#-p} ;;
  esac
  case $option in
    --unit | -u) unit=${value%.service} ;;
    --wait) wait=1 ;;
    --pipe | -P | --pty | -t | -pty) pipe=1 wait=1 ;;
    --collect | -G) collect=1 ;;
    --remain-after-exit | -r) remain=1 ;;
    --quiet | -q) quiet=1 ;;
    --scope) scope=1 ;;
    --setenv | -E)
      case $value in *=*) ;; *) value="$value=$(printenv "$value")" ;; esac
      environment="$environment $(quote "$value")" ;;
    --working-directory) directory=$value ;;
    --same-dir | -d) directory=$PWD ;;
    --description) description=$value ;;
    --property | -p)
      case $value in
        WorkingDirectory=*) directory=${value#*=} ;;
        RemainAfterExit=yes) remain=1 ;;
        Environment=*) environment="$environment $(quote "${value#*=}")" ;;
        CollectMode=inactive-or-failed) collect=1 ;;
      esac ;;
    --service-type | --slice | --uid | --gid | --nice | --background | --no-ask-password | --no-block | --system | --send-sighup | --expand-environment) ;;
    --) shift; break ;;
    -*) die "the sandbox's systemd-run does not know $1" ;;
    *) break ;;
  esac
  shift
done
[ $# -gt 0 ] || die "Command line to execute required."
: "${unit:=run-u$$}"
command -v "$1" >/dev/null 2>&1 || die "Failed to find executable $1: No such file or directory"
eval "set -- env -i LANG=C.UTF-8 PATH=\"\$S/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\" INVOCATION_ID=$$ $environment \"\$@\""
if [ -n "$scope" ]; then exec "$@"; fi

u=$S/units/$unit
exec 8>"$S/units/.lock.$unit"
if [ -e "$u/state" ] || ! flock -n 8; then
  die "Failed to start transient service unit: Unit $unit.service was already loaded or has a fragment file."
fi
mkdir -p "$u" "$S/journal" "$S/results"
printf 'Id=%s.service\nLoadState=loaded\nActiveState=active\nSubState=running\nResult=success\nExecMainStatus=0\nDescription=%s\n' "$unit" "$description" >"$u/new"
mv "$u/new" "$u/state"
rm -f "$S/results/$unit"
cd "$directory" || die "Failed to change to $directory"
# The runner holds the lock as long as the unit runs.
if [ -n "$pipe" ]; then
  # Its input is ours, which a shell takes away from what it puts in the background.
  exec 7<&0
  setsid /bin/sh "$S/unit-runner.sh" "$unit" "$remain" "$collect" "$@" <&7 &
else
  setsid /bin/sh "$S/unit-runner.sh" "$unit" "$remain" "$collect" "$@" </dev/null >>"$S/journal/$unit" 2>&1 &
fi
echo $! >"$u/pid"
exec 8>&-
[ -n "$quiet" ] || echo "Running as unit: $unit.service" >&2
[ -n "$wait" ] || exit 0
flock -s "$S/units/.lock.$unit" true
status=0
read -r status <"$S/results/$unit"
rm -f "$S/results/$unit"
exit "$status"
