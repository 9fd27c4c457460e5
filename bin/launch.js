// Plain JavaScript, so that an old Node can start it: it finds a Node that is new enough, or says what is missing.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import module from "node:module";
import { fileURLToPath } from "node:url";
import v8 from "node:v8";

const needed = 24;
const brought = fileURLToPath(new URL("../node_modules/node/bin/node", import.meta.url));

/**
 * Runs the program in this process when its Node is new enough, else in the Node that `npm ci` brought.
 * A command is short and often the guest of a machine in trouble: V8 is told to mind memory more than speed, except for what is
 * over at once anyway: `ops` alone, and a Tab.
 */
export async function launch(name, program, exit) {
  if (Number(process.versions.node.split(".")[0]) >= needed) {
    const isBrief = process.argv.length === 2 || process.argv[2] === "--complete";
    if (name === "ops" && !isBrief)
      for (const flag of ["--optimize-for-size", "--max-semi-space-size=1"]) v8.setFlagsFromString(flag);
    module.enableCompileCache();
    await import(program);
    return;
  }
  if (!existsSync(brought)) {
    process.stderr.write(
      `${name} needs Node ${needed} or newer; this is ${process.version}. Run "npm ci" in its folder: it brings one. Nothing was changed.\n`,
    );
    process.exitCode = exit;
    return;
  }
  // The terminal sends Ctrl-C to both; the program decides what it means.
  for (const signal of ["SIGINT", "SIGQUIT"]) process.on(signal, () => undefined);
  const child = spawn(brought, process.argv.slice(1), { stdio: "inherit" });
  for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => {
    process.exitCode = code ?? 128 + (signal === "SIGKILL" ? 9 : 15);
  });
}
