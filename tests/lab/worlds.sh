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
