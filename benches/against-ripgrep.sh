#!/usr/bin/env bash
# `heal scan` against `rg -nb` with the same patterns on several kinds of log, in turn: prints the ratios of their CPU
# seconds, heal's largest memory, and what a run with nothing new and one with a window of an hour cost beside a full one.
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
printf 'logs: [{path: log/*.log}]\nai: {enabled: false}\n' > "$folder/heal.yaml"
chmod 600 "$folder/heal.yaml"
target/release/heal patterns list --json | jq -r '.patterns[].regex' > "$folder/patterns"
python3 - "$folder" "$size" <<'PY'
import json, os, random, resource, subprocess, sys, time
folder, size = sys.argv[1], int(sys.argv[2]) << 20
config = os.path.join(folder, "heal.yaml")
ERRORS = [
    "127.0.0.1:8080: Connection refused (attempt 1 of 3)",
    "FFmpeg timeout: no data received for 5s",
    "segment queue overflow: 17 dropped",
]

def stamp(seconds):
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(seconds))

def plain(n, at):
    if random.random() < 0.02:
        return f"{stamp(at)} ERROR app.proxy: {random.choice(ERRORS)}\n"
    return f"{stamp(at)} INFO app.api: GET /channels/{n % 2000}/segment_{n}.ts 200 {n * 37 % 99999} bytes\n"

def objects(n, at):
    bad = random.random() < 0.02
    text = random.choice(ERRORS) if bad else f"served segment {n}"
    return json.dumps({"time": stamp(at), "level": "error" if bad else "info", "msg": text, "ms": n % 5000}) + "\n"

def access(n, at):
    when = time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(at))
    status = random.choice([200, 200, 200, 302, 404, 502])
    return f'10.0.0.{n % 250} - - [{when}] "GET /api/{n}?timeout=30 HTTP/1.1" {status} {n % 90000} "-" "curl/8.0"\n'

def traces(n, at):
    if random.random() < 0.95:
        return f"{stamp(at)} INFO app.api: GET /channels/{n % 2000} 200\n"
    frames = "".join(f'  File "/opt/m{i}.py", line {i}, in f\n    call(timeout={i})\n' for i in range(random.randrange(4, 20)))
    return f"{stamp(at)} ERROR app: failed\nTraceback (most recent call last):\n{frames}ConnectionRefusedError: refused\n"

def warnings(n, at):
    if random.random() < 0.1:
        return f"{stamp(at)} WARNING app.cache: ratio of misses high for shard {n % 99}\n"
    return f"{stamp(at)} INFO app.api: 0 errors, failed=0 warnings=0 in {n % 999} ms\n"

def write(path, kind):
    random.seed(7)
    end, written, number = time.time(), 0, 0
    with open(path, "w") as out:
        while written < size:
            # The log ends now, and an hour of it is less than a hundredth.
            number += 1
            written += out.write(kind(number, end - 10 * 86400 * (1 - written / size)))

def measure(command):
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, _, usage = os.wait4(child.pid, 0)
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss // 1024

heal = os.path.abspath("target/release/heal")
rg = ["rg", "-a", "-inb", "-j1", "--no-mmap", "--no-unicode", "-f", os.path.join(folder, "patterns")]
os.mkdir(os.path.join(folder, "log"))
for name, kind in [("plain", plain), ("objects", objects), ("access", access), ("traces", traces), ("warnings", warnings)]:
    log = os.path.join(folder, "log", "bench.log")
    write(log, kind)
    ours = [measure([heal, "scan", "--config", config, log]) for _ in range(3)]
    theirs = [measure([*rg, log]) for _ in range(3)]
    us, them = min(ours)[0], min(theirs)[0]
    print(f"{name:10} heal {us:.2f} s, rg {them:.2f} s, ratio {us / them:.2f}; heal took {max(m for _, m in ours)} MiB")
    if kind is plain:
        base = [heal, "--no-ai", "--config", config, "--state-dir", os.path.join(folder, "state")]
        whole, hour = (min(measure([*base, "--since", reach]) for _ in range(3))[0] for reach in ("30d", "1h"))
        print(f"{'whole run':10} heal {whole:.2f} s, ratio to rg {whole / them:.2f}; the last hour: {hour / whole:.3f} of it")
        measure([*base, "--record"])
        idle = min(measure(base) for _ in range(5))[0]
        print(f"{'no news':10} heal {idle * 1000:.0f} ms of CPU, {idle / whole:.4f} of the whole run")
    os.remove(log)
PY
