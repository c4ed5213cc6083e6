#!/usr/bin/env bash
# `heal scan` against `rg -nb` with the same patterns on several kinds of log, in turn: a table of CPU seconds, their
# ratios and heal's largest memory; then what a whole run, one with a window of an hour and one with nothing new cost.
# Usage: benches/against-ripgrep.sh [MEBIBYTES]     (needs rg, jq, python3; builds a release heal, or takes $HEAL)
set -euo pipefail
cd "$(dirname "$0")/.."
size=${1:-256}
for program in rg jq python3; do
  command -v "$program" >/dev/null || { echo "skipped: $program is not installed"; exit 0; }
done
heal=${HEAL:-target/release/heal}
[ -n "${HEAL:-}" ] || cargo build --release --quiet
heal=$(realpath "$heal")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/log" "$folder/many" "$folder/many/tables"
printf 'logs: [{path: log/*.log}]\nai: {enabled: false}\n' > "$folder/heal.yaml"
printf 'logs: [{path: ../log/*.log}]\npatterns: [tables]\nai: {enabled: false}\n' > "$folder/many/heal.yaml"
python3 benches/against_ripgrep.py tables "$folder/many/tables/operator.yaml"
chmod -R go-w "$folder"
for table in "$folder" "$folder/many"; do
  (cd "$table" && "$heal" patterns list --json | jq -r '.patterns[].regex') > "$table/regexes"
done
python3 benches/against_ripgrep.py compare "$folder" "$size" "$heal"
