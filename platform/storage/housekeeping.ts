import type { Artifacts } from "../agent.ts";
import { messageOf } from "../service/error-facts.ts";
import type { Log } from "../telemetry/log.ts";
import { type Anchor, anchorLine, keepAnchor } from "./audit-anchors.ts";
import type { Database } from "./database.ts";
import { keepRegistered } from "./running-versions.ts";

/** Where the audit log ends is kept outside the database this often, when something was added. */
const anchorMs = 5 * 60_000;

/**
 * What a process does beside its work while it runs: it says that it is there and which schema it knows, and, given `anchors`, it keeps where the
 * audit log ends in a line of the security log and in the archive. Call it after `migrate`; nothing of it ever fails the process.
 */
export async function startHousekeeping(
  {
    database,
    log,
    name,
    version,
  }: { readonly database: Database; readonly log: Log; readonly name: string; readonly version: string },
  anchors?: { readonly records: Artifacts | undefined; readonly everyMs?: number },
): Promise<{ stop(): Promise<void> }> {
  const registered = await keepRegistered(database, { name, version }, (error) =>
    log.warning("Running version not recorded", { error_message: messageOf(error) }),
  );
  if (anchors === undefined) return registered;
  const security = log.named("security.audit");
  let last: Anchor | undefined;
  const anchor = async (): Promise<void> => {
    try {
      const kept = await keepAnchor(database, anchors.records, last, new Date());
      if (kept === undefined) return;
      last = kept;
      security.info("Audit log anchored", { heads: anchorLine(kept) });
    } catch (error) {
      security.error("Audit log not anchored", { error_message: messageOf(error) });
    }
  };
  let running = anchor();
  const timer = setInterval(() => {
    running = running.then(anchor);
  }, anchors.everyMs ?? anchorMs).unref();
  return {
    stop: async () => {
      clearInterval(timer);
      // What was added since the last time is kept before the process ends.
      await running.then(anchor);
      await registered.stop();
    },
  };
}
