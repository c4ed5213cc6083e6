# What several scenarios begin with: a service in trouble, its log and its pattern. Sourced by `run`.
# shellcheck shell=bash

# lab-app does not run, and app.log says so (`app_down`).
app_that_is_down() {
unit lab-app.service <<'UNIT'
[Service]
ExecStart=/bin/sleep infinity
UNIT
workspace . '{path: app.log}'
echo "ERROR: app is down" >"$lab_tree$ws/app.log"
patterns <<'YAML'
patterns:
  - name: app_down
    regex: 'app is down'
    severity: high
    category: service
    description: The app is down
YAML
}

# lab-app runs on WORKERS of app.env, and notes them in /run/lab-workers; app.log wants more (`exhausted`).
app_with_few_workers() {
put /usr/local/bin/lab-app 755 <<'SH'
#!/bin/sh
. /srv/lab/app.env
echo "$WORKERS" >/run/lab-workers
exec sleep infinity
SH
unit lab-app.service <<'UNIT'
[Unit]
StartLimitIntervalSec=0
[Service]
ExecStart=/usr/local/bin/lab-app
UNIT
workspace . '{path: app.log, name: app}'
echo "$(date -u '+%F %T') ERROR workers exhausted" >"$lab_tree$ws/app.log"
echo 'WORKERS=2' >"$lab_tree$ws/app.env"
patterns <<'YAML'
patterns:
  - name: exhausted
    regex: 'workers exhausted'
    severity: high
    category: capacity
    description: Too few workers
YAML
}

# The same on 2 workers, and a fix that restarts it on 4 and whose check wants 8.
app_that_wants_workers() {
app_with_few_workers
fixes <<'YAML'
fixes:
  - name: more_workers
    for: [exhausted]
    description: Twice the workers
    risk: unsafe
    steps:
      - edit: {file: app.env, ini_path: [WORKERS], dialect: env, operation: increase, factor: 2}
      - restart_service: {service: lab-app}
    settle: 1s
    verify:
      - service_active: lab-app
      - command: [grep, -q, '^8$', /run/lab-workers]
YAML
inside systemctl start lab-app
wait_for 5 inside test -e /run/lab-workers
}

# runs_on N: what lab-app read when it was started.
runs_on() { [ "$(inside cat /run/lab-workers)" = "$1" ] || fail "the service runs on $(inside cat /run/lab-workers), not $1"; }
