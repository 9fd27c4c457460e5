import { randomBytes } from "node:crypto";
import { appendFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { httpReader } from "#adapters/http.ts";
import { redactor } from "#adapters/redactor.ts";
import { learnSecrets } from "#adapters/secret.ts";
import type { Alert } from "#kit/alert.ts";
import type { AnyCheck } from "#kit/check.ts";
import { systemClock } from "#kit/clock.ts";
import { type ActsFor, createEngine, type Engine, type EngineParts } from "#kit/engine.ts";
import type { EnvironmentFile } from "#kit/environment.ts";
import { toFault } from "#kit/fault.ts";
import type { Calendar } from "#kit/freeze.ts";
import type { Identity } from "#kit/identity.ts";
import { inventoryOf } from "#kit/inventory.ts";
import { limitOf, stoppable } from "#kit/limit.ts";
import { unboundOperators, unboundReaders } from "#kit/unbound.ts";
import { opsStream, type Journal, type LockStore } from "#kit/journal.ts";
import type { Destination } from "#kit/outbox.ts";
import type { AnnouncementReader, Announcer } from "#kit/ports/announcer.ts";
import type { LogReader, Operators, Readers } from "#kit/ports.ts";
import { redactingJournal, redactingLocks } from "#kit/redact/journal.ts";
import { redactingLedger } from "#kit/redact/ledger.ts";
import type { BrokenDefinition } from "#kit/registry.ts";
import { drain, type Drained, type DrainOptions } from "#kit/run/deliver.ts";
import type { EntryListener } from "#kit/run/recorder.ts";
import type { Runbook } from "#kit/runbook.ts";
import { portsOf } from "#kit/uses.ts";
import type { Ledger } from "#kit/scheduling/ledger.ts";
import { routes } from "#platform/contract.ts";
import type { FreezeRules } from "#rules/freezes.ts";
import { stateDir } from "#sandbox/state-dir.ts";
import { chooseEnvironment } from "./environment-names.ts";
import { definitionsOf, engineDefinitions, placedSchedules, type PlacedSchedule } from "./definitions.ts";
import { deskReaders } from "./desk.ts";
import { loadEnvironment } from "./environment.ts";
import { lockPlaceOf, locksInPlace } from "./expected-place.ts";
import { cloudOperators, cloudReaders, unitAddresses } from "./clouds.ts";
import { calendarOf, loadFreezes } from "./freezes.ts";
import { identify } from "./identity.ts";
import { savedLogQueries } from "./log-queries.ts";
import { loadPolicy } from "./policy.ts";
import { openLedger, openRecord } from "./record.ts";
import { failoverOperators, replicationReaders } from "./wire-failover.ts";

/** Everything a command may need, made when it is first asked for: `ops list` never opens a journal or an SDK. */
export type Wired = {
  readonly stateDir: string;
  readonly journal: Journal;
  readonly environment: EnvironmentFile;
  readonly identity: Identity;
  /** What each expected fire of a schedule came to. */
  readonly ledger: Ledger;
  /** Freezes and maintenance windows, read anew for each question. */
  readonly calendar: Calendar;
  /** The same as a whole; throws `definition-invalid` when it cannot be read. */
  readonly freezes: () => FreezeRules;
  /** Names this process where it holds something. */
  readonly owner: string;
  runbooks(): Promise<readonly Runbook[]>;
  checks(): Promise<readonly AnyCheck[]>;
  alerts(): Promise<readonly Alert[]>;
  schedules(): Promise<readonly PlacedSchedule[]>;
  /** Definitions that cannot be used, each with its sentence; the others work. */
  broken(): Promise<readonly BrokenDefinition[]>;
  readers(): Promise<Readers>;
  /** Where this environment's lines of log are; needs no other tool's binding. */
  logs(): Promise<LogReader>;
  /** Once it resolves, every secret that the environment refers to is known to the redactor. */
  learned(): Promise<void>;
  /** Where this environment's locks live. */
  locks(): Promise<LockStore>;
  /** An engine whose every entry goes to the listener and, in the background, to Slack and PagerDuty. */
  engine(onEntry?: EntryListener): Promise<Engine>;
  /** An engine for a person's word alone (signal, no, review): it looks at nothing, so no tool's binding is needed. */
  desk(): Promise<Engine>;
  /** Records that something was refused, and by which error; never throws, because refusing comes first. */
  refused(tried: string, error: unknown): Promise<void>;
  /** Tells Slack and PagerDuty what they are owed, for at most so long. The rest stays owed. */
  tellOwed(forMs: number, options?: DrainOptions): Promise<Drained>;
  /** Names of those who are told about runs here. */
  destinations(): Promise<readonly string[]>;
  close(): void;
};

/** The one place where adapters meet ports. */
export function wire(options: {
  readonly env?: string | undefined;
  readonly as?: string | undefined;
  /** A team's own folder of definitions, beside the shipped ones. */
  readonly dir?: string | undefined;
}): Wired {
  const folder = stateDir();
  const owner = `${hostname()}:${process.pid}:${randomBytes(3).toString("hex")}`;
  const learned = once(() => learnEnvironment(environment));
  const journal = once(() => redactingJournal(openRecord(), redactor, learned));
  const ledger = once(() => redactingLedger(openLedger(), redactor, learned));
  const environment = once(() => loadEnvironment(chooseEnvironment(options.env)));
  const calendar = calendarOf(options.dir);
  const definitions = once(() => definitionsOf(options.dir));
  const readers = once(async () => {
    await learned();
    return makeReaders(environment());
  });
  const destinations = once(() => makeDestinations(environment()));
  const identity = once(() =>
    identify(options.as, options.as === undefined ? undefined : environment().tier),
  );
  let telling: Promise<unknown> | undefined;
  let news = false;
  let opened = false;
  let kept = false;

  const openJournal = () => {
    const open = journal();
    opened = true;
    return open;
  };

  const inPlace = once(() => lockPlaceOf(environment()));
  const locks = once(async () => {
    await learned();
    const store = redactingLocks(await openLocks(environment(), openJournal), redactor);
    return environment().locks === "host" ? store : locksInPlace(store, inPlace());
  });

  // One drain at a time; what happens meanwhile is told by one more drain after it. A vendor that is down never slows a step.
  function tell() {
    news = true;
    telling ??= (async () => {
      try {
        while (news) {
          news = false;
          await drain(openJournal(), environment().name, await destinations(), systemClock, owner);
        }
      } catch {
        // The journal keeps what is owed; the next event, or the end of the command, tries again.
      } finally {
        telling = undefined;
      }
    })();
  }

  async function partsOf(
    onEntry?: EntryListener,
  ): Promise<Omit<EngineParts, "locks" | "readers" | "operators">> {
    const { name, tier, identity: facts, approvers, answersFor, zone, onCall } = environment();
    return {
      journal: openJournal(),
      clock: systemClock,
      environment: { name, tier, identity: facts, approvers, answersFor, zone, onCall },
      policy: loadPolicy(),
      calendar,
      owner,
      ...engineDefinitions(await definitions()),
      onEntry(entry, state) {
        onEntry?.(entry, state);
        tell();
      },
    };
  }

  return {
    stateDir: folder,
    get journal() {
      return openJournal();
    },
    get environment() {
      return environment();
    },
    get identity() {
      return identity();
    },
    get ledger() {
      const open = ledger();
      kept = true;
      return open;
    },
    calendar,
    freezes: () => loadFreezes(options.dir),
    owner,
    runbooks: async () => (await definitions()).runbooks,
    checks: async () => (await definitions()).checks,
    alerts: async () => (await definitions()).alerts,
    schedules: async () => placedSchedules(await definitions()),
    broken: async () => (await definitions()).broken,
    readers,
    logs: async () => {
      await learned();
      return (await otherLogs(environment())).logs ?? (await readers()).logs;
    },
    learned,
    locks,
    async engine(onEntry) {
      return createEngine({
        ...(await partsOf(onEntry)),
        locks: await locks(),
        readers: await readers(),
        operators: (acts) => makeOperators(environment(), inPlace(), acts),
      });
    },
    async desk() {
      await learned();
      return createEngine({
        ...(await partsOf()),
        // A word takes no lock; those of the journal stand here because some must.
        locks: openJournal(),
        readers: deskReaders(environment()),
        operators: () => Promise.reject(new Error("a person's word changes nothing outside the record")),
      });
    },
    async refused(tried, error) {
      const refusal = {
        type: "refused",
        tried,
        by: identify(undefined, undefined),
        fault: toFault(error),
      } as const;
      try {
        await openJournal().note(opsStream, refusal);
      } catch {
        noteBeside(folder, redactor.value({ at: new Date().toISOString(), ...refusal }));
      }
    },
    destinations: async () => (await destinations()).map(({ name }) => name),
    async tellOwed(forMs, options) {
      const targets = await destinations();
      if (targets.length === 0) return { delivered: 0, waiting: 0 };
      const limit = limitOf(systemClock, forMs);
      const all = async () => {
        await telling;
        return drain(openJournal(), environment().name, targets, systemClock, owner, options);
      };
      try {
        return await stoppable(all(), limit.signal);
      } catch (error) {
        if (!limit.signal.aborted) throw error;
        return { delivered: 0, waiting: 1, lastError: `no answer in ${forMs / 1000} s` };
      } finally {
        limit.clear();
      }
    },
    close() {
      if (opened) journal().close();
      if (kept) ledger().close();
    },
  };
}

/** Before anything is looked at or written, so that whoever echoes a secret is masked from the first line on. */
async function learnEnvironment(environment: () => EnvironmentFile): Promise<void> {
  try {
    await learnSecrets(environment().bindings);
  } catch {
    // Whoever needs the environment says what is wrong with it; without one there is nothing more to learn.
  }
}

/** Where refusals go when the journal itself is what cannot be used; when even that fails, the sentence on the screen is all there is. */
function noteBeside(folder: string, refusal: unknown): void {
  try {
    appendFileSync(join(folder, "refusals.ndjson"), `${JSON.stringify(refusal)}\n`, { mode: 0o600 });
  } catch {
    // Nothing on this machine can be written; the person was told.
  }
}

async function makeReaders(file: EnvironmentFile): Promise<Readers> {
  return Object.freeze({
    ...unboundReaders(),
    http: httpReader(),
    ...(await cloudReaders(file)),
    ...(await databaseReaders(file)),
    ...(await replicationReaders(file)),
    ...(await metricsReaders(file)),
    ...(await platformReaders(file)),
    ...(await otherLogs(file)),
    announcements: (await announcing(file)).announcements,
    inventory: inventoryOf(file.name, file.services, file.statusPages, savedLogQueries),
    times: file.times,
  });
}

/** The platform's own database, where the environment names it. */
async function databaseReaders(file: EnvironmentFile): Promise<Partial<Pick<Readers, "database">>> {
  if (file.bindings["database"] === undefined) return {};
  const { databaseReader } = await import("#adapters/database/reader.ts");
  const { parseDatabaseBinding } = await import("#adapters/database/binding.ts");
  return { database: databaseReader(parseDatabaseBinding(file.bindings["database"])) };
}

/** The platform's own queue, switches and Redis, where the environment says where they are. */
async function platformReaders(
  file: EnvironmentFile,
): Promise<Partial<Pick<Readers, "queue" | "switches" | "cache">>> {
  const { parsePlatformBinding } = await import("#adapters/platform/binding.ts");
  const binding = parsePlatformBinding(file.bindings["platform"]);
  if (binding.database === undefined && binding.redis === undefined) return {};
  const { platformReaders } = await import("#adapters/platform/readers.ts");
  return platformReaders(binding, file.services);
}

/** Hands on them, in the name of whom the run acts for. */
async function platformOperators(
  file: EnvironmentFile,
  { run, by }: ActsFor,
): Promise<Partial<Pick<Operators, "queueAdmin" | "switchAdmin">>> {
  const { parsePlatformBinding } = await import("#adapters/platform/binding.ts");
  const binding = parsePlatformBinding(file.bindings["platform"]);
  if (binding.database === undefined && binding.redis === undefined) return {};
  const { platformOperators } = await import("#adapters/platform/operators.ts");
  return platformOperators(binding, { run, by: `operator:${by.name}@${by.host}`.slice(0, 100) });
}

/** What Prometheus has of it. */
async function metricsReaders(file: EnvironmentFile): Promise<Partial<Pick<Readers, "metrics">>> {
  if (file.bindings["prometheus"] === undefined) return {};
  const { prometheusMetrics } = await import("#adapters/prometheus/metrics.ts");
  const { parsePrometheusBinding } = await import("#adapters/prometheus/binding.ts");
  return { metrics: prometheusMetrics(parsePrometheusBinding(file.bindings["prometheus"])) };
}

/** Hands on it, once it proved to be the server that the file names. */
async function databaseOperators(file: EnvironmentFile): Promise<Partial<Pick<Operators, "databaseAdmin">>> {
  if (file.bindings["database"] === undefined) return {};
  const { databaseAdmin } = await import("#adapters/database/admin.ts");
  const { requirePlatformDatabase } = await import("#adapters/database/identity.ts");
  const { parseDatabaseBinding } = await import("#adapters/database/binding.ts");
  const binding = parseDatabaseBinding(file.bindings["database"]);
  const expected = file.identity["platformDatabaseId"];
  if (expected === undefined) return { databaseAdmin: databaseAdmin(binding) };
  const proven = once(() => requirePlatformDatabase(binding, expected));
  const admin = databaseAdmin(binding);
  return {
    databaseAdmin: {
      async endStuck(session, stuckFor) {
        await proven();
        return admin.endStuck(session, stuckFor);
      },
    },
  };
}

/** Those who are told things, in the channels that the environment names. */
async function announcing(
  file: EnvironmentFile,
): Promise<{ readonly announcements: AnnouncementReader; readonly announcer: Announcer }> {
  const { slackAnnouncements, slackAnnouncer } = await import("#adapters/slack/announcer.ts");
  const { slack } = file.bindings;
  return { announcements: slackAnnouncements(slack), announcer: slackAnnouncer(slack) };
}

/** The logs of an environment that does not keep them in CloudWatch. */
async function otherLogs(file: EnvironmentFile): Promise<Partial<Pick<Readers, "logs">>> {
  const { elasticsearch, "log-files": files } = file.bindings;
  if (elasticsearch !== undefined) {
    const { elasticLogs } = await import("#adapters/elasticsearch/logs.ts");
    const { parseElasticsearchBinding } = await import("#adapters/elasticsearch/binding.ts");
    return { logs: elasticLogs(parseElasticsearchBinding(elasticsearch)) };
  }
  if (files === undefined) return {};
  const { fileLogs, parseLogFilesBinding } = await import("#adapters/log-files/logs.ts");
  return { logs: fileLogs(parseLogFilesBinding(files)) };
}

/** Hands, on credentials of their own, and only after account, cluster and database proved to be those the file names. */
async function makeOperators(
  file: EnvironmentFile,
  inPlace: () => Promise<void>,
  acts: ActsFor,
): Promise<Operators> {
  const [cloud] = await Promise.all([usesCloud(acts.runbook) ? cloudOperators(file) : {}, inPlace()]);
  return {
    ...unboundOperators(),
    ...cloud,
    ...(await databaseOperators(file)),
    ...(await failoverOperators(file)),
    ...(await platformOperators(file, acts)),
    announcer: (await announcing(file)).announcer,
    ...(await profiling(file)),
  };
}

/** Hands that do not reach into the cloud: a runbook with no others works while the cloud is away. */
const withoutCloud: ReadonlySet<string> = new Set([
  "queueAdmin",
  "switchAdmin",
  "announcer",
  "databaseAdmin",
]);

function usesCloud(runbook: Runbook): boolean {
  return [...portsOf(runbook).operators].some((name) => !withoutCloud.has(name));
}

/** Profiles of the platform's own processes, at the addresses that whatever runs them says they have. */
async function profiling(file: EnvironmentFile): Promise<Partial<Pick<Operators, "profiler">>> {
  const addressOf = await unitAddresses(file);
  if (addressOf === undefined) return {};
  const { platformProfiler } = await import("#adapters/profiler/capture.ts");
  const { parsePlatformBinding } = await import("#adapters/platform/binding.ts");
  return {
    profiler: platformProfiler({
      route: routes.profile,
      token: parsePlatformBinding(file.bindings["platform"]).probeToken,
      folder: join(stateDir(), "evidence"),
      addressOf,
    }),
  };
}

/** Where this environment says that its locks live; a shared store is asked when a lock is first needed. */
async function openLocks(file: EnvironmentFile, journal: () => Journal): Promise<LockStore> {
  if (file.locks === "host") return journal();
  if (file.locks === "postgres") {
    const { postgresLocks } = await import("#adapters/locks-postgres/locks.ts");
    const { parsePostgresLocksBinding } = await import("#adapters/locks-postgres/binding.ts");
    return postgresLocks(parsePostgresLocksBinding(file.bindings["postgres"]));
  }
  const { leaseLocks } = await import("#adapters/locks-kubernetes/locks.ts");
  const { parseLeaseLocksBinding } = await import("#adapters/locks-kubernetes/binding.ts");
  return leaseLocks(parseLeaseLocksBinding(file.bindings["kubernetes-lease"]));
}

/** Slack and PagerDuty, where the environment has them. Loaded when there is something to tell. */
async function makeDestinations(file: EnvironmentFile): Promise<readonly Destination[]> {
  const { slack, pagerduty } = file.bindings;
  const destinations: Destination[] = [];
  if (slack !== undefined) {
    const { slackDestination } = await import("#adapters/slack/destination.ts");
    const { parseSlackBinding } = await import("#adapters/slack/binding.ts");
    destinations.push(slackDestination(parseSlackBinding(slack)));
  }
  if (pagerduty !== undefined) {
    const { pagerDutyDestination } = await import("#adapters/pagerduty/destination.ts");
    const { parsePagerDutyBinding } = await import("#adapters/pagerduty/binding.ts");
    destinations.push(pagerDutyDestination(parsePagerDutyBinding(pagerduty)));
  }
  return destinations;
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
