import { OpsError } from "./errors.ts";
import type { Inventory, Service } from "./ports.ts";

/** The named targets of an environment; nothing else can be asked for. */
export function inventoryOf(
  environment: string,
  services: readonly Service[],
  statusPages: Inventory["statusPages"] = {},
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
  };
}
