# What anybody may write to the journal is shown, and moves nothing; what the service or systemd writes does.
unit lab-app.service <<'UNIT'
[Service]
ExecStart=/bin/sh -c 'while [ ! -e /run/lab-crash ]; do sleep 0.2; done; rm /run/lab-crash; echo "lab-app: fatal: out of handles"; exec sleep infinity'
UNIT
workspace . '{name: app, journal: {units: [lab-app.service]}}' '{name: named, journal: {identifiers: [lab-app]}}'
patterns <<'YAML'
patterns:
  - name: fatal
    regex: 'lab-app: fatal|lab-app\.service: Main process exited'
    severity: high
    category: service
    description: The service cannot go on
YAML
fixes <<'YAML'
fixes:
  - name: restart_app
    for: [fatal]
    description: Restart it
    risk: safe
    trusted: {unit: lab-app.service}
    steps: [{restart_service: {service: lab-app}}]
    settle: 1s
    verify: [{service_active: lab-app}]
YAML
inside systemctl start lab-app
inside setpriv --reuid=65534 --regid=65534 --clear-groups logger -t lab-app 'lab-app: fatal: forged'
put $ws/forged <<'FIELDS'
MESSAGE=lab-app.service: Main process exited, code=killed
UNIT=lab-app.service
OBJECT_SYSTEMD_UNIT=lab-app.service
SYSLOG_IDENTIFIER=lab-app
FIELDS
inside setpriv --reuid=65534 --regid=65534 --clear-groups logger --journald=$ws/forged
inside journalctl --sync
heal_json 1 --apply
says '.summary.errors >= 1 and .plan.steps == []'
says '[.plan.held_back[] | .reason] | unique == ["untrusted"]'
[ "$(starts lab-app.service)" = 1 ] || fail "a forged line restarted it"
# The forged one does not keep a true one from counting.
inside touch /run/lab-crash
wait_for 5 inside sh -c 'journalctl -q -o cat _SYSTEMD_UNIT=lab-app.service | grep -q handles'
heal_json 0 --apply
says '[.outcomes[] | .result] == ["done"]'
[ "$(starts lab-app.service)" = 2 ] || fail "a true line did not restart it"
