#!/bin/sh
# nix-env: sets a profile.
. /run/sandbox/lib.sh
fault nix-env
profile= set= list= rollback=
while [ $# -gt 0 ]; do
  case $1 in
    -p | --profile) shift; profile=$1 ;;
    --set) shift; set=$1 ;;
    --list-generations) list=1 ;;
    --rollback) rollback=1 ;;
    *) die "error: the sandbox's nix-env does not know $1" ;;
  esac
  shift
done
[ -n "$profile" ] || die "error: the sandbox's nix-env needs -p"
current=$(readlink "$profile" | sed -n 's/.*-\([0-9]*\)-link$/\1/p')
generations() {
  for l in "$profile"-*-link; do
    n=${l#"$profile"-} n=${n%-link}
    [ -L "$l" ] && echo "$n"
  done | sort -n
}
mkdir -p "$(dirname "$profile")"
if [ -n "$list" ]; then
  for n in $(generations); do
    if [ "$n" = "$current" ]; then mark='   (current)'; else mark=; fi
    printf '%4s   %s%s\n' "$n" "$(date -r "$profile-$n-link" '+%Y-%m-%d %H:%M:%S')" "$mark"
  done
elif [ -n "$rollback" ]; then
  before=$(generations | awk -v c="$current" '$1 < c' | tail -n 1)
  [ -n "$before" ] || die "error: no generation older than the current ($current) exists"
  ln -sfn "$(basename "$profile")-$before-link" "$profile"
elif [ -n "$set" ]; then
  [ -d "$set" ] || die "error: path '$set' does not exist and cannot be created"
  [ "$(readlink -f "$profile")" != "$(readlink -f "$set")" ] || exit 0
  next=$(($(generations | tail -n 1) + 1))
  ln -s "$set" "$profile-$next-link"
  ln -sfn "$(basename "$profile")-$next-link" "$profile.new"
  mv -T "$profile.new" "$profile"
else
  die "error: no operation specified"
fi
