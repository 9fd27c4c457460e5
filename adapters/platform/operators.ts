import type { Operators } from "#kit/ports.ts";
import type { PlatformBinding } from "#platform/probe/binding.ts";
import { queueAdmin } from "./queue.ts";
import { switchAdmin } from "./switches.ts";

/** Everything that can be done through the platform's own operating functions, in somebody's name. */
export function platformOperators(
  binding: PlatformBinding,
  who: { readonly by: string; readonly run: string },
): Pick<Operators, "queueAdmin" | "switchAdmin"> {
  return { queueAdmin: queueAdmin(binding, who), switchAdmin: switchAdmin(binding, who) };
}
