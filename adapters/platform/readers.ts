import type { Readers, Service } from "#kit/ports.ts";
import type { PlatformBinding } from "#platform/probe/binding.ts";
import { cacheReader } from "./cache.ts";
import { queueReader } from "./queue.ts";
import { switchReader } from "./switches.ts";

/** Everything that can be looked at through the platform's own operating functions. */
export function platformReaders(
  binding: PlatformBinding,
  services: readonly Service[],
): Pick<Readers, "queue" | "switches" | "cache"> {
  return {
    queue: queueReader(binding),
    switches: switchReader(binding, services),
    cache: cacheReader(binding),
  };
}
