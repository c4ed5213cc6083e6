# Runs as process 1 of its namespaces: the stage, then programs/NAME, whose log ends as $name.log in its folder.
name=$1
hostname web1
ip link set lo up
for net in 127.0.3.0/24; do ip addr add "$net" dev lo 2>/dev/null; done
echo 18400 >/proc/sys/kernel/ns_last_pid
cd "$LAB/$name" || exit 1
export HOME=$LAB/$name LANG=C.UTF-8 TZ=UTC
unset PYTHONDONTWRITEBYTECODE

# A /dev/log of our own, written by a real rsyslog: syslog [iso]
syslog() {
  mount -t tmpfs tmpfs /mnt && mkdir -p /mnt/dev
  for d in null zero full random urandom tty; do touch /mnt/dev/$d; mount --bind /dev/$d /mnt/dev/$d; done
  mkdir -p /mnt/dev/pts /mnt/dev/shm
  mount -t devpts -o newinstance,ptmxmode=0666 devpts /mnt/dev/pts
  mount -t tmpfs tmpfs /mnt/dev/shm
  ln -s pts/ptmx /mnt/dev/ptmx; ln -s /proc/self/fd /mnt/dev/fd; ln -s fd/0 /mnt/dev/stdin; ln -s fd/1 /mnt/dev/stdout; ln -s fd/2 /mnt/dev/stderr
  mount --rbind /mnt/dev /dev
  local format=RSYSLOG_TraditionalFileFormat
  [ "${1:-}" = iso ] && format=RSYSLOG_FileFormat
  cat >rsyslog.conf <<C
global(workDirectory="$PWD" net.enableDNS="off")
module(load="imuxsock" SysSock.Name="/dev/log" SysSock.RateLimit.Interval="0")
*.* action(type="omfile" file="$PWD/syslog" template="$format" asyncWriting="off")
C
  rsyslogd -n -f rsyslog.conf -i "$PWD/rsyslog.pid" &
  for _ in $(seq 50); do [ -S /dev/log ] && break; sleep 0.1; done
}

# wait_port PORT [SECONDS]
wait_port() {
  for _ in $(seq $((${2:-20} * 10))); do
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null && return 0
    sleep 0.1
  done
  echo "port $1 did not open" >&2
  return 1
}

# thin N FILE: at most N lines that differ in digits and hex alone, so that no flood fills the corpus
thin() {
  awk -v most="$1" '{ s = $0; gsub(/[0-9a-f]*[0-9][0-9a-f]*/, "0", s); if (++n[s] <= most) print }' "$2" >"$2.thin" && mv "$2.thin" "$2"
}

. "$PROGRAMS/$name"
sleep 0.5
