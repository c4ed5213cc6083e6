# A plan that was saved is done later and once, service included; a check that fails then takes all of it back.
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
runs_on() { [ "$(inside cat /run/lab-workers)" = "$1" ] || fail "the service runs on $(inside cat /run/lab-workers), not $1"; }

heal_run 0 plan -o failing.json
runs_on 2
has /srv/lab/app.env 'WORKERS=2'
[ "$(starts lab-app.service)" = 1 ] || fail "saving a plan has touched the service"
heal_run 3 apply failing.json
has /srv/lab/app.env 'WORKERS=2'
is_active lab-app
runs_on 2
[ "$(starts lab-app.service)" = 3 ] || fail "lab-app was started $(starts lab-app.service) times, not 3"

# The tables have another check now: what was decided for the old ones is not done.
sleep 2
heal_run 0 plan -o old.json
sed -i 's/\^8\$/^4$/' "$lab_tree$ws/fixes/lab.yaml"
heal_run 2 apply old.json
runs_on 2
heal_run 0 plan -o plan.json
heal_run 0 apply plan.json
has /srv/lab/app.env 'WORKERS=4'
is_active lab-app
runs_on 4
[ "$(starts lab-app.service)" = 4 ] || fail "lab-app was started $(starts lab-app.service) times, not 4"
heal_run 2 apply plan.json
runs_on 4
[ "$(starts lab-app.service)" = 4 ] || fail "a plan was done twice"
heal_run 0 undo
has /srv/lab/app.env 'WORKERS=2'
runs_on 2
