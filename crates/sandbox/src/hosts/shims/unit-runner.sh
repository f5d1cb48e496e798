# Runs one transient unit and writes down how it ended.
# $1 the unit, $2 whether it remains after exit, $3 whether it is collected when it failed, then the command.
S=/run/sandbox
unit=$1 remain=$2 collect=$3
shift 3
u=$S/units/$unit
stopped=
trap 'stopped=1' TERM
status=143
if [ -z "$stopped" ]; then
  "$@" 8>&- 7>&-
  status=$?
fi
echo "$status" >"$S/results/$unit"
end() {
  printf 'Id=%s.service\nLoadState=loaded\nActiveState=%s\nSubState=%s\nResult=%s\nExecMainCode=%s\nExecMainStatus=%s\n' "$unit" "$@" >"$u/new" &&
    mv "$u/new" "$u/state"
}
if [ -n "$stopped" ]; then
  rm -rf "$u"
elif [ "$status" = 0 ]; then
  if [ -n "$remain" ]; then end active exited success 1 0; else rm -rf "$u"; fi
elif [ -n "$collect" ]; then
  rm -rf "$u"
elif [ "$status" -gt 128 ] && [ "$status" -lt 193 ]; then
  end failed failed signal 2 $((status - 128))
else
  end failed failed exit-code 1 "$status"
fi
