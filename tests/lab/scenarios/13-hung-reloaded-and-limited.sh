# A hung service is killed and started; a configuration that fails its test is not reloaded; a start limit stays, and
# one that runs is not restarted into it.
put /usr/local/bin/lab-app 755 <<'SH'
#!/bin/sh
trap '' TERM
trap 'cp /srv/lab/app.conf /run/lab-loaded' HUP
while :; do sleep 0.2; done
SH
unit lab-app.service <<'UNIT'
[Service]
ExecStart=/usr/local/bin/lab-app
ExecReload=/bin/sh -c 'kill -HUP $MAINPID'
TimeoutStopSec=60
UNIT
unit lab-limited.service <<'UNIT'
[Unit]
StartLimitIntervalSec=1h
StartLimitBurst=2
[Service]
ExecStart=/bin/false
Restart=always
UNIT
unit lab-plain.service <<'UNIT'
[Service]
ExecStart=/bin/sleep infinity
UNIT
workspace . '{path: app.log}'
patterns <<'YAML'
patterns:
  - {name: hung, regex: 'app hangs', severity: high, category: service, description: The app hangs}
  - {name: stale, regex: 'app is stale', severity: high, category: service, description: The app runs on old values}
  - {name: limited, regex: 'limited is down', severity: high, category: service, description: The other one is down}
  - {name: slow, regex: 'plain is slow', severity: high, category: service, description: The third one is slow}
YAML
fixes <<'YAML'
fixes:
  - name: kill_it
    for: [hung]
    description: Kill it and start it again
    risk: safe
    steps: [{force_restart: {service: lab-app}}]
    settle: 0s
    verify: [{service_active: lab-app}]
  - name: load_it
    for: [stale]
    description: Let it read its file again
    risk: safe
    steps: [{reload_config: {service: lab-app, test: [grep, -q, '^good', app.conf]}}]
    settle: 1s
  - name: start_limited
    for: [limited]
    description: Restart the other one
    risk: safe
    steps: [{restart_service: {service: lab-limited}}]
    settle: 1s
    verify: [{service_active: lab-limited}]
  - name: restart_plain
    for: [slow]
    description: Restart the third one
    risk: safe
    steps: [{restart_service: {service: lab-plain}}]
    settle: 0s
    verify: [{service_active: lab-plain}]
YAML
echo good >"$lab_tree$ws/app.conf"
inside systemctl start lab-app
before=$(inside systemctl show -p MainPID --value lab-app)
echo 'ERROR: app hangs' >"$lab_tree$ws/app.log"
began=$SECONDS
heal_json 0 --apply
is_active lab-app
[ "$(inside systemctl show -p MainPID --value lab-app)" != "$before" ] || fail "it is the old process"
[ $((SECONDS - began)) -lt 20 ] || fail "it waited for a process that does not end"

echo 'ERROR: app is stale' >>"$lab_tree$ws/app.log"
heal_json 0 --apply
says '.plan.steps[0].commands | length == 2'
wait_for 3 inside grep -q good /run/lab-loaded
echo 'ERROR: app is stale, again' >>"$lab_tree$ws/app.log"
echo bad >"$lab_tree$ws/app.conf"
sleep 3
heal_json 3 --apply
says '.outcomes | any(.result == "failed" and (.detail | contains("nothing was done")))'
inside grep -q good /run/lab-loaded || fail "a configuration that fails its test was loaded"

inside systemctl start lab-limited || true
wait_for 10 inside sh -c 'journalctl -q -o cat -u lab-limited | grep -q "repeated too quickly"'
echo 'ERROR: limited is down' >>"$lab_tree$ws/app.log"
heal_run 1
told 'would refuse another start'
count=$(starts lab-limited.service)
heal_json 1 --apply
says '.plan.held_back | any(.fix == "start_limited" and .reason == "check_failed")'
[ "$(starts lab-limited.service)" = "$count" ] || fail "the start limit was reset"

# One start is left of five in ten seconds, and it runs: another would be needed for the way back.
echo 'ERROR: plain is slow' >>"$lab_tree$ws/app.log"
for _ in 1 2 3 4; do inside systemctl restart lab-plain; done
inside journalctl --sync
heal_json 1 --apply
says '.plan.held_back | any(.fix == "restart_plain" and (.detail | contains("no start is left to go back")))'
is_active lab-plain
echo good >"$lab_tree$ws/app.conf"
sleep 12
heal_json 0 --apply
says '[.outcomes[] | select(.fix == "restart_plain") | .result] == ["done"]'
is_active lab-plain
# It ignores SIGTERM: the next scenario need not wait for it.
inside systemctl kill -s KILL lab-app || true
