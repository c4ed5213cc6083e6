# What scenarios are written with. Sourced by `run`.
# shellcheck shell=bash

ws=/srv/lab
lab_skipped=77

scenario_run() {
  set -euo pipefail
  # shellcheck disable=SC1090
  . "$1"
}

fail() {
  echo "FAILED: $*"
  exit 1
}

# skipped WHY: the scenario cannot be played here; `run` says so.
skipped() {
  echo "$*"
  exit "$lab_skipped"
}

# heal_run EXIT [ARGUMENT...]: runs heal in the workspace; what it printed is in $out.
heal_run() {
  local wanted=$1 code=0
  shift
  out=$(inside sh -c 'cd /srv/lab && exec heal --config heal.yaml "$@" 2>&1' sh "$@") || code=$?
  echo "--- heal $* -> $code"
  echo "$out"
  [ "$code" -eq "$wanted" ] || fail "heal $* ended with $code, not $wanted"
}

# heal_json EXIT [ARGUMENT...]: the same with --json; $out is the document.
heal_json() {
  local wanted=$1 code=0
  shift
  out=$(inside sh -c 'cd /srv/lab && exec heal --config heal.yaml --json "$@" 2>/dev/null' sh "$@") || code=$?
  echo "--- heal --json $* -> $code"
  echo "$out" | jq -c '{status, kinds: [.incidents[] | {pattern, status, count}], held: [.plan.held_back[] | {fix, reason, detail}], steps: [.plan.steps[] | {fix, kind, target, argv}], outcomes: [.outcomes[] | {fix, kind, target, result, verdict, detail}], notices}'
  [ "$code" -eq "$wanted" ] || fail "heal --json $* ended with $code, not $wanted"
}

# says JQ: the document that heal_json got makes the expression true.
says() { [ "$(jq -r "$1" <<<"$out")" = true ] || fail "the report does not say: $1"; }
# told WORDS: the text that heal_run got has them, wherever the lines break.
told() { [[ $(tr -s '[:space:]' ' ' <<<"$out") == *"$1"* ]] || fail "the report does not tell: $1"; }
is_active() { inside systemctl is-active --quiet "$1" || fail "$1 is not active"; }
is_not_active() { if inside systemctl is-active --quiet "$1"; then fail "$1 is active"; fi; }
has() { grep -qF -- "$2" "$lab_tree$1" || fail "$1 has no: $2"; }
has_not() { if grep -qF -- "$2" "$lab_tree$1"; then fail "$1 has: $2"; fi; }
mode_is() { [ "$(stat -c '%a %u:%g' "$lab_tree$1")" = "$2" ] || fail "$1 is $(stat -c '%a %u:%g' "$lab_tree$1"), not $2"; }
# kill_heal: the heal that runs in the machine, as if by power failure.
kill_heal() { kill -KILL $(pgrep --ns "$lab_pid" -x heal) || fail "no heal is running"; }
# starts UNIT: how often systemd has begun to start it.
starts() { inside journalctl -o cat --no-pager -q _PID=1 UNIT="$1" | grep -c '^Start\(ed\|ing\)' || true; }

# wait_for SECONDS COMMAND...: until it succeeds.
wait_for() {
  local until=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$until" ] || fail "did not come about: $*"
    sleep 0.2
  done
}

# A workspace as an operator would write it; the logs come as arguments.
workspace() {
  {
    echo "workspace: ${1}"
    echo "logs:"
    shift
    printf '  - %s\n' "$@"
    cat <<EOF
window: all
cooldown: 1s
probation: 1s
ai: {enabled: false}
policy: {auto: {risks: [safe, unsafe]}}
EOF
  } | put $ws/heal.yaml
}

patterns() { put $ws/patterns/lab.yaml; }
fixes() { put $ws/fixes/lab.yaml; }
unit() { put "/etc/systemd/system/$1" && inside systemctl daemon-reload; }
