# The error comes back after each attempt: they build up, and all of it is taken back at the end, the service once.
app_with_few_workers
fixes <<'YAML'
fixes:
  - name: more_workers
    for: [exhausted]
    description: Twice the workers
    risk: safe
    cooldown: 0s
    steps:
      - edit: {file: app.env, regex: 'WORKERS=(?P<value>\d+)', operation: increase, factor: 2}
      - restart_service: {service: lab-app}
    settle: 0s
    verify: [{service_active: lab-app}]
YAML
again() { echo "$(date -u '+%F %T.%3N') ERROR workers exhausted" >>"$lab_tree$ws/app.log"; }
inside systemctl start lab-app
for value in 4 8 16; do
  heal_json "$([ $value = 4 ] && echo 0 || echo 1)" --apply
  has /srv/lab/app.env "WORKERS=$value"
  wait_for 3 inside grep -qx $value /run/lab-workers
  sleep 1.1
  again
done
[ "$(starts lab-app.service)" = 4 ] || fail "it was started $(starts lab-app.service) times, not 4"
heal_run 1
told 'take back'
has /srv/lab/app.env 'WORKERS=16'
heal_json 1 --apply
says '[.outcomes[] | select(.kind == "take_back") | [.target, .result]] == [["app.env", "done"], ["lab-app.service", "done"]]'
says '[.plan.held_back[] | .reason] == ["attempts"]'
has /srv/lab/app.env 'WORKERS=2'
wait_for 3 inside grep -qx 2 /run/lab-workers
[ "$(starts lab-app.service)" = 5 ] || fail "it was started $(starts lab-app.service) times, not 5"
is_active lab-app

# At once, when the fix says so.
heal_run 0 resume "$(jq -r '.incidents[0].id' <<<"$out")"
sed -i 's/cooldown: 0s/cooldown: 0s\n    on_ineffective: undo/' "$lab_tree$ws/fixes/lab.yaml"
again
heal_json 0 --apply
has /srv/lab/app.env 'WORKERS=4'
sleep 1.1
again
heal_json 1 --apply
has /srv/lab/app.env 'WORKERS=2'
wait_for 3 inside grep -qx 2 /run/lab-workers
