import { hostname } from "node:os";
import { Command } from "commander";
import { readSecret } from "#adapters/secret.ts";
import { parseControlBinding, type ControlBinding } from "#control/binding.ts";
import { keep } from "#control/keeper.ts";
import { receiver } from "#control/receiver.ts";
import { systemClock } from "#kit/clock.ts";
import type { Engine } from "#kit/engine.ts";
import { OpsError } from "#kit/errors.ts";
import type { Identity } from "#kit/identity.ts";
import { remarkLine } from "#kit/render/line-mode.ts";
import { clean } from "#kit/render/width.ts";
import type { MakeCommand } from "./commands.ts";
import type { Door } from "./door.ts";

const everyMs = 2_000;
const tellForMs = 5_000;

/** `ops serve`: the always-on process. Goes on with runs that people answered, tells Slack and PagerDuty, takes webhooks. */
export const serveCommand: MakeCommand = async (door, end) =>
  new Command("serve")
    .description(
      "Stays: goes on with runs that were approved or answered, tells Slack and PagerDuty what they are owed, takes webhooks.",
    )
    .action(async () => end(await serve(door)));

async function serve(door: Door): Promise<number> {
  const wired = await door.wired();
  const { environment, journal } = wired;
  const binding = parseControlBinding(environment.bindings["control"]);
  const key = (await readSecret(binding.secret)).reveal();
  const by: Identity = { name: "ops serve", host: hostname(), via: "serve" };
  const stop = new AbortController();
  const engines = new Set<Engine>();
  const say = (line: string) => door.print(remarkLine(door.screen(), new Date(), "Serve", clean(line, 400)));

  const app = await receiver({
    key,
    signal: async (run, signal) => (await wired.engine()).signal(run, signal),
    ready: async () => void (await journal.runs({ limit: 1 })),
  });
  await listening(app.listen({ host: binding.host, port: binding.port }), binding);
  say(`${environment.name} on ${app.listeningOrigin}; Ctrl-C ends it, runs under way stop after their step`);
  const leave = (signal: NodeJS.Signals) => {
    say(`${signal}: finishing what is under way`);
    stop.abort();
    for (const engine of engines) engine.interrupt(signal);
  };
  process.on("SIGINT", leave).on("SIGTERM", leave);
  door.goOnUnseen();
  try {
    await keep({
      journal,
      environment: environment.name,
      clock: systemClock,
      async resume(run) {
        const engine = await wired.engine();
        engines.add(engine);
        try {
          return await engine.resume(run, { by, wait: false });
        } finally {
          engines.delete(engine);
        }
      },
      tell: () => wired.tellOwed(tellForMs),
      say,
      everyMs,
      signal: stop.signal,
    });
  } finally {
    process.off("SIGINT", leave).off("SIGTERM", leave);
    await app.close();
  }
  return 0;
}

async function listening(started: Promise<unknown>, { host, port }: ControlBinding): Promise<void> {
  try {
    await started;
  } catch (error) {
    throw new OpsError("usage", {
      summary: `Nothing can listen on ${host}:${port}: ${error instanceof Error ? error.message : String(error)}.`,
      hint: "Choose another port in bindings.control, or stop the one that runs already.",
    });
  }
}
