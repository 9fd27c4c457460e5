import { readdirSync, readFileSync } from "node:fs";

/** Every process of this machine that has the folder in its arguments or its environment, by pid and command line (Linux). */
export function processesOf(folder: string): readonly string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && name !== String(process.pid))
    .flatMap((pid) => {
      const command = read(`/proc/${pid}/cmdline`);
      const isOurs = command.includes(folder) || read(`/proc/${pid}/environ`).includes(folder);
      return isOurs && command !== "" ? [`${pid} ${command.replaceAll("\0", " ").trim()}`] : [];
    });
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
