# From cron, each minute: no output and so no mail while all is well; one when there is something to tell.
workspace . '{path: "logs/*.log"}'
mkdir -p "$lab_tree$ws/logs"
date -u '+%F %T INFO all is well' >"$lab_tree$ws/logs/app.log"
put /etc/cron.d/lab 644 <<'CRON'
PATH=/usr/local/bin:/usr/bin:/bin
* * * * * root cd /srv/lab && heal --config heal.yaml --apply; echo $? >>/srv/lab/exits
CRON
mails() { inside journalctl -q -o cat -t CRON | grep -c 'discarding output' || true; }
before=$(mails)
wait_for 90 test -e "$lab_tree$ws/exits"
wait_for 90 sh -c "[ \$(wc -l <'$lab_tree$ws/exits') -ge 2 ]"
[ "$(sort -u "$lab_tree$ws/exits")" = 0 ] || fail "heal ended with $(tr '\n' ' ' <"$lab_tree$ws/exits")"
[ "$(mails)" = "$before" ] || fail "cron had something to mail"
date -u '+%F %T ERROR disk on fire' >>"$lab_tree$ws/logs/app.log"
wait_for 90 grep -q 1 "$lab_tree$ws/exits"
wait_for 5 sh -c "[ \"\$(nsenter -t $lab_pid -m -p -C -r -w journalctl -q -o cat -t CRON | grep -c 'discarding output')\" -gt $before ]"
