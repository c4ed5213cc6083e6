# A person at a terminal applies a fix with a restart: once with a check that fails, once with one that holds.
app_that_wants_workers
sed -i '/^policy:/d' "$lab_tree$ws/heal.yaml"

# review EXIT ANSWER...: answers each step as it is asked; what the terminal showed is in $out.
review() {
  local wanted=$1 code=0 step=0 answer asked=$lab_tmp/review.out keys=$lab_tmp/review.keys
  shift
  rm -f "$asked" "$keys"
  mkfifo "$keys"
  inside_terminal script -qec 'cd /srv/lab && NO_COLOR=1 heal --config heal.yaml review' /dev/null <"$keys" >"$asked" 2>&1 &
  local terminal=$!
  exec 9>"$keys"
  for answer in "$@"; do
    step=$((step + 1))
    (wait_for 20 grep -qF "Apply step $step of 2 of more_workers [" "$asked") || {
      cat "$asked"
      fail "heal review does not ask about step $step"
    }
    echo "$answer" >&9
  done
  wait "$terminal" || code=$?
  exec 9>&-
  out=$(tr -d '\r' <"$asked")
  echo "--- heal review, $* -> $code"
  echo "$out"
  [ "$code" -eq "$wanted" ] || fail "heal review ended with $code, not $wanted"
}

# An unattended run leaves it to a person.
heal_json 1 --record
says '.plan.held_back[0].reason == "risk"'
review 1 n
runs_on 2
review 3 y y
told '+WORKERS=4'
has /srv/lab/app.env 'WORKERS=2'
is_active lab-app
runs_on 2
[ "$(starts lab-app.service)" = 3 ] || fail "lab-app was started $(starts lab-app.service) times, not 3"
sed -i 's/\^8\$/^4$/' "$lab_tree$ws/fixes/lab.yaml"
sleep 2
review 0 y y
has /srv/lab/app.env 'WORKERS=4'
is_active lab-app
runs_on 4
[ "$(starts lab-app.service)" = 4 ] || fail "lab-app was started $(starts lab-app.service) times, not 4"
heal_run 0 history --runs
told 'review'
heal_run 0 undo
has /srv/lab/app.env 'WORKERS=2'
runs_on 2
