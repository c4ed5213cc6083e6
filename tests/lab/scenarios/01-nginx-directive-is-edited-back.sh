# A directive that is too small is set back, validated, taken up by a reload, and confirmed by a later run.
workspace /etc/nginx '{path: /var/log/nginx/error.log, name: nginx}'
patterns <<'YAML'
patterns:
  - name: body_too_large
    regex: 'client intended to send too large (chunked )?body'
    severity: medium
    category: configuration
    description: nginx refuses uploads
YAML
fixes <<'YAML'
fixes:
  - name: body_size_back
    for: [body_too_large]
    description: Allow uploads of a megabyte again
    risk: safe
    steps:
      - edit:
          file: nginx.conf
          regex: 'client_max_body_size (?P<value>\S+);'
          operation: replace
          value: 1m
          validate: [nginx, -t, -q, -c, '{candidate}']
      - reload_service: {service: nginx}
    settle: 1s
    verify:
      - service_active: nginx
      - command: [nginx, -t, -q]
      - port_open: {port: 80}
      - http_ok: {url: 'http://localhost/', within: 10s}
YAML
sed -i 's/^http {/http {\n\tclient_max_body_size 10;/' "$lab_tree/etc/nginx/nginx.conf"
inside systemctl start nginx
# upload: the status that nginx answers to a body of a kilobyte.
upload() {
  inside bash -c 'exec 3<>/dev/tcp/localhost/80
    printf "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\nConnection: close\r\n\r\n%01000d" 0 >&3
    head -n 1 <&3' | grep -o ' [0-9][0-9][0-9] '
}
[ "$(upload)" = " 413 " ] || fail "nginx takes the body already"
has /var/log/nginx/error.log 'too large body'

before=$(inside systemctl show -p MainPID nginx)
heal_run 1
told 'systemctl reload --no-ask-password -- nginx.service'
told '+ client_max_body_size 1m;'
has /etc/nginx/nginx.conf 'client_max_body_size 10;'

heal_json 0 --apply
says '.status == "healing" and ([.outcomes[] | .result] == ["done", "done"])'
has /etc/nginx/nginx.conf 'client_max_body_size 1m;'
has /etc/nginx/nginx.conf 'worker_connections 768;'
[ "$(inside systemctl show -p MainPID nginx)" = "$before" ] || fail "nginx was restarted, not reloaded"
[ "$(upload)" = " 405 " ] || fail "nginx does not run on the new value"

# Evidence that silence means health: it still answers.
sleep 3
heal_json 0 --apply
says '[.outcomes[] | .verdict] == ["confirmed"]'
heal_run 0 --apply
[ -z "$out" ] || fail "it is not silent"
