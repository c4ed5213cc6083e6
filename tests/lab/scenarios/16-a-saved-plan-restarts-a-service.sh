# A plan that was saved is done later and once, service included; a check that fails then takes all of it back.
app_that_wants_workers

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
