import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { OpsError } from "#kit/errors.ts";
import { childEnvironment } from "#kit/redact/child-environment.ts";
import { freePort } from "./backends/free-port.ts";
import { type PostgresServer, removePostgres, startPostgres } from "./backends/postgres.ts";
import { type Line, startLine } from "./line.ts";
import { newInstanceId, newRouteTableId } from "./names.ts";

/** One machine that a server of the practice production's database runs on. */
export type DatabaseMachine = {
  readonly name: string;
  /** `i-` and 17 hex digits. */
  readonly id: string;
  readonly port: number;
  state(): "running" | "stopping" | "stopped";
  /** impaired: frozen as a whole, and it may thaw at any time; that its server is gone is no business of the machine's. */
  check(): "ok" | "impaired" | "initializing";
  launchedAt(): Date;
  /** Accepts the reboot; a frozen machine does not hear it. */
  reboot(): void;
  /** Accepts the stop: everything on it is ended by force, and nothing starts it again but `mend`. */
  halt(): void;
};

/** The database's machines, and the one address that leads to whichever is primary. */
export type DatabaseMachines = {
  readonly machines: readonly DatabaseMachine[];
  readonly routeTable: string;
  /** The one IP address that the route table leads to a machine: stands for the address on loopback, `port`. */
  readonly destination: string;
  /** Where the platform reaches its database, whoever is primary. */
  readonly port: number;
  /** Id of the machine that the address leads to. */
  leadsTo(): string;
  leadTo(id: string): void;
  /** The server that the address leads to. */
  primary(): PostgresServer;
  /** Starts a standby of the primary on the other machine, and waits until it follows; one that follows already is left alone. */
  follow(): Promise<void>;
  /** Starts a standby first, then freezes the primary's machine: its port accepts, nothing answers, and it could go on at any moment. */
  freezePrimary(): Promise<void>;
  /** Holds back whatever crosses the address, each way, for so long. */
  delay(ms: number): void;
  /** Process ids to be ended when this process cannot. */
  processes(): readonly { readonly name: string; readonly pid: number }[];
  /** One primary that the address leads to, and the other machine empty again, or following where it did from the beginning. */
  revive(): Promise<void>;
  stop(): Promise<void>;
};

const bootMs = 1_000;

type Held = {
  readonly name: string;
  readonly id: string;
  readonly dir: string;
  port: number | undefined;
  server: PostgresServer | undefined;
  state: "running" | "stopping" | "stopped";
  booting: boolean;
  frozen: readonly number[];
  launchedAt: Date;
};

/** Starts the primary behind its address; the other machine is there and stopped, unless a standby is wanted from the beginning. */
export async function startDatabaseMachines(dir: string, withStandby: boolean): Promise<DatabaseMachines> {
  const pointer = path.join(dir, "postgres-primary");
  const firstIsSecond = existsSync(pointer) && readFileSync(pointer, "utf8").trim() === "db-2";
  const [one, two] = [
    heldAt("db-1", path.join(dir, "postgres")),
    heldAt("db-2", path.join(dir, "postgres-2")),
  ];
  const held = [one, two];
  let primary = firstIsSecond ? two : one;
  const other = (): Held => (primary === one ? two : one);

  const start = async (machine: Held, standbyOf?: PostgresServer): Promise<void> => {
    machine.server = await startPostgres({ dir: machine.dir, port: machine.port, standbyOf });
    machine.port = machine.server.port;
    machine.state = "running";
    machine.launchedAt = new Date();
  };
  const empty = async (machine: Held): Promise<void> => {
    await end(machine);
    machine.state = "stopped";
    removePostgres(machine.dir);
  };
  const serverOf = (machine: Held): PostgresServer => {
    if (machine.server !== undefined) return machine.server;
    throw new OpsError("sandbox-failed", {
      summary: `${machine.name} has no database server.`,
      hint: "ops sandbox mend brings it back.",
    });
  };
  let line: Line | undefined;
  const leadTo = (machine: Held): void => {
    primary = machine;
    writeFileSync(pointer, `${machine.name}\n`);
    line?.leadTo(`http://127.0.0.1:${machine.port ?? 0}`);
  };
  const follow = async (): Promise<void> => {
    const standby = other();
    if (standby.server?.alive() === true && standby.frozen.length === 0) return;
    await empty(standby);
    await start(standby, serverOf(primary));
    await untilFollowing(serverOf(primary));
  };

  // What an earlier practice production left on the other machine is a copy that nobody follows any more.
  await empty(other());
  await start(primary);
  other().port = await freePort();
  line = await startLine(serverOf(primary).url);
  leadTo(primary);
  if (withStandby) await follow();
  const address = line;

  return {
    delay: (ms) => address.delay(ms),
    machines: held.map((machine) => ({
      name: machine.name,
      id: machine.id,
      port: machine.port ?? 0,
      state: () => machine.state,
      check: () => (machine.booting ? "initializing" : machine.frozen.length > 0 ? "impaired" : "ok"),
      launchedAt: () => machine.launchedAt,
      reboot: () => {
        if (machine.state !== "running" || machine.booting || machine.frozen.length > 0) return;
        machine.booting = true;
        void (async () => {
          await end(machine);
          await sleep(bootMs);
          await start(machine).catch(() => undefined);
        })().finally(() => void (machine.booting = false));
      },
      halt: () => {
        if (machine.state !== "running") return;
        machine.state = "stopping";
        void (async () => {
          await end(machine);
          await sleep(bootMs);
        })().finally(() => void (machine.state = "stopped"));
      },
    })),
    routeTable: newRouteTableId(),
    destination: "10.99.0.10/32",
    port: Number(new URL(address.url).port),
    leadsTo: () => primary.id,
    leadTo: (id) => {
      const machine = held.find((candidate) => candidate.id === id);
      if (machine !== undefined) leadTo(machine);
    },
    primary: () => serverOf(primary),
    follow,
    freezePrimary: async () => {
      await follow();
      freeze(primary);
    },
    processes: () =>
      held.flatMap(({ name, server, frozen }) => [
        ...(server === undefined ? [] : [{ name: `postgresql ${name}`, pid: server.pid }]),
        ...frozen.filter((pid) => pid !== server?.pid).map((pid) => ({ name: `postgresql ${name}`, pid })),
      ]),
    revive: async () => {
      for (const machine of held) thaw(machine);
      // Promoted, and the address did not follow: what it has taken since is the newer truth.
      const standby = other();
      if (standby.server?.alive() === true && !(await isStandby(standby.server))) leadTo(standby);
      if (primary.server?.alive() !== true) {
        await end(primary);
        await start(primary);
      }
      await empty(other());
      if (withStandby) await follow();
    },
    stop: async () => {
      for (const machine of held) thaw(machine);
      await Promise.all([address.stop(), ...held.map(({ server }) => server?.stop())]);
    },
  };
}

