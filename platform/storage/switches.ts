import type { SwitchRecord } from "../service/switch-sources.ts";
import type { SwitchScope } from "../service/switches.ts";
import { recordAudit } from "./audit-log.ts";
import { type Database, inTransaction } from "./database.ts";

type Row = {
  scope: SwitchScope;
  off: boolean;
  reason: string;
  changed_by: string;
  changed_at: Date;
  version: string;
};

const columns = "scope, off, reason, changed_by, changed_at, version";

/** Every switch that was ever thrown, as it stands. */
export async function readSwitches(database: Database): Promise<readonly SwitchRecord[]> {
  const { rows } = await database.query<Row>(`select ${columns} from switches order by scope`);
  return rows.map(recordOf);
}

/** A switch to throw, or to turn on again; `validation` is the record on whose ground it is turned on. */
export type SwitchChange = {
  readonly scope: SwitchScope;
  readonly off: boolean;
  readonly reason: string;
  readonly by: string;
  readonly validation?: string | undefined;
};

/** Throws a switch or turns it on, with its audit entry; a switch that is so already stays as it is. */
export async function changeSwitch(
  database: Database,
  change: SwitchChange,
): Promise<{ readonly changed: boolean; readonly record: SwitchRecord }> {
  return inTransaction(database, async (client) => {
    const { rows } = await client.query<Row>(
      `insert into switches (scope, off, reason, validation, changed_by) values ($1, $2, $3, $4, $5)
       on conflict (scope) do update set off = $2, reason = $3, validation = $4, changed_by = $5, changed_at = now(), version = switches.version + 1
         where switches.off <> $2
       returning ${columns}`,
      [change.scope, change.off, change.reason, change.validation, change.by],
    );
    const [row] = rows;
    if (row === undefined) {
      const before = await client.query<Row>(`select ${columns} from switches where scope = $1`, [
        change.scope,
      ]);
      const [same] = before.rows;
      if (same === undefined) throw new TypeError("the switch is neither new nor known");
      return { changed: false, record: recordOf(same) };
    }
    await recordAudit(client, {
      actor: change.by,
      tenant: undefined,
      action: change.off ? "switch.off" : "switch.on",
      subject: change.scope,
      detail: {
        reason: change.reason,
        ...(change.validation === undefined ? {} : { validation: change.validation }),
      },
    });
    return { changed: true, record: recordOf(row) };
  });
}

function recordOf({ scope, off, reason, changed_by, changed_at, version }: Row): SwitchRecord {
  return { scope, off, reason, by: changed_by, at: changed_at.toISOString(), version: Number(version) };
}
