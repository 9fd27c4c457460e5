import { toFault } from "../fault.ts";
import type { Finding, Reading } from "../finding.ts";
import type { Readers } from "../ports.ts";
import { pure } from "../pure.ts";
import type { Probe, Runbook } from "../runbook.ts";
import type { Clock } from "../clock.ts";
import { toMs } from "../duration.ts";
import { limitOf, stoppable } from "../limit.ts";

/** Findings by probe name. */
export type Findings = Readonly<Record<string, Finding<unknown>>>;

/** One probe's answer as it arrives, with how it reads when it is known. */
export type Answered = {
  readonly name: string;
  readonly probe: Probe<unknown, unknown>;
  readonly optional: boolean;
  readonly finding: Finding<unknown>;
  readonly reading?: Reading;
  readonly tookMs: number;
};

const defaultLimit = "5s";

type Probes = Readonly<Record<string, Probe<unknown, unknown>>>;

/** Every probe of a runbook with its name; required ones first. */
export function probesOf(
  runbook: Runbook,
): readonly { name: string; probe: Probe<unknown, unknown>; optional: boolean }[] {
  const required: Probes = runbook.diagnose;
  const optional: Probes = runbook.optional ?? {};
  return [
    ...Object.entries(required).map(([name, probe]) => ({ name, probe, optional: false })),
    ...Object.entries(optional).map(([name, probe]) => ({ name, probe, optional: true })),
  ];
}

/**
 * Asks all questions at once; the slowest bounds the whole. A probe that throws, hangs or answers nothing readable becomes
 * "unknown" with the reason, and the others go on.
 */
export async function diagnose(
  runbook: Runbook,
  params: Readonly<Record<string, unknown>>,
  readers: Readers,
  clock: Clock,
  answered: (answer: Answered) => Promise<void>,
): Promise<Findings> {
  const findings: Record<string, Finding<unknown>> = {};
  await Promise.all(
    probesOf(runbook).map(async ({ name, probe, optional }) => {
      const started = performance.now();
      const { finding, reading } = readable(name, probe, await ask(probe, params, readers, clock));
      findings[name] = finding;
      const tookMs = Math.round(performance.now() - started);
      await answered({
        name,
        probe,
        optional,
        finding,
        ...(reading === undefined ? {} : { reading }),
        tookMs,
      });
    }),
  );
  return findings;
}

/** An answer that its own probe cannot read is not known. */
function readable(
  name: string,
  probe: Probe<unknown, unknown>,
  finding: Finding<unknown>,
): { readonly finding: Finding<unknown>; readonly reading?: Reading } {
  if (!finding.known) return { finding };
  try {
    return { finding, reading: pure(`The read of ${name}`, () => probe.read(finding.value)) };
  } catch (error) {
    return { finding: { known: false, reason: toFault(error).summary, at: finding.at } };
  }
}

async function ask(
  probe: Probe<unknown, unknown>,
  params: Readonly<Record<string, unknown>>,
  readers: Readers,
  clock: Clock,
): Promise<Finding<unknown>> {
  const limit = limitOf(clock, toMs(probe.within ?? defaultLimit));
  const at = () => clock.now().toISOString();
  try {
    const looking = probe.look({ ...readers, params, signal: limit.signal, now: clock.now });
    return { known: true, value: await stoppable(looking, limit.signal), at: at() };
  } catch (error) {
    return { known: false, reason: error instanceof Error ? error.message : String(error), at: at() };
  } finally {
    limit.clear();
  }
}
