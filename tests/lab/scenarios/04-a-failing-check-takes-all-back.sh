# A check that fails takes back the bytes, the mode and what the services run on.
app_with_few_workers
for name in lab-off lab-on; do
  unit $name.service <<'UNIT'
[Service]
ExecStart=/bin/sleep infinity
UNIT
done
fixes <<'YAML'
fixes:
  - name: more_workers
    for: [exhausted]
    description: Twice the workers
    risk: unsafe
    steps:
      - edit: {file: app.env, regex: 'WORKERS=(?P<value>\d+)', operation: increase, factor: 2}
      - fix_permissions: {path: app.env, mode: "0600", owner: daemon, group: "1"}
      - restart_service: {service: lab-app}
      - start_service: {service: lab-off}
      - stop_service: {service: lab-on}
    settle: 1s
    verify:
      - service_active: lab-app
      - command: [grep, -q, '^8$', /run/lab-workers]
YAML
inside systemctl start lab-app lab-on
wait_for 5 inside test -e /run/lab-workers
heal_json 3 --apply
says '[.outcomes[] | .result] == ["undone", "undone", "undone", "undone", "undone"]'
has /srv/lab/app.env 'WORKERS=2'
mode_is /srv/lab/app.env '644 0:0'
is_active lab-app
is_active lab-on
is_not_active lab-off
[ "$(inside cat /run/lab-workers)" = 2 ] || fail "the service runs on the new value"
[ "$(starts lab-app.service)" = 3 ] || fail "lab-app was started $(starts lab-app.service) times, not 3"

# The same with a check that holds stands, and is taken back by hand.
sed -i 's/\^8\$/^4$/' "$lab_tree$ws/fixes/lab.yaml"
sleep 2
heal_json 0 --apply
has /srv/lab/app.env 'WORKERS=4'
mode_is /srv/lab/app.env '600 1:1'
[ "$(inside cat /run/lab-workers)" = 4 ] || fail "the service does not run on the new value"
is_active lab-off
is_not_active lab-on
heal_run 0 undo
has /srv/lab/app.env 'WORKERS=2'
mode_is /srv/lab/app.env '644 0:0'
[ "$(inside cat /run/lab-workers)" = 2 ] || fail "the service does not run on the old value"
is_not_active lab-off
is_active lab-on
