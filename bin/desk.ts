import type { EnvironmentFile } from "#kit/environment.ts";
import { OpsError } from "#kit/errors.ts";
import { inventoryOf } from "#kit/inventory.ts";
import type { Readers } from "#kit/ports.ts";
import { unboundReaders } from "#kit/unbound.ts";

/** Readers for a person's word alone (a signal, a no, a review): the file's own facts, and no tool behind them that would need its binding. */
export function deskReaders(file: EnvironmentFile): Readers {
  const away = () =>
    new OpsError("binding-missing", {
      summary: "A person's word is written down without looking at anything.",
      hint: "This is a defect: nothing of this command should look.",
    });
  return Object.freeze({
    ...unboundReaders(away),
    inventory: inventoryOf(file.name, file.services, file.statusPages),
    times: file.times,
  });
}
