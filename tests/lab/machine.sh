# The throw-away machine: made once, booted afresh on a copy, and gone at the end whatever happens. Sourced by `run`.
# shellcheck shell=bash

lab_cache=${HEAL_LAB_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/heal-lab}
lab_tmp=$(mktemp -d)
lab_log=$lab_tmp/machine.log
lab_tree=$lab_tmp/tree
lab_pid=
lab_packages=systemd,systemd-sysv,dbus,cron,logrotate,nginx-light

# Debian's packages as the host's own package manager gets them; debootstrap's default where it says nothing.
lab_mirror() {
  apt-get indextargets --format '$(REPO_URI) $(CODENAME)' 'Created-By: Packages' 2>/dev/null |
    awk '$2 == "bookworm" { print $1; exit }' || true
}

# A finished base carries a stamp; one that was cut short is made anew.
machine_base() {
  local base=$lab_cache/bookworm stamp=$lab_cache/bookworm/.heal-lab mirror
  if [ "$(cat "$stamp" 2>/dev/null)" = "$lab_packages" ]; then return 0; fi
  echo "lab: making the base system (once, about a minute)"
  rm -rf "$base"
  mkdir -p "$lab_cache"
  mirror=$(lab_mirror)
  debootstrap --variant=minbase --include="$lab_packages" bookworm "$base" ${mirror:+"$mirror"} >"$lab_log" 2>&1 || return 1
  rm -rf "$base"/var/cache/apt/archives/*.deb "$base"/var/lib/apt/lists/*
  # Journals of the first boot are not to be those of every one.
  rm -f "$base/etc/machine-id"
  mkdir -p "$base/var/log/journal"
  echo "$lab_packages" >"$stamp"
}

machine_up() {
  cp -a --reflink=auto "$lab_cache/bookworm" "$lab_tree" || return 1
  # Without an identity of its own it would take this for its first boot, and enable whatever is installed.
  tr -d - </proc/sys/kernel/random/uuid >"$lab_tree/etc/machine-id"
  echo '127.0.0.1 localhost' >"$lab_tree/etc/hosts"
  # Nothing starts that no scenario asks for.
  rm -f "$lab_tree"/etc/systemd/system/multi-user.target.wants/nginx.service
  systemd-nspawn -D "$lab_tree" -b --register=no --keep-unit --private-users=no >"$lab_log" 2>&1 </dev/null &
  lab_nspawn=$!
  local _ state
  for _ in $(seq 150); do
    sleep 0.2
    kill -0 "$lab_nspawn" 2>/dev/null || return 1
    if [ -z "$lab_pid" ]; then
      # Its process 1 is the first child of nspawn.
      lab_pid=$(pgrep -P "$lab_nspawn" | head -n 1 || true)
      continue
    fi
    state=$(inside systemctl is-system-running 2>/dev/null || true)
    case $state in running | degraded) return 0 ;; esac
  done
  echo "it is still ${state:-not up} after 30 s" >>"$lab_log"
  return 1
}

# Runs a command inside, as root of the machine.
inside() {
  nsenter -t "$lab_pid" -m -u -i -n -p -C -r -w -- \
    env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 "$@" </dev/null
}

inside_terminal() {
  nsenter -t "$lab_pid" -m -u -i -n -p -C -r -w -- \
    env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM="${TERM:-dumb}" "$@"
}

# put PATH [MODE]: standard input becomes a file in the machine.
put() {
  mkdir -p "$lab_tree$(dirname "$1")"
  cat >"$lab_tree$1"
  chmod "${2:-644}" "$lab_tree$1"
  chown 0:0 "$lab_tree$1"
}

# Each scenario finds the machine as it was after boot: no units, workspaces or crontabs of another.
machine_clean() {
  local unit
  for unit in "$lab_tree"/etc/systemd/system/lab-*; do
    [ -e "$unit" ] || continue
    inside systemctl stop "$(basename "$unit")" 2>/dev/null || true
    rm -rf "$unit"
  done
  inside systemctl stop nginx.service 2>/dev/null || true
  rm -rf "$lab_tree/srv/lab" "$lab_tree/usr/sbin/sendmail" "$lab_tree/etc/nginx/.heal" "$lab_tree/etc/cron.d/lab" "$lab_tree/etc/heal" "$lab_tree/var/log/nginx"/*
  cp -a "$lab_cache/bookworm/etc/nginx/nginx.conf" "$lab_tree/etc/nginx/nginx.conf"
  cp -a "$lab_cache/bookworm/etc/shadow" "$lab_tree/etc/shadow"
  inside systemctl daemon-reload
  inside systemctl reset-failed
  inside journalctl --quiet --sync --rotate
  rm -f "$lab_tree"/var/log/journal/*/*@*.journal
}

machine_down() {
  if [ -n "$lab_pid" ]; then kill -RTMIN+4 "$lab_pid" 2>/dev/null || true; fi
  if [ -n "${lab_nspawn:-}" ]; then
    local _
    for _ in $(seq 50); do
      kill -0 "$lab_nspawn" 2>/dev/null || break
      sleep 0.1
    done
    kill -KILL "$lab_pid" "$lab_nspawn" 2>/dev/null || true
    wait "$lab_nspawn" 2>/dev/null || true
  fi
  rm -rf "$lab_tmp" "$(dirname "$lab_tree")/.#tree.lck"
}
