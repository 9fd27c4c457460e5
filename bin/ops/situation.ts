import { document } from "#kit/render/ndjson.ts";
import {
  renderLook,
  renderSituation,
  type AlertLooked,
  type Answered,
  type Record,
} from "#kit/render/situation.ts";
import { identify } from "../identity.ts";
import type { Door } from "./door.ts";
import { foundNotReady } from "./found-not-ready.ts";
import { knownPlace, type KnownPlace } from "./known-place.ts";
import { localRecord } from "./local-record.ts";
import { recallLooks } from "./looks.ts";

/** A look younger than this is not repeated by itself. */
const freshMs = 5_000;

/**
 * `ops` alone. First, at once, what this machine knows without asking anybody. Then, where a person watches (a terminal) or `--look`
 * asks for it, the checks are looked at, each for at most a second, and what they say is added beneath: a report that was right an
 * hour ago is no answer to "what is wrong now", and a report that waits for a dead network is none either.
 */
export async function situation(
  door: Door,
  { look }: { readonly look: boolean | undefined },
): Promise<number> {
  const known = await knownPlace(door.globals.env);
  const place = "place" in known ? known.place : undefined;
  const you = identify(door.globals.as, place?.tier);
  const now = new Date();
  const looked = place === undefined ? [] : recallLooks(place.name);
  const notReady = place === undefined ? undefined : foundNotReady(place);
  const report = {
    place,
    ...("why" in known ? { noPlace: known.why } : {}),
    you,
    approvers: place?.approvers ?? [],
    record: await answered(localRecord(place, now)),
    looked,
    ...(notReady === undefined ? {} : { notReady }),
  };
  const fresh = looked.length > 0 && looked.every(({ at }) => now.getTime() - Date.parse(at) < freshMs);
  const looks = place !== undefined && (look ?? (door.mode === "live" && !fresh));

  if (door.globals.json) {
    const { looked: older, record, ...rest } = report;
    const alerts = looks ? await lookNow(door, place) : older;
    door.print(document({ at: now.toISOString(), ...rest, record: asJson(record), alerts }));
    return 0;
  }
  door.print(renderSituation(door.screen(), report, now, { lookFollows: looks }));
  if (looks) {
    const ticking = tick(door);
    const seen = await lookNow(door, place).finally(() => ticking.end());
    door.print(renderLook(door.screen(), seen, new Date()));
  }
  return 0;
}

async function lookNow(door: Door, place: KnownPlace): Promise<readonly AlertLooked[]> {
  const { lookAtAlerts } = await import("./look-now.ts");
  return lookAtAlerts(door, place.name);
}

/** One line at the bottom while checks are looked at; gone when they have answered. */
function tick(door: Door) {
  if (door.mode !== "live") return { end: () => undefined };
  process.stdout.write("Looking now, at most 1 s …");
  return {
    end: () => {
      process.stdout.write("\r\u001b[2K");
    },
  };
}

/** The journal's summary rows and where open runs stand; not their whole histories. */
function asJson(record: Answered<Record>) {
  if (!record.known) return record;
  const open = record.value.open.map(({ row, state }) => ({
    ...row,
    phase: state.phase,
    steps: state.steps.map(({ key, title, state: step }) => ({ key, title, state: step })),
  }));
  return { known: true, value: { ...record.value, open } };
}

/** The value, or why there is none: one source that fails does not take the report with it. */
async function answered<T>(promise: Promise<T>): Promise<Answered<T>> {
  try {
    return { known: true, value: await promise };
  } catch (error) {
    return { known: false, reason: error instanceof Error ? error.message : String(error) };
  }
}
