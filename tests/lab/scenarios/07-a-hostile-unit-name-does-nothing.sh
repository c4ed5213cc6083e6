# A unit name in a log line is a whole, checked argument or nothing.
unit lab-app.service <<'UNIT'
[Service]
ExecStart=/bin/sleep infinity
UNIT
workspace . '{path: app.log}'
sed -i 's/^policy: {/policy: {allow_services: ["*"], /' "$lab_tree$ws/heal.yaml"
cat >"$lab_tree$ws/app.log" <<'LOG'
ERROR: unit '-x.service' is down
ERROR: unit '--now' is down
ERROR: unit 'a;b.service' is down
ERROR: unit 'a b.service' is down
ERROR: unit '../x.service' is down
ERROR: unit '/etc/x.service' is down
ERROR: unit '$(reboot).service' is down
ERROR: unit '*.service' is down
ERROR: unit 'lab-app' is down
LOG
patterns <<'YAML'
patterns:
  - name: unit_down
    regex: "unit '(?P<unit>[^']*)' is down"
    severity: high
    category: service
    description: A unit is down
    captures: {unit: unit_name}
YAML
fixes <<'YAML'
fixes:
  - name: restart_it
    for: [unit_down]
    description: Restart it
    risk: safe
    steps: [{restart_service: {service: '{unit}'}}]
YAML
jobs=$(inside journalctl -q -o cat _PID=1 | grep -c '^Start' || true)
heal_json 1 --apply
says '.plan.steps == [] and .outcomes == []'
says '[.plan.held_back[] | .reason] | unique == ["bad_capture"]'
[ "$(inside journalctl -q -o cat _PID=1 | grep -c '^Start' || true)" = "$jobs" ] || fail "something was started"
is_not_active lab-app
# Protected whoever names them, by an alias too.
inside ln -sf /lib/systemd/system/dbus.service /etc/systemd/system/lab-alias.service
inside systemctl daemon-reload
for name in dbus.service systemd-journald.service lab-alias.service; do echo "ERROR: unit '$name' is down"; done >"$lab_tree$ws/app.log"
heal_json 1 --apply
says '[.plan.held_back[] | .reason] | unique | . - ["protected", "bad_capture"] == []'
says '[.plan.held_back[] | select(.reason == "protected")] | length >= 2'
[ "$(inside journalctl -q -o cat _PID=1 | grep -c '^Start' || true)" = "$jobs" ] || fail "something was started"
# And a good name does it.
echo "ERROR: unit 'lab-app.service' is down" >>"$lab_tree$ws/app.log"
heal_json 0 --apply
is_active lab-app
