import { runCheck } from "#kit/check.ts";
import { systemClock } from "#kit/clock.ts";
import { document } from "#kit/render/ndjson.ts";
import { renderSituation, type AlertNow, type Answered } from "#kit/render/situation.ts";
import type { Wired } from "../wire.ts";
import type { Door } from "./door.ts";
import { environmentOr } from "./readiness.ts";
import { listRuns } from "./runs.ts";

const patienceMs = 1_000;

/** `ops` alone: what runs, what is wrong, what ran. Every source has one second; a slow one is shown as not answered. */
export async function situation(door: Door): Promise<number> {
  const wired = await door.wired();
  const { file, why } = environmentOr(door.globals.env);
  const [runs, alerts] = await Promise.all([
    inTime(listRuns(door, { limit: 20 })),
    file === undefined
      ? { known: false as const, reason: "no environment is chosen" }
      : inTime(alertsNow(wired)),
  ]);
  const now = new Date();
  const report = {
    place:
      file === undefined
        ? undefined
        : { tier: file.tier, environment: { name: file.name, ...file.identity } },
    ...(why === undefined ? {} : { noPlace: why }),
    you: wired.identity,
    runs,
    alerts,
  };
  if (door.globals.json) door.print(document({ at: now.toISOString(), ...report }));
  else door.print(renderSituation(door.screen(), report, now));
  return 0;
}

/** Each alert's own check, looked at now: the same definition of healthy that raises it. */
async function alertsNow(wired: Wired): Promise<readonly AlertNow[]> {
  const [alerts, runbooks, readers] = await Promise.all([wired.alerts(), wired.runbooks(), wired.readers()]);
  return Promise.all(
    alerts.map(async ({ name, title, watches }): Promise<AlertNow> => {
      const health = await inTime(runCheck(watches, readers, systemClock));
      const runbook = runbooks.find(({ trigger }) => trigger.some((alert) => alert.name === name))?.id;
      const more = runbook === undefined ? {} : { runbook };
      if (!health.known) return { name, title, firing: "unknown", says: health.reason, ...more };
      const firing = { healthy: "no", degraded: "yes", unhealthy: "yes", unknown: "unknown" } as const;
      return { name, title, firing: firing[health.value.state], says: health.value.says, ...more };
    }),
  );
}

/** The value, or that it did not come within its second. */
async function inTime<T>(promise: Promise<T>): Promise<Answered<T>> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Answered<T>>((resolve) => {
    timer = setTimeout(
      () => resolve({ known: false, reason: `no answer in ${patienceMs / 1_000} s` }),
      patienceMs,
    );
  });
  try {
    return await Promise.race([promise.then((value): Answered<T> => ({ known: true, value })), late]);
  } catch (error) {
    return { known: false, reason: error instanceof Error ? error.message : String(error) };
  } finally {
    clearTimeout(timer);
  }
}
