import { messageOf } from "../../service/error-facts.ts";
import { recordAudit } from "../../storage/audit-log.ts";
import type { Database } from "../../storage/database.ts";
import type { Log } from "../../telemetry/log.ts";
import type { Metrics } from "../../telemetry/metrics.ts";

/** One refused attempt to be let in. */
type RefusedLogin = {
  readonly reason: string;
  readonly address: string;
  readonly requestId: string;
  readonly route: string;
  readonly keyId?: string | undefined;
  readonly tenant?: string | undefined;
};

/** Where refused logins are told. */
export type RefusedLogins = { tell(refused: RefusedLogin): void; close(): Promise<void> };

/** How many lines and entries a flood may cause in one process, in each minute. */
const mostLines = 600;
const mostEntries = 30;

/**
 * Tells every refused login: each as a metric; as a line of the security log, at most 600 a minute; and in the audit log, one entry a minute
 * for each reason and address and at most 30 entries a minute, with the number of those that were left out. So a flood of made-up keys fills
 * neither, and none goes uncounted.
 */
export function refusedLogins(parts: {
  readonly database: Database;
  readonly metrics: Pick<Metrics, "authFailures">;
  readonly log: Log;
}): RefusedLogins {
  const security = parts.log.named("security");
  let minute = Math.floor(Date.now() / 60_000);
  let lines = 0;
  let entries = 0;
  let writing: Promise<void> = Promise.resolve();
  const leftOut = new Map<string, number>();
  const told = new Set<string>();

  const turn = (): void => {
    const now = Math.floor(Date.now() / 60_000);
    if (now === minute) return;
    minute = now;
    if (lines > mostLines)
      security.warning("Refused logins were not written one by one", { count: lines - mostLines });
    lines = 0;
    entries = 0;
    told.clear();
  };
  const record = (refused: RefusedLogin, before: number): void => {
    writing = writing
      .then(() =>
        recordAudit(parts.database, {
          actor: refused.keyId ?? "unknown",
          tenant: refused.tenant,
          action: "login.refused",
          subject: refused.keyId ?? "no key",
          requestId: refused.requestId,
          detail: {
            reason: refused.reason,
            address: refused.address,
            route: refused.route,
            ...(before === 0 ? {} : { left_out_before: before }),
          },
        }),
      )
      .catch((error: unknown) =>
        security.warning("Refused login is not in the audit log", {
          request_id: refused.requestId,
          error_message: messageOf(error),
        }),
      );
  };

  return {
    tell: (refused) => {
      turn();
      const { reason, address, requestId, route, keyId, tenant } = refused;
      parts.metrics.authFailures.inc({ reason });
      lines += 1;
      if (lines <= mostLines)
        security.warning("Login refused", {
          request_id: requestId,
          reason,
          client: address,
          route,
          ...(keyId === undefined ? {} : { key_id: keyId }),
          ...(tenant === undefined ? {} : { tenant }),
        });
      const who = `${reason} ${address}`;
      if (told.has(who) || entries >= mostEntries) {
        // One number for all addresses once there are many: the map stays small whatever comes.
        const place = leftOut.has(who) || leftOut.size < 1_000 ? who : "";
        leftOut.set(place, (leftOut.get(place) ?? 0) + 1);
        return;
      }
      told.add(who);
      entries += 1;
      const before = (leftOut.get(who) ?? 0) + (leftOut.get("") ?? 0);
      leftOut.delete(who);
      leftOut.delete("");
      record(refused, before);
    },
    close: () => writing,
  };
}
