"""The corpora and the table of against-ripgrep.sh."""

import json
import os
import random
import subprocess
import sys
import time

ERRORS = [
    "127.0.0.1:8080: Connection refused (attempt 1 of 3)",
    "FFmpeg timeout: no data received for 5s",
    "segment queue overflow: 17 dropped",
]
PARTS = ["segment", "transcoder", "playlist", "database", "certificate", "scheduler", "recording", "satellite", "tuner", "archive"]
TROUBLES = ["overflow", "is corrupt", "not reachable", "gave up", "dropped", "expired", "was refused", "out of sync", "stalled", "lost"]


def tables(path):
    """A hundred patterns as an operator may write them."""
    with open(path, "w") as out:
        out.write("patterns:\n")
        for number, (part, trouble) in enumerate((part, trouble) for part in PARTS for trouble in TROUBLES):
            regex = [f"{part} {trouble}", rf"{part} \S+ {trouble}", rf"\b{part}.*{trouble}\b", f"{part}: {trouble}|{part}-{trouble}"][number % 4]
            out.write(f"  - {{name: operator_{number}, regex: '{regex}', severity: high, category: other, description: of the bench}}\n")


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
    return f'10.0.0.{n % 250} - - [{when}] "GET /api/{n}?page=30 HTTP/1.1" {status} {n % 90000} "-" "curl/8.0"\n'


def traces(n, at):
    if random.random() < 0.95:
        return f"{stamp(at)} INFO app.api: GET /channels/{n % 2000} 200\n"
    frames = "".join(f'  File "/opt/m{i}.py", line {i}, in f\n    call(timeout={i})\n' for i in range(random.randrange(4, 20)))
    return f"{stamp(at)} ERROR app: failed\nTraceback (most recent call last):\n{frames}ConnectionRefusedError: refused\n"


def warnings(n, at):
    if random.random() < 0.1:
        return f"{stamp(at)} WARNING app.cache: ratio of misses high for shard {n % 99}\n"
    return f"{stamp(at)} INFO app.api: 0 errors, failed=0 warnings=0 in {n % 999} ms\n"


def unstamped(n, at):
    return f"GET /channels/{n % 2000}/segment {n} served in {n * 37 % 999} ms\n"


def operator(n, at):
    part = random.choice(PARTS)
    if random.random() < 0.02:
        return f"{stamp(at)} ERROR tv: {part} {random.choice(TROUBLES)} on channel {n % 200}\n"
    return f"{stamp(at)} INFO tv: {part} of channel {n % 200} written, {n * 37 % 99999} bytes\n"


def empty(n, at):
    return "\n" * 64


def write(path, kind, size):
    random.seed(7)
    end, written, number = time.time(), 0, 0
    with open(path, "w") as out:
        while written < size:
            # The log ends now, and an hour of it is less than a hundredth.
            number += 1
            written += out.write(kind(number, end - 10 * 86400 * (1 - written / size)))


def measure(command):
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    _, status, usage = os.wait4(child.pid, 0)
    told = child.stderr.read().decode()
    # Both tell by 1 that something, or nothing, was found.
    if os.waitstatus_to_exitcode(status) not in (0, 1):
        sys.exit(f"failed with {os.waitstatus_to_exitcode(status)}: {' '.join(command)}: {told}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss // 1024


def best(command, rounds=3):
    told = [measure(command) for _ in range(rounds)]
    return min(seconds for seconds, _ in told), max(memory for _, memory in told)


def ripgrep(folder):
    return ["rg", "-a", "-inb", "-j1", "--no-mmap", "--no-unicode", "-f", os.path.join(folder, "regexes")]


def row(name, ours, theirs, memory, note=""):
    print(f"{name:22} {ours:9.2f} {theirs:9.2f} {ours / theirs:8.2f} {memory:8}  {note}")


def compare(folder, size, heal):
    log = os.path.join(folder, "log", "bench.log")
    many = os.path.join(folder, "many")
    print(f"{'log, ' + str(size >> 20) + ' MiB':22} {'heal, s':>9} {'rg, s':>9} {'heal/rg':>8} {'MiB':>8}")
    kinds = [("plain", plain, folder), ("objects", objects, folder), ("access", access, folder), ("traces", traces, folder)]
    kinds += [("warnings", warnings, folder), ("unstamped", unstamped, folder), ("empty lines", empty, folder)]
    kinds += [("operator's 100", operator, many), ("plain", plain, folder)]
    for number, (name, kind, table) in enumerate(kinds):
        write(log, kind, size)
        config = os.path.join(table, "heal.yaml")
        theirs, _ = best([*ripgrep(table), log])
        if number + 1 < len(kinds):
            ours, memory = best([heal, "scan", "--config", config, log])
            row(name, ours, theirs, memory, "110 patterns" if table == many else "")
            continue
        base = [heal, "--no-ai", "--config", config, "--state-dir", os.path.join(folder, "state")]
        whole, memory = best([*base, "--since", "30d"])
        row("whole dry run", whole, theirs, memory)
        hour, memory = best([*base, "--since", "1h"])
        row("the last hour", hour, theirs, memory, f"{hour / whole:.3f} of the whole run")
        measure([*base, "--record"])
        idle, memory = best(base, 20)
        row("nothing new", idle, theirs, memory, f"{idle * 1000:.0f} ms, {idle / whole:.4f} of the whole run")


if __name__ == "__main__":
    if sys.argv[1] == "tables":
        tables(sys.argv[2])
    else:
        compare(sys.argv[2], int(sys.argv[3]) << 20, os.path.abspath(sys.argv[4]))
