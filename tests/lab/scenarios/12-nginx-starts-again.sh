# nginx refuses to start because of a misspelt directive: mended, validated, started, checked over HTTP.
workspace /etc/nginx '{name: nginx, journal: {units: [nginx.service]}}'
patterns <<'YAML'
patterns:
  - name: unknown_directive
    regex: '\[emerg\] .*unknown directive "gzipp"'
    severity: critical
    category: configuration
    description: nginx does not start
YAML
fixes <<'YAML'
fixes:
  - name: gzip_spelt
    for: [unknown_directive]
    description: Spell gzip as nginx does
    risk: safe
    trusted: {unit: nginx.service, uid: 0, comm: nginx}
    steps:
      - edit:
          file: nginx.conf
          regex: '(?m)^\s*(?P<value>gzipp) on;'
          operation: replace
          value: gzip
          validate: [nginx, -t, -q, -c, '{candidate}']
      - start_service: {service: nginx}
    verify: [{http_ok: {url: 'http://localhost/'}}]
    settle: 0s
YAML
sed -i 's/gzip on;/gzipp on;/' "$lab_tree/etc/nginx/nginx.conf"
# On a busy machine journald may look at a short process after its end, and then vouches for nothing: so again.
for _ in 1 2 3; do
  if inside systemctl start nginx; then fail "nginx starts with a misspelt directive"; fi
  inside journalctl -q -u nginx.service _COMM=nginx -g 'unknown directive' && break
done
# What systemd itself says of the failed start is nothing that a pattern knows.
heal_json 1 --apply
says '.outcomes[0] | .result == "done"'
has /etc/nginx/nginx.conf 'gzip on;'
has_not /etc/nginx/nginx.conf 'gzipp on;'
is_active nginx
# One that validation refuses never gets into the file.
inside systemctl stop nginx
sed -i 's/gzip on;/gzipp on;/; s/^http {/http {\n\tbroken;/' "$lab_tree/etc/nginx/nginx.conf"
if inside systemctl start nginx; then fail "nginx starts with a broken file"; fi
sleep 3
before=$(sha256sum <"$lab_tree/etc/nginx/nginx.conf")
heal_json 1 --apply || true
[ "$(sha256sum <"$lab_tree/etc/nginx/nginx.conf")" = "$before" ] || fail "a refused candidate got into the file"
is_not_active nginx
