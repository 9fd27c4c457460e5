import { OpsError } from "./errors.ts";
import type { SavedLogQuery } from "./log-query.ts";
import type { Inventory, Service } from "./ports.ts";

/** The named targets of an environment; nothing else can be asked for. */
export function inventoryOf(
  environment: string,
  services: readonly Service[],
  statusPages: Inventory["statusPages"] = {},
  logQueries: () => readonly SavedLogQuery[] = () => [],
): Inventory {
  return {
    services,
    statusPages,
    service(name) {
      const service = services.find((known) => known.name === name);
      if (service !== undefined) return service;
      throw new OpsError("binding-missing", {
        summary: `The environment ${environment} has no service "${name.slice(0, 80)}".`,
        hint: `It has: ${services.map((known) => known.name).join(", ") || "none"}.`,
      });
    },
    logQuery(id) {
      const found = logQueries().find((known) => known.id === id);
      if (found !== undefined) return found;
      throw new OpsError("definition-invalid", {
        summary: `There is no saved log query "${id.slice(0, 80)}".`,
        hint: "ops logs queries lists them; they stand in data/log-queries.yaml.",
      });
    },
  };
}
