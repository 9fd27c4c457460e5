import { execFileSync, spawn } from "node:child_process";
import { readFileSync } from "node:fs";

/** Ends process groups when this process is gone, however it ended. */
export type Keeper = {
  /** Promises that the group of this pid ends with us. */
  adopt(pid: number): void;
  /** The group ended by itself; its number may belong to somebody else from now on. */
  release(pid: number): void;
  /** Nothing left to look after. */
  close(): void;
};

// A shell that reads "+pid" and "-pid" from a pipe only we hold: when we are gone the pipe closes, and it ends what is left.
// CONT after TERM, so that a suspended group hears it; KILL for whoever did not listen within three seconds.
const script = `
kept=" "
while read -r sign pid; do
  case $sign in
    +) kept="$kept$pid " ;;
    -) kept="\${kept%% $pid *} \${kept#* $pid }" ;;
    .) exit 0 ;;
  esac
done
for pid in $kept; do kill -s TERM -- "-$pid" 2>/dev/null; kill -s CONT -- "-$pid" 2>/dev/null; done
tries=0
while [ $tries -lt 30 ]; do
  left=
  for pid in $kept; do kill -s 0 -- "-$pid" 2>/dev/null && left=yes; done
  [ -z "$left" ] && exit 0
  sleep 0.1
  tries=$((tries + 1))
done
for pid in $kept; do kill -s KILL -- "-$pid" 2>/dev/null; done
exit 0`;

/** Starts the one small shell that outlives us just long enough to end our children. */
export function startKeeper(): Keeper {
  const shell = spawn("/bin/sh", ["-c", script, "csrd-sandbox-keeper"], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  shell.on("error", () => undefined);
  shell.stdin.on("error", () => undefined);
  shell.unref();
  return {
    adopt: (pid) => shell.stdin.write(`+ ${pid}\n`),
    release: (pid) => shell.stdin.write(`- ${pid}\n`),
    close: () => shell.stdin.end(". 0\n"),
  };
}

/** When a process was started, as text that no later process with the same number shares; undefined when there is none. */
export function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? undefined : fields[19];
  } catch {
    if (process.platform === "linux") return undefined;
  }
  try {
    return execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" }).trim() || undefined;
  } catch {
    return undefined;
  }
}

/** Resident memory of a process in MiB; undefined when it is gone. */
export function memoryOf(pid: number): number | undefined {
  try {
    const kib = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
    if (!Number.isNaN(kib)) return Math.round(kib / 1024);
  } catch {
    if (process.platform === "linux") return undefined;
  }
  try {
    return Math.round(
      Number(execFileSync("ps", ["-o", "rss=", "-p", String(pid)], { encoding: "utf8" })) / 1024,
    );
  } catch {
    return undefined;
  }
}
