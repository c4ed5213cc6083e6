# Without root nothing is tried that needs it, and it is said.
app_that_is_down
fixes <<'YAML'
fixes:
  - name: start_app
    for: [app_down]
    description: Start it, and give the log to its owner
    risk: safe
    steps: [{start_service: {service: lab-app}}]
  - name: owner_back
    for: [app_down]
    description: Give the log to root
    risk: safe
    steps: [{fix_permissions: {path: app.log, owner: root}}]
YAML
chown -R 65534:65534 "$lab_tree$ws"
out=$(inside setpriv --reuid=65534 --regid=65534 --clear-groups sh -c 'cd /srv/lab && heal --config heal.yaml --json --apply') || true
echo "$out" | jq -c .plan
says '[.plan.held_back[] | .reason] == ["needs_root", "needs_root"]'
is_not_active lab-app
