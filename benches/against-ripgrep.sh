#!/usr/bin/env bash
# `heal scan` against `rg -nb` with the same patterns on the same log, in turn: prints the ratio of their CPU seconds.
# Usage: benches/against-ripgrep.sh [MEBIBYTES]     (needs rg, jq, python3; builds a release heal)
set -euo pipefail
cd "$(dirname "$0")/.."
size=${1:-256}
for program in rg jq python3; do
  command -v "$program" >/dev/null || { echo "skipped: $program is not installed"; exit 0; }
done
cargo build --release --quiet
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
target/release/heal patterns list --json | jq -r '.patterns[].regex' > "$folder/patterns"
python3 - "$folder" "$size" <<'PY'
import os, random, resource, subprocess, sys
folder, size = sys.argv[1], int(sys.argv[2]) << 20
random.seed(7)
log = os.path.join(folder, "bench.log")
with open(log, "w") as out:
    written = number = 0
    while written < size:
        number += 1
        stamp = f"2025-12-04 {number // 3600 % 24:02}:{number // 60 % 60:02}:{number % 60:02}"
        if random.random() < 0.02:
            line = random.choice([
                f"{stamp} ERROR app.proxy: 127.0.0.1:{number % 9999}: Connection refused (attempt 1 of 3)\n",
                f"{stamp} ERROR app.streaming: FFmpeg timeout: no data received for 5s\n",
                f"{stamp} ERROR app.hls: segment queue overflow: {number} dropped\n",
            ])
        else:
            line = f"{stamp} INFO app.api: GET /channels/{number % 2000}/segment_{number}.ts 200 {number * 37 % 99999} bytes\n"
        written += out.write(line)

def seconds(command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    lines = subprocess.run(command, stdout=subprocess.PIPE, check=False).stdout.count(b"\n")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, lines

heal = ["target/release/heal", "scan", log]
rg = ["rg", "-inb", "--no-unicode", "-f", os.path.join(folder, "patterns"), log]
ratios = []
for turn in range(5):
    (ours, found), (theirs, matched) = seconds(heal), seconds(rg)
    ratios.append(ours / theirs)
    print(f"heal {ours:.2f} s, {found} events; rg {theirs:.2f} s, {matched} lines; ratio {ours / theirs:.2f}")
print(f"median ratio of CPU time {sorted(ratios)[2]:.2f}")
PY
