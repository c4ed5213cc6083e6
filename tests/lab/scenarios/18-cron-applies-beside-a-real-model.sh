# cron runs `heal --apply` beside a real model: the fix is applied and confirmed, what the model said stands in cron's
# mail as its opinion, and what it cost in the store. The machine shares the host's network.
[ -n "${HEAL_OLLAMA_URL:-}" ] || skipped "no Ollama is named; \`tests/real-ollama tests/lab/run 18\` starts one"
app_with_few_workers
fixes <<'YAML'
fixes:
  - name: more_workers
    for: [exhausted]
    description: Twice the workers
    risk: safe
    steps:
      - edit: {file: app.env, regex: 'WORKERS=(?P<value>\d+)', operation: increase, factor: 2}
      - restart_service: {service: lab-app}
    settle: 0s
    verify: [{service_active: lab-app}, {command: [grep, -qx, '4', /run/lab-workers]}]
YAML
sed -i "s|^ai: .*|ai: {ollama_url: '$HEAL_OLLAMA_URL', ollama_model: '$HEAL_OLLAMA_MODEL', timeout: 240s, budget: 280s}|" \
  "$lab_tree$ws/heal.yaml"
# cron hands it what a job prints.
put /usr/sbin/sendmail 755 <<'SH'
#!/bin/sh
exec cat >>/srv/lab/mail
SH
inside systemctl start lab-app
put /etc/cron.d/lab 644 <<'CRON'
PATH=/usr/local/bin:/usr/bin:/bin
* * * * * root cd /srv/lab && heal --config heal.yaml --wait 1s --apply; echo $? >>/srv/lab/exits
CRON
wait_for 70 test -e "$lab_tree$ws/.heal/heal.lock"
# One run is enough.
rm "$lab_tree/etc/cron.d/lab"
wait_for 300 test -s "$lab_tree$ws/exits"
wait_for 10 grep -q 'opinion of' "$lab_tree$ws/mail"
echo "--- cron's mail"
cat "$lab_tree$ws/mail"
[ "$(cat "$lab_tree$ws/exits")" = 0 ] || fail "heal ended with $(tr '\n' ' ' <"$lab_tree$ws/exits")"
has $ws/app.env 'WORKERS=4'
inside grep -qx 4 /run/lab-workers || fail "the service does not run on the new value"
is_active lab-app

# The mail: cron's head, then the report as for a person, without a terminal's escapes.
has $ws/mail 'Subject: Cron <root@'
has $ws/mail "The opinion of $HEAL_OLLAMA_MODEL (a model: it may be wrong)"
has $ws/mail 'more_workers'
has $ws/mail 'cost: 1 question, '
if grep -q $'\x1b' "$lab_tree$ws/mail"; then fail "the mail has escapes of a terminal"; fi
inside journalctl --sync
wait_for 5 inside sh -c 'journalctl -q -o cat -t CRON | grep -q "heal --config heal.yaml --wait 1s --apply"'

# The store: one run of cron's, one question, its cost, and the answer that the mail tells.
out=$(inside sh -c 'cd /srv/lab && heal --config heal.yaml stats --since all --json')
echo "$out" | jq -c .model
says '.model.requests == 1 and .model.prompt_tokens > 100 and .model.answer_tokens > 10 and .model.seconds > 0'
out=$(inside sh -c 'cd /srv/lab && heal --config heal.yaml history --json')
echo "$out" | jq -c '.runs[0]'
says '[.runs[] | [.mode, .exit_code, .fixes_applied]] == [["apply", 0, 1]]'
[ "$(inside sh -c 'ls /srv/lab/.heal/answers | wc -l')" = 1 ] || fail 'there is no answer'
cause=$(cat "$lab_tree$ws"/.heal/answers/* | jq -r '.content | fromjson | .root_cause')
# The mail breaks long lines, and marks what may be made up.
has $ws/mail "$(cut -d ' ' -f 1-3 <<<"${cause//\[?\]/}")"
# A later run judges by the log, and has nothing to ask.
sleep 1.1
echo "$(date -u '+%F %T') INFO workers 4" >>"$lab_tree$ws/app.log"
heal_json 0 --apply
says '[.outcomes[] | .verdict] | unique == ["confirmed"]'
says '.analysis.state == "ok" and .analysis.requests == 0'
incident=$(jq -r '.incidents[0].id' <<<"$out")
heal_run 0 show "$incident"
told 'more_workers'
told 'confirmed'
