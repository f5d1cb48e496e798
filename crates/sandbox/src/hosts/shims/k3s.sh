#!/bin/sh
# k3s and kubectl: a version, and questions that the API answers by itself.
. /run/sandbox/lib.sh
program=$(basename "$0")
fault "$program"
read -r version <"$S/k3s-version"
if [ "$program" = k3s ]; then
  case $1 in
    --version | -v) printf 'k3s version %s (sandbox)\n' "$version"; exit 0 ;;
    kubectl) shift ;;
    *) die "the sandbox's k3s knows --version and kubectl" ;;
  esac
fi
: "${KUBECONFIG:=/etc/rancher/k3s/k3s.yaml}"
path=
while [ $# -gt 0 ]; do
  case $1 in
    --kubeconfig) shift; KUBECONFIG=$1 ;;
    --kubeconfig=*) KUBECONFIG=${1#*=} ;;
    get) ;;
    --raw) shift; path=$1 ;;
    --raw=*) path=${1#*=} ;;
    *) die "the sandbox's kubectl knows \`get --raw PATH\` only" ;;
  esac
  shift
done
[ -n "$path" ] || die "the sandbox's kubectl knows \`get --raw PATH\` only"
[ -r "$KUBECONFIG" ] || die "error: $KUBECONFIG: no such file or directory"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# A long value may stand on lines of its own.
part() {
  awk -v key="$1:" '
    taking && /^ *[A-Za-z0-9+\/=]+$/ { value = value $1; next }
    taking { exit }
    $1 == key { taking = 1; value = $2; gsub(/["|>-]/, "", value) }
    END { print value }' "$KUBECONFIG" | base64 -d >"$work/$2"
}
part certificate-authority-data ca
part client-certificate-data cert
part client-key-data key
server=$(sed -n 's/^ *server: *"*\([^" ]*\)"* *$/\1/p' "$KUBECONFIG" | head -n 1)
# On this machine, 127.0.0.1 is the machine's own address.
status=$(curl -sS -m 20 --connect-to "127.0.0.1:6443:$(cat "$S/address"):6443" --cacert "$work/ca" --cert "$work/cert" --key "$work/key" \
  -o "$work/body" -w '%{http_code}' "$server$path") || exit 1
cat "$work/body"
echo
case $status in 2*) ;; *) echo "Error from server: HTTP $status" >&2; exit 1 ;; esac
