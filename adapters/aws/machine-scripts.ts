/**
 * Looks at one Linux machine and changes nothing: memory, file systems, and two samples of what every process has used, a second
 * apart. Reads /proc by itself, so that procps and busybox make no difference. Names of processes only: arguments may hold secrets.
 */
export const lookScript = String.raw`export LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin
echo @units $(getconf CLK_TCK 2>/dev/null || echo 100) $(getconf PAGESIZE 2>/dev/null || echo 4096) $(nproc)
echo @memory
grep -E '^(MemTotal|MemFree|MemAvailable|Buffers|Cached):' /proc/meminfo
echo @volumes
for disk in /sys/block/nvme*; do
  [ -r "$disk/device/serial" ] && echo "$(basename "$disk") $(cat "$disk/device/serial")"
done
echo @disks
timeout 5 df -P -k 2>/dev/null | head -n 80
sample() {
  echo @sample $(cat /proc/uptime)
  head -n 1 /proc/stat
  cat /proc/[0-9]*/stat 2>/dev/null
}
seen=$( { sample; sleep 1; sample; } | awk '
  $1 == "@sample" { n++; up[n] = $2; next }
  $1 == "cpu" && n > 0 { for (i = 2; i <= 9; i++) all[n] += $i; rest[n] = $5 + $6; next }
  {
    open = index($0, "("); shut = length($0)
    while (shut > 0 && substr($0, shut, 1) != ")") shut--
    if (open == 0 || shut < open) next
    pid = substr($0, 1, open - 2)
    if (split(substr($0, shut + 2), field, " ") < 22) next
    ticks = field[12] + field[13]
    if (n == 1) { before[pid, field[20]] = ticks; next }
    print "p", pid, ticks - before[pid, field[20]], field[22], field[20], substr($0, open + 1, shut - open - 1)
  }
  END { print "c", all[2] - all[1] - rest[2] + rest[1], all[2] - all[1], up[2] - up[1], up[2] }
')
echo @processors
echo "$seen" | grep '^c '
echo @processes
echo "$seen" | grep '^p ' | sort -k4,4nr | head -n 24
echo "$seen" | grep '^p ' | sort -k3,3nr | head -n 8
`;

/** Asks systemd to start the unit again in good order; it answers once the request stands, or that it knows no such unit. */
export function restartScript(unit: string): string {
  return `systemctl --no-block restart -- ${unit}`;
}