function heldAt(name: string, dir: string): Held {
  const id = newInstanceId();
  const machine = { server: undefined, state: "stopped", booting: false, frozen: [] } as const;
  return { name, dir, id, port: undefined, launchedAt: new Date(), ...machine };
}

/** Stops every process of the server where it stands; the postmaster first, so that it starts no other meanwhile. */
function freeze(machine: Held): void {
  const pid = machine.server?.pid;
  if (pid === undefined) return;
  signal([pid], "SIGSTOP");
  machine.frozen = [pid, ...childrenOf(pid)];
  signal(machine.frozen, "SIGSTOP");
}

function thaw(machine: Held): void {
  signal(machine.frozen, "SIGCONT");
  machine.frozen = [];
}

/** As by a loss of power: all of it at once, frozen or not. */
async function end(machine: Held): Promise<void> {
  const { server } = machine;
  if (server === undefined) return;
  const pids = [server.pid, ...childrenOf(server.pid), ...machine.frozen];
  signal(pids, "SIGKILL");
  await server.ended;
  machine.frozen = [];
  machine.server = undefined;
}

function signal(pids: readonly number[], name: NodeJS.Signals): void {
  for (const pid of pids)
    try {
      process.kill(pid, name);
    } catch {
      // It ended by itself.
    }
}

function childrenOf(parent: number): readonly number[] {
  const list = execFileSync("ps", ["-A", "-o", "pid=,ppid="], {
    encoding: "utf8",
    env: childEnvironment(process.env),
  });
  return list
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number))
    .flatMap(([pid, ppid]) => (pid !== undefined && ppid === parent ? [pid] : []));
}

async function isStandby({ url }: PostgresServer): Promise<boolean> {
  return (await asked<{ standby: boolean }>(url, "select pg_is_in_recovery() as standby"))?.standby ?? true;
}

async function untilFollowing({ url }: PostgresServer): Promise<void> {
  const deadline = Date.now() + 15_000;
  while (Date.now() < deadline) {
    const row = await asked<{ there: boolean }>(
      url,
      "select exists (select from pg_stat_replication where state = 'streaming' and replay_lsn >= pg_current_wal_lsn()) as there",
    );
    if (row?.there === true) return;
    await sleep(50);
  }
  throw new OpsError("sandbox-failed", {
    summary: "The database's standby did not follow its primary within 15 s.",
    hint: "Read postgres.log in the sandbox's folder postgres-2.",
  });
}

async function asked<Row extends object>(url: string, sql: string): Promise<Row | undefined> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on("error", () => undefined);
  try {
    await client.connect();
    return (await client.query<Row>(sql)).rows[0];
  } finally {
    await client.end();
  }
}
