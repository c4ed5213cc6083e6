# cron cannot run a script: it gets its execute bit, and only it. A path that leads to /etc/shadow changes nothing.
put /srv/lab/job.sh 644 <<'SH'
#!/bin/sh
echo ran >>/srv/lab/ran
SH
ln -s /etc/shadow "$lab_tree$ws/evil"
ln "$lab_tree/etc/hostname" "$lab_tree$ws/twice" 2>/dev/null || { echo x >"$lab_tree$ws/twice" && ln "$lab_tree$ws/twice" "$lab_tree$ws/other"; }
twice=$(stat -c %a "$lab_tree$ws/twice")
workspace . '{path: "logs/*.log"}'
sed -i 's/^policy: {/policy: {allow_paths: ["*.sh", evil, twice, heal.yaml, \/etc\/shadow], /' "$lab_tree$ws/heal.yaml"
mkdir -p "$lab_tree$ws/logs"
patterns <<'YAML'
patterns:
  - name: not_executable
    regex: ': (?P<path>/\S+): Permission denied'
    severity: high
    category: filesystem
    description: cron cannot run a script
    captures: {path: absolute_path}
YAML
fixes <<'YAML'
fixes:
  - name: make_executable
    for: [not_executable]
    description: Give the script its execute bit
    risk: safe
    steps: [{fix_permissions: {path: '{path}', mode: 'u+x'}}]
YAML
put /etc/cron.d/lab 644 <<'CRON'
* * * * * root /srv/lab/job.sh 2>>/srv/lab/logs/cron.log
CRON
shadow=$(stat -c '%a %u:%g %Z' "$lab_tree/etc/shadow")
wait_for 90 grep -q 'Permission denied' "$lab_tree$ws/logs/cron.log"
for path in "$ws/evil" /etc/shadow "$ws/twice" "$ws/../../etc/shadow" "$ws/heal.yaml" "$ws/a b"; do
  echo "/bin/sh: 1: $path: Permission denied" >>"$lab_tree$ws/logs/cron.log"
done
heal_json 1 --apply
says '[.outcomes[] | {target, result}] == [{target: "job.sh", result: "done"}]'
says '[.plan.held_back[] | .reason] | unique | . - ["not_allowed", "bad_capture", "refused_edit"] == []'
says '[.plan.held_back[] | .detail] | any(contains("/etc/shadow"))'
mode_is /srv/lab/job.sh '744 0:0'
mode_is /srv/lab/heal.yaml '644 0:0'
[ "$(stat -c %a "$lab_tree$ws/twice")" = "$twice" ] || fail "a file with two names was changed"
[ "$(stat -c '%a %u:%g %Z' "$lab_tree/etc/shadow")" = "$shadow" ] || fail "/etc/shadow was touched"
wait_for 90 test -e "$lab_tree$ws/ran"
heal_run 0 undo
mode_is /srv/lab/job.sh '644 0:0'
