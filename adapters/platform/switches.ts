import { OpsError } from "#kit/errors.ts";
import type { Service } from "#kit/ports.ts";
import type { KillSwitch, SwitchAdmin, SwitchReader } from "#kit/ports/switches.ts";
import { readSwitchPlaces, switchOff, switchOn } from "#platform/operate/switches.ts";
import type { PlatformBinding } from "#platform/probe/binding.ts";
import type { SwitchRecord } from "#platform/service/switch-sources.ts";
import { type SwitchScope, switchScopes } from "#platform/service/switches.ts";
import { plainText } from "../foreign-text.ts";
import { placesOf } from "./places.ts";
import { seenBy } from "./seen.ts";

/** The kill switches as database and Redis keep them, and as the platform's processes obey them. */
export function switchReader(binding: PlatformBinding, services: readonly Service[]): SwitchReader {
  const places = placesOf(binding, "read");
  return {
    async all() {
      const { database, redis } = await readSwitchPlaces(places);
      if (database === undefined && redis === undefined) throw neither();
      return merged(database ?? [], redis ?? []).map(switchOf);
    },
    seen: () => seenBy(binding, services),
  };
}

/** Hands on the switches; `by` stands in the platform's audit log, and the run behind each reason. */
export function switchAdmin(
  binding: PlatformBinding,
  { by, run }: { readonly by: string; readonly run: string },
): SwitchAdmin {
  const places = placesOf(binding, "act");
  const because = (reason: string) => `${plainText(reason, 260)} (ops run ${run})`;
  return {
    async off(scope, reason) {
      try {
        await switchOff(places, { scope: scopeOf(scope), reason: because(reason), by });
      } catch (error) {
        if (error instanceof Error && "code" in error && error.code === "queue-unreachable")
          throw neither(error);
        throw error;
      }
    },
    async on(scope, reason, validation) {
      await switchOn(places, {
        scope: scopeOf(scope),
        reason: because(reason),
        by,
        validation: plainText(validation, 200),
      });
    },
  };
}

/** The database is the truth; what Redis has beyond it was thrown while the database was away, and counts. */
function merged(truth: readonly SwitchRecord[], mirror: readonly SwitchRecord[]): readonly SwitchRecord[] {
  const kept = new Map(truth.map((record) => [record.scope, record]));
  for (const record of mirror) {
    const known = kept.get(record.scope);
    const counts = known === undefined || record.version === 0 || record.version > known.version;
    // Any place that says off wins.
    if (counts && (known === undefined || record.off || !known.off)) kept.set(record.scope, record);
  }
  return [...kept.values()].toSorted((a, b) => switchScopes.indexOf(a.scope) - switchScopes.indexOf(b.scope));
}

function switchOf({ scope, off, reason, by, at }: SwitchRecord): KillSwitch {
  return { scope, off, reason: plainText(reason, 300), by: plainText(by, 100), since: at };
}

function scopeOf(text: string): SwitchScope {
  const scope = switchScopes.find((one) => one === text);
  if (scope !== undefined) return scope;
  throw new OpsError("tool-refused", {
    summary: `The platform has no switch "${plainText(text, 40)}".`,
    hint: `It has: ${switchScopes.join(", ")}.`,
  });
}

function neither(cause?: unknown): OpsError {
  return new OpsError("tool-unreachable", {
    summary:
      "Neither the platform's database nor its Redis answers, so no switch can be read or thrown from here.",
    hint: 'What cannot read its switches stops by itself within 30 s. To stop it now, write a line such as "all INC-123" into the file of CSRD_SWITCHES_FILE on each machine.',
    cause,
  });
}
