import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { OpsError } from "#kit/errors.ts";
import { shortDigest } from "#kit/plan.ts";
import { type CommandSetting, ops, opsExpecting } from "./commands.ts";
import type { Stage } from "./stage.ts";

const Runs = z.object({
  runs: z.array(z.object({ run: z.string(), phase: z.string(), plan: z.string().optional() })),
});

/** Lena runs the runbook in one process; Omar approves its plan from another; returns the run's id when it is solved. */
export async function solveIncident(setting: CommandSetting, stage: Stage): Promise<string> {
  stage.command("ops run platform-down --env sandbox --as lena");
  const over = new AbortController();
  const running = opsExpecting(
    [0],
    ["run", "platform-down", "--env", "sandbox", "--as", "lena"],
    setting,
    (text) => process.stdout.write(text),
  ).finally(() => over.abort());
  const approving = approveWaiting(setting, over.signal, stage);
  // Both are awaited, so that neither can fail unseen.
  const [ran, approved] = await Promise.allSettled([running, approving]);
  if (ran.status === "rejected") throw ran.reason;
  if (approved.status === "rejected") throw approved.reason;
  return approved.value;
}

async function approveWaiting(setting: CommandSetting, over: AbortSignal, stage: Stage): Promise<string> {
  while (!over.aborted) {
    const { run, plan } = (await waitingRun(setting)) ?? {};
    if (run !== undefined && plan !== undefined) {
      const args = ["approve", run, "--plan", shortDigest(plan), "--yes", "--env", "sandbox", "--as", "omar"];
      stage.command(`ops ${args.join(" ")}`);
      await opsExpecting([0], args, setting, (text) => process.stdout.write(text));
      return run;
    }
    await sleep(100, undefined, { signal: setting.signal });
  }
  throw new OpsError("sandbox-failed", {
    summary: "The run ended without ever asking for an approval.",
    hint: "Its own lines above say why.",
  });
}

async function waitingRun(setting: CommandSetting) {
  const { code, stdout } = await ops(["runs", "--json", "--env", "sandbox"], setting);
  if (code !== 0) return undefined;
  return Runs.parse(JSON.parse(stdout)).runs.find(({ phase }) => phase === "waiting");
}
