#!/bin/sh
# systemctl: transient units of systemd-run, and the few of the system.
. /run/sandbox/lib.sh
fault systemctl
action= properties= value= units= quiet=
while [ $# -gt 0 ]; do
  case $1 in
    -p | --property) shift; properties=$properties,$1 ;;
    -p*) properties=$properties,${1#-p} ;;
    --property=*) properties=$properties,${1#*=} ;;
    --value) value=1 ;;
    -q | --quiet) quiet=1 ;;
    --no-block | --no-pager | --no-ask-password | --no-wall | -f | --force | --now | --system | -l | --full | --plain | --no-legend | -a | --all) ;;
    -n | --lines) shift ;;
    --lines=* | -n*) ;;
    -*) die "the sandbox's systemctl does not know $1" ;;
    *) if [ -z "$action" ]; then action=$1; else units="$units $1"; fi ;;
  esac
  shift
done

name() {
  n=${1%.service}
  # Debian knows sshd under both names.
  if [ "$n" = sshd ] && [ ! -e "$S/units/sshd/state" ]; then n=ssh; fi
  echo "$n"
}
loaded() { [ -e "$S/units/$1/state" ]; }
get() {
  found=
  if loaded "$2"; then found=$(sed -n "s/^$1=//p" "$S/units/$2/state" 2>/dev/null); fi
  if [ -z "$found" ]; then
    case $1 in
      ActiveState) found=inactive ;;
      SubState) found=dead ;;
      Result) found=success ;;
      ExecMainStatus | ExecMainCode | MainPID) found=0 ;;
      LoadState) if loaded "$2"; then found=loaded; else found=not-found; fi ;;
      Id) found=$2.service ;;
    esac
  fi
  printf '%s\n' "$found"
}
missing() {
  echo "Failed to $1 $2: Unit $2 not found." >&2
  status=5
}
# Ends a transient unit's processes, then forgets it.
end() {
  u=$S/units/$1
  if [ "$(get SubState "$1")" = running ]; then
    read -r pid <"$u/pid" && kill -s TERM -- "-$pid" 2>/dev/null
    flock -w 10 "$S/units/.lock.$1" true || { kill -s KILL -- "-$pid" 2>/dev/null; flock -w 5 "$S/units/.lock.$1" true; }
  fi
  rm -rf "$u"
}

status=0
case $action in
  '' | list-units)
    for u in "$S"/units/*/; do
      n=$(basename "$u")
      loaded "$n" && printf '%s.service loaded %s %s\n' "$n" "$(get ActiveState "$n")" "$(get SubState "$n")"
    done
    ;;
  daemon-reload | daemon-reexec) ;;
  is-system-running) echo running ;;
  reboot | poweroff | halt) ask "$action" ;;
  kexec) ask kexec ;;
  is-active)
    status=3
    for u in $units; do
      s=$(get ActiveState "$(name "$u")")
      [ -n "$quiet" ] || echo "$s"
      [ "$s" != active ] || status=0
    done
    ;;
  is-failed)
    status=1
    for u in $units; do
      s=$(get ActiveState "$(name "$u")")
      [ -n "$quiet" ] || echo "$s"
      [ "$s" != failed ] || status=0
    done
    ;;
  show)
    : "${properties:=,Id,LoadState,ActiveState,SubState,Result,ExecMainCode,ExecMainStatus,MainPID}"
    for u in $units; do
      n=$(name "$u")
      for p in $(printf '%s' "$properties" | tr , ' '); do
        if [ -n "$value" ]; then get "$p" "$n"; else printf '%s=%s\n' "$p" "$(get "$p" "$n")"; fi
      done
    done
    ;;
  status)
    for u in $units; do
      n=$(name "$u")
      loaded "$n" || { echo "Unit $u could not be found." >&2; status=4; continue; }
      printf '%s.service\n   Loaded: loaded\n   Active: %s (%s)\n' "$n" "$(get ActiveState "$n")" "$(get SubState "$n")"
      tail -n 10 "$S/journal/$n" 2>/dev/null
      [ "$(get ActiveState "$n")" = active ] || status=3
    done
    ;;
  reset-failed)
    for u in ${units:-$(cd "$S/units" && ls)}; do
      n=$(name "$u")
      if ! loaded "$n"; then
        [ -z "$units" ] || { echo "Failed to reset failed state of unit $u: Unit $u not loaded." >&2; status=1; }
      elif [ "$(get ActiveState "$n")" = failed ] && [ ! -e "$S/units/$n/static" ]; then
        rm -rf "$S/units/$n"
      fi
    done
    ;;
  start | stop | restart | reload | try-restart | reload-or-restart | try-reload-or-restart | kill)
    for u in $units; do
      n=$(name "$u")
      if ! loaded "$n"; then
        missing "$action" "$u"
      elif [ -e "$S/units/$n/static" ]; then
        if ! said=$(ask unit "$action" "$n"); then
          echo "Job for $n.service failed because the control process exited with error code." >&2
          echo "$said" >&2
          status=1
        fi
      else
        case $action in
          stop | kill) end "$n" ;;
          start) ;;
          *) echo "Failed to $action $u: it is a transient unit." >&2; status=1 ;;
        esac
      fi
    done
    ;;
  *) die "the sandbox's systemctl does not know $action" ;;
esac
exit $status
