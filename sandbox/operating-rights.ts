import { Client } from "pg";
import { platformGrants } from "#adapters/platform/permissions.ts";
import type { DatabaseRoles } from "./database-roles.ts";
import type { RedisServer } from "./backends/redis.ts";
import { keepSecret } from "./secrets.ts";

/** Lets those who look after the practice production operate its queue and switches: what `ops permissions --part platform-database` prints, run by the tables' owner. */
export async function grantOperating({ platform }: Pick<DatabaseRoles, "platform">): Promise<void> {
  const client = new Client({ connectionString: platform });
  await client.connect();
  try {
    await client.query(await platformGrants({}));
  } finally {
    await client.end();
  }
}

/** Where queue and switches are looked at and acted on, as `bindings.platform` has it. */
export function operatingBinding(
  dir: string,
  { read, act }: Pick<DatabaseRoles, "read" | "act">,
  { operators }: Pick<RedisServer, "operators">,
) {
  return {
    database: {
      read: keepSecret(dir, "platform-database-read", read),
      act: keepSecret(dir, "platform-database-act", act),
    },
    redis: {
      read: keepSecret(dir, "platform-redis-read", operators.read),
      act: keepSecret(dir, "platform-redis-act", operators.act),
    },
  };
}
