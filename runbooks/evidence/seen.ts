import type { Finding } from "#kit/finding.ts";
import type { Connections, Deploy, HttpAnswer, Target, Times } from "#kit/ports.ts";
import type { CacheLook } from "#kit/ports/cache.ts";
import type { QueueLook } from "#kit/ports/queue.ts";
import type { Replication } from "#kit/ports/replication.ts";
import type { KillSwitch } from "#kit/ports/switches.ts";
import type { Seen } from "#rules/hints.ts";
import type { Chain } from "#rules/language-models.ts";
import type { Measures } from "#rules/measures.ts";
import type { lookAtAlarms } from "./figures.ts";
import type { lookAtErrors, lookAtEvents, lookAtTop, lookAtUnits } from "./parts.ts";
import { said, unbound, type Unbound } from "./settle.ts";

type Part<T> = Finding<T | Unbound>;

/** The parts of the first look that hints are taken from. */
export type Parts = {
  readonly outside: HttpAnswer;
  readonly units: Part<Awaited<ReturnType<typeof lookAtUnits>>>;
  readonly targets: Part<readonly Target[]>;
  readonly events: Part<Awaited<ReturnType<typeof lookAtEvents>>>;
  readonly deploys: Part<readonly Deploy[]>;
  readonly top: Part<Awaited<ReturnType<typeof lookAtTop>>>;
  readonly errors: Part<Awaited<ReturnType<typeof lookAtErrors>>>;
  readonly replication: Part<Replication>;
  readonly connections: Part<Pick<Connections, "used" | "most"> & { readonly waiting: number }>;
  readonly cache: Part<CacheLook>;
  readonly queue: Part<QueueLook>;
  readonly switches: Part<readonly KillSwitch[]>;
  readonly models: Part<Chain>;
  readonly measures: Part<Measures>;
  readonly alarms: Part<Awaited<ReturnType<typeof lookAtAlarms>>>;
};

/** What the hints are taken from: of each part what is known of it, so that silence and a missing tool lead nowhere. */
export function seenIn(parts: Parts, now: string, { freshDeploy, longWait }: Times): Seen {
  return {
    now,
    limits: { freshDeploy, longWait },
    outside: parts.outside,
    services: mapped(known(parts.units), (told) =>
      said(told).map(({ of: service, said: running }) => ({ service, ...running })),
    ),
    targets: known(parts.targets),
    events: known(parts.events)?.events,
    deploys: known(parts.deploys),
    use: mapped(known(parts.top), (told) => said(told).map(({ of: unit, said: use }) => ({ unit, ...use }))),
    errors: known(parts.errors)?.groups.map(({ says }) => says),
    replication: known(parts.replication),
    connections: known(parts.connections),
    cache: known(parts.cache),
    queue: known(parts.queue),
    switches: known(parts.switches),
    models: known(parts.models),
    measures: known(parts.measures),
    alarms: known(parts.alarms)?.map(({ name }) => name),
  };
}

function known<T>(part: Part<T>): T | undefined {
  return part.known && part.value !== unbound ? part.value : undefined;
}

function mapped<T, U>(value: T | undefined, to: (value: T) => U): U | undefined {
  return value === undefined ? undefined : to(value);
}
