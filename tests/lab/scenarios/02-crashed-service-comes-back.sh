# A service that crashed is started again; its journal confirms it. What systemd itself says of the unit counts.
put /usr/local/bin/lab-app 755 <<'SH'
#!/bin/sh
while :; do echo tick; sleep 0.5; done
SH
unit lab-app.service <<'UNIT'
[Service]
ExecStart=/usr/local/bin/lab-app
UNIT
workspace . '{name: app, journal: {units: [lab-app.service]}}'
patterns <<'YAML'
patterns:
  - name: unit_crashed
    regex: '^.*?(?P<unit>[\w@.-]+\.service): Main process exited, code=(killed|dumped)'
    severity: high
    category: service
    description: A service crashed
    captures: {unit: unit_name}
YAML
fixes <<'YAML'
fixes:
  - name: start_again
    for: [unit_crashed]
    description: Start the service again
    risk: safe
    trusted: {unit: lab-app.service}
    steps: [{start_service: {service: '{unit}'}}]
    settle: 1s
    verify: [{service_active: '{unit}'}, {no_new_errors: {within: 1s}}]
YAML
sed -i 's/^policy: {/policy: {allow_services: [lab-app], /' "$lab_tree$ws/heal.yaml"
inside systemctl start lab-app
heal_run 0 --apply
[ -z "$out" ] || fail "it is not silent"
inside systemctl kill --kill-whom=main -s SEGV lab-app
wait_for 5 inside systemctl is-failed lab-app
heal_run 1
told 'systemctl start --no-ask-password -- lab-app.service'
told 'failed (Result: signal)'
is_not_active lab-app
heal_json 0 --apply
says '.outcomes[0] | .target == "lab-app.service" and .result == "done" and .verdict == "on_probation"'
is_active lab-app
sleep 3
heal_json 0 --apply
says '[.outcomes[] | .verdict] == ["confirmed"]'
is_active lab-app
# Done by hand the start would be undone so: stopped, as it was before.
run=$(inside sh -c 'ls /srv/lab/.heal/backups' | head -n 1)
heal_run 0 undo "$run"
is_not_active lab-app
