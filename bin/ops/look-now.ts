import { runCheck, type Health } from "#kit/check.ts";
import { systemClock } from "#kit/clock.ts";
import type { AlertLooked } from "#kit/render/situation.ts";
import type { Door } from "./door.ts";
import { alertsLooked, rememberLooks } from "./looks.ts";

const patienceMs = 1_000;

/** Looks at each alert's own check now, each for at most a second: the same definition of healthy that raises the alert. */
export async function lookAtAlerts(door: Door, environment: string): Promise<readonly AlertLooked[]> {
  const wired = await door.wired();
  const [alerts, runbooks, readers] = await Promise.all([wired.alerts(), wired.runbooks(), wired.readers()]);
  const checks = new Map(alerts.map(({ watches }) => [watches.id, watches]));
  const at = new Date().toISOString();
  const healths = new Map(
    await Promise.all(
      [...checks].map(
        async ([id, check]) => [id, await inTime(runCheck(check, readers, systemClock))] as const,
      ),
    ),
  );
  const seen = alertsLooked(alerts, runbooks, (id) => healths.get(id), at);
  rememberLooks(environment, seen);
  return seen;
}

/** What the check says, or that it did not say anything within its second. */
async function inTime(promise: Promise<Health>): Promise<Health> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Health>((resolve) => {
    const silent: Health = { state: "unknown", says: `no answer in ${patienceMs / 1_000} s` };
    timer = setTimeout(() => resolve(silent), patienceMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
