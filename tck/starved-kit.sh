#!/usr/bin/env bash
# Runs the kit on a backend again and again while busy loops, one for each processor, take its time away. A right backend may become
# inconclusive by that, never FAIL.
#
#   tck/starved-kit.sh [RUNS [URL [option of holdfast tck]...]]     by default: 10 runs on memory:starved
#
# Exits with 1 if a rule failed in any run. The logs are kept in target/starved.
set -euo pipefail

root=$(dirname "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")")
runs=${1:-10}
url=${2:-memory:starved}
logs=$root/target/starved
mkdir -p "$logs"

"$root/holdfast" version >/dev/null # builds it, if need be, before anything is slow

loops=()
trap 'kill "${loops[@]}" 2>/dev/null || true' EXIT
for ((i = 0; i < $(nproc); i++)); do
  (while :; do :; done) &
  loops+=("$!")
done

failed=0
for ((run = 1; run <= runs; run++)); do
  log=$logs/$run.log
  began=$SECONDS
  "$root/holdfast" tck "$url" "${@:3}" >"$log" 2>&1 || true
  grep -q '^Holdfast TCK of ' "$log" || { echo "run $run did not end; see $log" >&2; exit 2; }
  fails=$(grep -c '^  FAIL ' "$log" || true)
  inconclusive=$(grep -c '^  INCONCLUSIVE ' "$log" || true)
  echo "run $run: $((SECONDS - began)) s, $fails FAIL, $inconclusive INCONCLUSIVE"
  failed=$((failed + fails))
done
echo "$failed FAIL in $runs runs beside ${#loops[@]} busy loops"
((failed == 0))
