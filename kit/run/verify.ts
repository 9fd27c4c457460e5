import { runCheck, type Health } from "../check.ts";
import type { Clock } from "../clock.ts";
import { toMs } from "../duration.ts";
import type { Readers } from "../ports.ts";
import type { Runbook, Verification } from "../runbook.ts";
import { limitMs } from "./planning.ts";
import type { Recorder } from "./recorder.ts";

/** What proving needs. */
export type Proving = {
  readonly runbook: Runbook;
  readonly recorder: Recorder;
  readonly readers: Readers;
  readonly clock: Clock;
  readonly signal: AbortSignal;
};

/**
 * Proves the cure with the checks that raised the alarm: each must become healthy within its own time, and all stay so together.
 * One unhealthy or unknown look starts the steady time again; one that is not healthy once its time is over ends the proof.
 */
export async function verify({ runbook, recorder, readers, clock, signal }: Proving): Promise<boolean> {
  const verifications = runbook.verify;
  const withinMs = Math.max(...verifications.map((one) => limitMs(one.within, readers.times)));
  const steadyMs = Math.max(...verifications.map((one) => limitMs(one.steadyFor, readers.times)));
  await recorder.record({
    type: "verify.started",
    checks: verifications.map(({ check }) => ({ id: check.id, title: check.title })),
    withinMs,
    steadyMs,
  });

  const begun = clock.now().getTime();
  let steadySince: number | undefined;
  let last: readonly { verification: Verification; health: Health }[] = [];
  for (;;) {
    last = await lookAtAll(verifications, readers, clock);
    for (const { verification, health } of last) await sampled(recorder, verification, health);
    const now = clock.now().getTime();
    steadySince = last.every(({ health }) => health.state === "healthy") ? (steadySince ?? now) : undefined;
    if (steadySince !== undefined && now - steadySince >= steadyMs) {
      await recorder.record({
        type: "verify.held",
        checks: verifications.map(({ check }) => check.id),
        steadyMs: now - steadySince,
        says: last.map(({ health }) => health.says).join("; "),
      });
      return true;
    }
    const isLate = ({ within }: Verification) => now - begun >= limitMs(within, readers.times);
    if (last.some(({ verification, health }) => health.state !== "healthy" && isLate(verification))) break;
    await clock.sleep(toMs(readers.times.poll), signal);
  }
  const worst = last.find(({ health }) => health.state !== "healthy");
  if (worst !== undefined)
    await recorder.record({
      type: "verify.failed",
      check: worst.verification.check.id,
      health: worst.health,
    });
  return false;
}

async function lookAtAll(verifications: readonly Verification[], readers: Readers, clock: Clock) {
  return Promise.all(
    verifications.map(async (verification) => ({
      verification,
      health: await runCheck(verification.check, readers, clock),
    })),
  );
}

/** Journals a sample only when the verdict changed: a long watch stays readable and small. */
async function sampled(recorder: Recorder, { check }: Verification, health: Health) {
  const before = recorder.state.verify?.checks.find((known) => known.id === check.id)?.health;
  if (before?.state === health.state) return;
  await recorder.record({ type: "verify.sampled", check: check.id, health });
}
