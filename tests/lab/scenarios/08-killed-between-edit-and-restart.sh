# heal is killed when the file is edited and the service not yet restarted: the next run knows, and takes it back.
app_with_few_workers
fixes <<'YAML'
fixes:
  - name: more_workers
    for: [exhausted]
    description: Twice the workers
    risk: unsafe
    steps:
      - edit: {file: app.env, regex: 'WORKERS=(?P<value>\d+)', operation: increase, factor: 2}
      - run: {argv: [sleep, '3'], undo: ['true']}
      - restart_service: {service: lab-app}
    settle: 2s
    verify: [{service_active: lab-app}]
YAML
inside systemctl start lab-app
inside sh -c 'cd /srv/lab && exec setsid heal --config heal.yaml --apply' &
wait_for 10 grep -q 'WORKERS=4' "$lab_tree$ws/app.env"
kill_heal
wait || true
[ "$(starts lab-app.service)" = 1 ] || fail "it was restarted before heal was killed"
has /srv/lab/app.env 'WORKERS=4'

heal_run 0
told interrupted
has /srv/lab/app.env 'WORKERS=4'
heal_run 0 --apply
told interrupted
told 'taken back'
has /srv/lab/app.env 'WORKERS=2'
[ "$(inside cat /run/lab-workers)" = 2 ] || fail "the service does not run on the old value"
is_active lab-app
heal_run 0
[[ "$out" != *interrupted* ]] || fail "it is told for ever"

# Killed when the service already runs on the new bytes: it is restarted on the old ones.
sleep 1
inside sh -c 'cd /srv/lab && exec setsid heal --config heal.yaml --apply' &
wait_for 10 inside grep -q 4 /run/lab-workers
kill_heal
wait || true
has /srv/lab/app.env 'WORKERS=4'
[ "$(starts lab-app.service)" = 2 ] || fail "it was not restarted before heal was killed"
# All of it is taken back, and then the third attempt is left alone.
heal_json 0 --apply
says '[.outcomes[] | [.kind, .target, .result]] == [
  ["take_back", "app.env", "done"], ["take_back", "sleep", "done"], ["take_back", "lab-app.service", "done"],
  ["edit", "app.env", "done"], ["run", "sleep", "done"], ["restart_service", "lab-app.service", "done"]]'
says '.notices | any(.text | contains("interrupted"))'
[ "$(starts lab-app.service)" = 4 ] || fail "it was started $(starts lab-app.service) times, not 4"
has /srv/lab/app.env 'WORKERS=4'
[ "$(inside cat /run/lab-workers)" = 4 ] || fail "the service does not run on the new value"
[ -z "$(find "$lab_tree$ws" -name '*heal-*' -not -path '*/backups/*')" ] || fail "temporary files are left"
