import { randomBytes } from "node:crypto";
import path from "node:path";
import { isCodedError, OpsError } from "#kit/errors.ts";
import { cloudKinds } from "./cloud-kinds.ts";
import { openControl } from "./control.ts";
import { removeEnvironment, writeEnvironment } from "./environment-file.ts";
import { filesKinds } from "./files-kinds.ts";
import { faults, isFault, mend, type SandboxFault } from "./faults.ts";
import { startOf } from "./keeper.ts";
import { type Production, startProduction } from "./production.ts";
import { statusRows } from "./status.ts";
import { removeSecrets } from "./secrets.ts";
import type { SupervisorMessage } from "./supervisor-messages.ts";
import { claim, endLeftovers, readUpFile, removeUpFile, type UpFile, writeUpFile } from "./up-file.ts";

// The process that owns a practice production: it starts everything, answers on the control door, and ends everything with itself.
// Arguments: the folder; `attached` to end together with whoever started it; `s3` to keep the reports' files in a bucket; `kubernetes` to run in pods.

const [dir = "", lifetime = "own", files = "folder", cloud = "aws", database = "alone"] =
  process.argv.slice(2);
const self = { name: "supervisor", pid: process.pid, started: startOf(process.pid) ?? "unknown" };

const over = new AbortController();
let ending: Promise<void> | undefined;
let starting: Promise<Production> | undefined;
let isUp = false;
let recording: NodeJS.Timeout | undefined;

const tell = (message: SupervisorMessage): void => {
  if (process.connected) process.send?.(message);
};

function end(code: number): Promise<void> {
  ending ??= (async () => {
    clearInterval(recording);
    over.abort();
    await starting?.then(
      (production) => production.stop(),
      () => undefined,
    );
    removeEnvironment(dir);
    removeSecrets(dir);
    removeUpFile(dir);
    process.exit(code);
  })();
  return ending;
}

for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => void end(0));
// Whoever started us went away before we were up, or for good: nobody waits for this production any more.
process.on("disconnect", () => {
  if (!isUp || lifetime === "attached") void end(0);
});

try {
  await up();
} catch (error) {
  // Called off: what had started is being ended, and the process with it.
  await ending;
  const known = isCodedError(error);
  tell({
    kind: "failed",
    code: known ? error.code : "sandbox-failed",
    summary: known ? error.summary : `The practice production did not start: ${String(error)}`,
    hint: known ? error.hint : `Read ${path.join(dir, "supervisor.log")}.`,
    details: known ? error.details : error instanceof Error ? error.stack : undefined,
  });
  if (!(known && error.code === "sandbox-up")) removeUpFile(dir);
  process.exit(1);
}

async function up(): Promise<void> {
  const before = readUpFile(dir);
  claim(dir);
  const ended = await endLeftovers(before?.processes ?? []);
  if (ended.length > 0) tell({ kind: "cleaned", names: ended });

  starting = startProduction(
    dir,
    (part, detail, tookMs) => tell({ kind: "progress", part, detail, tookMs }),
    over.signal,
    filesKinds.find((kind) => kind === files),
    cloudKinds.find((kind) => kind === cloud),
    database === "replica",
  );
  const running = await starting;

  const broken = new Set<string>();
  const token = randomBytes(24).toString("hex");
  const control = await openControl(
    {
      "GET status": async () => ({ rows: await statusRows(running), broken: [...broken] }),
      "GET inbox": async () => running.vendors.inbox(),
      "POST break": async (name) => {
        if (!isFault(name))
          throw new OpsError("usage", {
            summary: `There is no fault "${name}".`,
            hint: "ops sandbox break --list names them.",
          });
        const { on, inject }: SandboxFault = faults[name];
        const here = running.cluster === undefined ? "aws" : "kubernetes";
        if (on !== undefined && on !== here)
          throw new OpsError("usage", {
            summary: `The fault ${name} is for a practice production on ${on}; this one is on ${here}.`,
            hint: `Start another: ops sandbox down, then ops sandbox up --cloud ${on}.`,
          });
        await inject(running);
        broken.add(name);
        return { name, title: faults[name].title };
      },
      "POST mend": async () => {
        const mended = [...broken];
        await mend(running);
        broken.clear();
        return { mended };
      },
      "POST down": async () => {
        setTimeout(() => void end(0), 20);
        return { processes: processesOf(running) };
      },
    },
    token,
  );
  const record = (): void =>
    writeUpFile(dir, {
      supervisor: self,
      control: { url: control.url, token },
      processes: processesOf(running),
    });
  record();
  writeEnvironment(running);
  isUp = true;
  tell({ kind: "up" });
  if (lifetime !== "attached") process.disconnect?.();
  recording = setInterval(record, 1_000);
}

function processesOf(running: Production): UpFile["processes"] {
  return [
    ...running.machines.map((machine) => ({
      name: machine.name,
      pid: machine.pid(),
      started: machine.started(),
    })),
    ...[
      ...running.data.machines.processes(),
      { name: "redis", pid: running.data.redis().pid },
      { name: "prometheus", pid: running.prometheus?.pid },
    ].map((one) => ({ ...one, started: one.pid === undefined ? undefined : startOf(one.pid) })),
  ].flatMap(({ name, pid, started }) =>
    pid === undefined || started === undefined ? [] : [{ name, pid, started }],
  );
}
