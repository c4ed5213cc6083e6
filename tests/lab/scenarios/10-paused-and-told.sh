# `heal pause` and /etc/heal/disabled stop every change and no report; each change stands in the system log.
app_that_is_down
fixes <<'YAML'
fixes:
  - name: start_app
    for: [app_down]
    description: Start it
    risk: safe
    steps: [{start_service: {service: lab-app}}]
    settle: 0s
    verify: [{service_active: lab-app}]
YAML
heal_run 0 pause --until 1h --reason 'moving the database'
heal_json 1 --apply
says '[.plan.held_back[] | .reason] == ["paused"] and (.plan.held_back[0].detail | contains("moving the database"))'
is_not_active lab-app
heal_run 0 resume
put /etc/heal/disabled </dev/null
heal_json 0 --apply
says '[.plan.held_back[] | .reason] == ["paused"] and .summary.errors == 0'
is_not_active lab-app
rm "$lab_tree/etc/heal/disabled"
# What was seen while paused is acted upon now.
heal_json 0 --apply
is_active lab-app
inside journalctl --sync
wait_for 5 inside sh -c 'journalctl -q -o cat -t heal | grep -q "start_app.*lab-app.service"'
[ "$(inside journalctl -q -o json -t heal -n 1 | jq -r .SYSLOG_FACILITY)" = 3 ] || fail "it is not of the daemon facility"
