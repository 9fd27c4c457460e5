import { rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { stringify } from "yaml";
import type { z } from "zod";
import { EnvironmentFile } from "#kit/environment.ts";
import { logGroup } from "#platform/contract.ts";
import { account, firewallGroups, region } from "./names.ts";
import { keepSecret, platformBinding } from "./secrets.ts";
import { sandboxTimes } from "./times.ts";
import { isApi } from "./machines.ts";
import type { Production } from "./production.ts";

const fileIn = (dir: string): string => path.join(dir, "environment.yaml");

/** Writes `environment.yaml` beside the practice production, so that `--env sandbox` means it. */
export function writeEnvironment(production: Production): void {
  const api = production.machines.filter(isApi);
  const file = {
    name: "sandbox",
    tier: "sandbox",
    identity: { account, region, platformDatabaseId: production.data.roles.systemId },
    bindings: {
      ...production.vendors.bindings,
      database: databaseBinding(production),
      platform: platformBinding(production.dir),
    },
    services: [
      {
        name: "api",
        url: production.balancer.url,
        group: production.groups[0],
        rule: production.rule,
        instances: api.map(({ id }) => id),
        firewallGroups: [firewallGroups.api],
        logGroup,
        port: production.around.ports["api-1"],
        floor: 1,
      },
    ],
    times: sandboxTimes,
    locks: "host",
    approvers: ["omar", "ana"],
    onCall: [["omar"], ["ana"]],
  } satisfies z.input<typeof EnvironmentFile>;
  writeFileSync(fileIn(production.dir), stringify(EnvironmentFile.parse(file)), { mode: 0o600 });
}

/** The database as those who look after the practice production reach it. */
function databaseBinding({ dir, data: { roles } }: Production) {
  return {
    read: keepSecret(dir, "database-read", roles.read),
    act: keepSecret(dir, "database-act", roles.act),
    users: ["csrd_app"],
    tls: "off",
  };
}

/** The environment goes with its production. */
export function removeEnvironment(dir: string): void {
  rmSync(fileIn(dir), { force: true });
}
