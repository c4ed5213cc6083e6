# A service that cannot run is tried three times, then a person is called, once; a person can let heal try again.
unit lab-app.service <<'UNIT'
[Service]
ExecStart=/bin/sh -c 'echo "lab-app: fatal: no licence"; exit 1'
UNIT
workspace . '{name: app, journal: {units: [lab-app.service]}}'
patterns <<'YAML'
patterns:
  - name: fatal
    regex: 'lab-app: fatal'
    severity: critical
    category: service
    description: The service cannot run
YAML
fixes <<'YAML'
fixes:
  - name: restart_app
    for: [fatal]
    description: Restart it
    risk: safe
    steps: [{restart_service: {service: lab-app}}]
    settle: 1s
    verify: [{service_active: lab-app}]
YAML
inside systemctl start lab-app
wait_for 5 inside systemctl is-failed lab-app
for attempt in 1 2 3; do
  # Each pause is twice as long as the one before.
  sleep $((attempt == 1 ? 0 : attempt * 2 - 1))
  heal_json 3 --apply
  says '.outcomes[0] | .result == "failed" and .verdict == "undone" and .target == "lab-app.service"'
done
[ "$(starts lab-app.service)" = 4 ] || fail "it was started $(starts lab-app.service) times, not 4"
sleep 5
heal_run 1 --apply --quiet
told 'given up after 3 attempts'
told 'needs a person'
heal_run 0 --apply --quiet
[ -z "$out" ] || fail "the cry is repeated"
heal_json 0 --apply
says '[.plan.held_back[] | .reason] == ["attempts"]'
says '[.notices[] | select(.text | contains("needs a person"))] | length == 1'
[ "$(starts lab-app.service)" = 4 ] || fail "it was started again"
is_not_active lab-app

id=$(jq -r '.plan.held_back[0].incident' <<<"$out")
heal_run 0 resume "$id"
heal_json 3 --apply
[ "$(starts lab-app.service)" = 5 ] || fail "resume does not let heal try again"
