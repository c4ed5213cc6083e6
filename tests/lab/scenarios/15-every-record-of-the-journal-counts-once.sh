# journald rotates and forgets between runs: what still exists counts once, however two entries ask for it.
workspace . '{name: app, journal: {identifiers: [lab-app]}}' '{name: errors, journal: {identifiers: [lab-app, lab-other], priority: err}}'
patterns <<'YAML'
patterns:
  - {name: counted, regex: 'lab counts', severity: high, category: service, description: A record that is counted}
YAML
# say IDENTIFIER PRIORITY TEXT
say() { inside logger -t "$1" -p "user.$2" -- "$3"; }
# counts NUMBER: a recording run finds so many.
counts() {
  inside journalctl --sync
  heal_json "$([ "$1" = 0 ] && echo 0 || echo 1)" --record
  says "([.incidents[] | select(.pattern == \"counted\") | .count] | add // 0) == $1"
}
say lab-app err 'lab counts 1'
say lab-app info 'lab counts 2'
say lab-other err 'lab counts 3'
counts 3
counts 0
# A rotation loses nothing, and doubles nothing.
say lab-app err 'lab counts 4'
inside journalctl --quiet --rotate
say lab-app err 'lab counts 5'
counts 2
# The place where the last run ended is gone with its file.
inside journalctl --quiet --rotate
inside journalctl --quiet --vacuum-files=1
say lab-app err 'lab counts 6'
say lab-other err 'lab counts 7'
counts 2
counts 0
# Bytes that are no UTF-8, a long field, a repeated one.
inside sh -c 'printf "SYSLOG_IDENTIFIER=lab-app\nPRIORITY=3\nMESSAGE=lab counts \377 8\n" | logger --journald'
inside sh -c '{ printf "SYSLOG_IDENTIFIER=lab-app\nPRIORITY=3\nMESSAGE="; head -c 9000 /dev/zero | tr "\0" x; echo " lab counts 9"; } | logger --journald'
inside sh -c 'printf "SYSLOG_IDENTIFIER=lab-app\nPRIORITY=3\nMESSAGE=first\nMESSAGE=lab counts 10\n" | logger --journald'
counts 3
# A burst over a rotation.
inside sh -c 'for number in $(seq 1 800); do echo "<3>lab counts burst $number"; done | systemd-cat -t lab-app --level-prefix=true'
inside journalctl --quiet --sync --rotate
say lab-app info 'lab counts the last'
counts 801
counts 0
# Who may not see the journal is told.
inside chmod -R a+rX $ws
out=$(inside setpriv --reuid=65534 --regid=65534 --clear-groups sh -c 'cd /srv/lab && heal --config heal.yaml --state-dir /tmp/none --json') || true
says '[.coverage[] | select(.source == "app" and .state == "truncated" and (.detail | test("systemd-journal")))] | length == 1'
