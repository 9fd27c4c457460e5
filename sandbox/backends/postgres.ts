import { execFile, execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  accessSync,
  chownSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { Client } from "pg";
import { OpsError } from "#kit/errors.ts";
import { childEnvironment } from "#kit/redact/child-environment.ts";
import { findPostgres, majorOf } from "./binaries.ts";
import { type Server, startServer } from "./child.ts";
import { freePort } from "./free-port.ts";

const run = promisify(execFile);

/** How to start a PostgreSQL server of our own. */
export type PostgresOptions = {
  /** Folder of this server; created when missing, its data kept between starts. */
  readonly dir: string;
  /** Loopback port; a free one when left out. */
  readonly port?: number | undefined;
  /** Database that exists when it is up. */
  readonly database?: string | undefined;
  /** Further `name=value` server settings. */
  readonly settings?: Readonly<Record<string, string>> | undefined;
  /** `parent` (default): ends with this process. `own`: outlives it. */
  readonly lifetime?: "parent" | "own" | undefined;
  /** Instead of data of its own: a copy of this running server, which it then follows. */
  readonly standbyOf?: PostgresServer | undefined;
};

/** Name of the slot in which a server keeps what its standby has not fetched. */
const standbySlot = "csrd_standby";

/** A running PostgreSQL server on loopback. */
export type PostgresServer = Server & {
  /** `postgresql://…` of the superuser, password included. */
  readonly url: string;
  readonly port: number;
  /** Where the data is: `dir/data`, or under the system's temporary folder where the server's user cannot reach `dir`. */
  readonly dataDir: string;
  readonly log: string;
};

type Owner = { readonly uid: number; readonly gid: number };

/** Starts a real PostgreSQL (15 or newer) and waits until it answers; as root it runs as the user `postgres`. */
export async function startPostgres(options: PostgresOptions): Promise<PostgresServer> {
  const found = await findPostgres();
  if (found === undefined || majorOf(found.version) < 15)
    throw new OpsError("prerequisite-missing", {
      summary: `PostgreSQL 15 or newer is needed and ${found === undefined ? "none was found" : `only ${found.version} was found`}.`,
      hint: "Install it: apt-get install postgresql, or brew install postgresql@17.",
    });
  const owner = process.getuid?.() === 0 ? unprivilegedUser() : undefined;
  const home = homeFor(path.resolve(options.dir), owner);
  const dataDir = path.join(home, "data");
  const log = path.join(home, "postgres.log");
  const password = initialise(home, owner, options.standbyOf);
  if (!existsSync(path.join(dataDir, "PG_VERSION")))
    if (options.standbyOf !== undefined) await copyOf(options.standbyOf, found.bin, home, owner);
    else
      await run(
        path.join(found.bin, "initdb"),
        [
          "-D",
          dataDir,
          "-U",
          "csrd",
          "--locale=C",
          "--encoding=UTF8",
          "--auth=scram-sha-256",
          `--pwfile=${path.join(home, "password")}`,
        ],
        { cwd: home, ...owner },
      );
  refuseSecondServer(dataDir);

  for (let attempt = 1; ; attempt += 1) {
    const port = options.port ?? (await freePort());
    const settings = {
      listen_addresses: "127.0.0.1",
      unix_socket_directories: "",
      max_connections: "100",
      // A standby that never comes back must not fill the disk with what is kept for it.
      max_slot_wal_keep_size: "256MB",
      ...options.settings,
    };
    const server = await startServer({
      file: path.join(found.bin, "postgres"),
      args: [
        "-D",
        dataDir,
        "-p",
        String(port),
        ...Object.entries(settings).flatMap(([k, v]) => ["-c", `${k}=${v}`]),
      ],
      cwd: home,
      log,
      stopSignal: "SIGINT",
      owner,
      lifetime: options.lifetime ?? "parent",
    });
    const url = (database: string) => `postgresql://csrd:${password}@127.0.0.1:${port}/${database}`;
    if (await answers(url("postgres"), server)) {
      const database = options.database ?? "csrd";
      if (!existsSync(path.join(dataDir, "standby.signal"))) await createDatabase(url("postgres"), database);
      return { ...server, url: url(database), port, dataDir, log };
    }
    await server.stop();
    if (options.port !== undefined || attempt === 3)
      throw new OpsError("sandbox-failed", {
        summary: `PostgreSQL did not start on port ${port}.`,
        hint: `Read ${log}.`,
        details: tail(log),
      });
  }
}

/** Removes the folder of a stopped server, and its data where that had to live elsewhere. */
export function removePostgres(dir: string): void {
  const pointer = path.join(dir, "moved-to");
  if (existsSync(pointer)) rmSync(readFileSync(pointer, "utf8").trim(), { recursive: true, force: true });
  rmSync(dir, { recursive: true, force: true });
}

function unprivilegedUser(): Owner {
  for (const name of ["postgres", "_postgres", "nobody"]) {
    try {
      const [uid, gid] = ["-u", "-g"].map((flag) =>
        Number(execFileSync("id", [flag, name], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] })),
      );
      if (uid !== undefined && gid !== undefined && uid > 0) return { uid, gid };
    } catch {
      continue;
    }
  }
  throw new OpsError("prerequisite-missing", {
    summary: "PostgreSQL refuses to run as root and there is no user named postgres.",
    hint: "Create one, or run as an ordinary user.",
  });
}

/** The folder itself, or a private one in the temporary folder when the server's user cannot walk to it (/root, for instance). */
function homeFor(dir: string, owner: Owner | undefined): string {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  if (owner === undefined) return dir;
  const reachable = ancestorsOf(dir).every((folder) => {
    const { mode, uid } = statSync(folder);
    return (mode & constants.S_IXOTH) !== 0 || uid === owner.uid;
  });
  const home = reachable ? dir : movedHome(dir);
  chownSync(home, owner.uid, owner.gid);
  return home;
}

function movedHome(dir: string): string {
  const pointer = path.join(dir, "moved-to");
  if (existsSync(pointer)) {
    const moved = readFileSync(pointer, "utf8").trim();
    if (existsSync(moved)) return moved;
  }
  const moved = path.join(tmpdir(), `csrd-postgres-${randomBytes(6).toString("hex")}`);
  mkdirSync(moved, { mode: 0o700 });
  writeFileSync(pointer, `${moved}\n`);
  return moved;
}

function ancestorsOf(dir: string): readonly string[] {
  const parent = path.dirname(dir);
  return parent === dir ? [dir] : [...ancestorsOf(parent), parent];
}

/** The whole of a running server, with what its copy needs to follow it: pg_basebackup, a slot, the primary's own address. */
async function copyOf(
  { url, port }: PostgresServer,
  bin: string,
  home: string,
  owner: Owner | undefined,
): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    // Of a standby that is no more.
    await client.query(
      "select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = $1 and not active",
      [standbySlot],
    );
  } finally {
    await client.end();
  }
  const { username, password } = new URL(url);
  await run(
    path.join(bin, "pg_basebackup"),
    [
      "-D",
      path.join(home, "data"),
      "-h",
      "127.0.0.1",
      "-p",
      String(port),
      "-U",
      username,
      "--no-password",
      "--write-recovery-conf",
      "--create-slot",
      `--slot=${standbySlot}`,
      "--checkpoint=fast",
      "--no-sync",
    ],
    { cwd: home, env: { ...childEnvironment(process.env), PGPASSWORD: password }, ...owner },
  );
}

/** A standby has its primary's roles, and so its password. */
function initialise(home: string, owner: Owner | undefined, primary: PostgresServer | undefined): string {
  const file = path.join(home, "password");
  if (!existsSync(file)) {
    const password = primary === undefined ? randomBytes(18).toString("hex") : new URL(primary.url).password;
    writeFileSync(file, `${password}\n`, { mode: 0o600 });
  }
  if (owner !== undefined) chownSync(file, owner.uid, owner.gid);
  return readFileSync(file, "utf8").trim();
}

/** After a SIGKILL the pid file stays; only a living server is a reason to refuse. */
function refuseSecondServer(dataDir: string): void {
  const file = path.join(dataDir, "postmaster.pid");
  if (!existsSync(file)) return;
  const pid = Number.parseInt(readFileSync(file, "utf8"), 10);
  if (Number.isNaN(pid) || !isRunning(pid)) {
    rmSync(file, { force: true });
    return;
  }
  throw new OpsError("sandbox-up", {
    summary: `A PostgreSQL server already runs on this folder (pid ${pid}).`,
    hint: `Stop it first: kill -INT ${pid}.`,
  });
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  // The pid may belong to somebody else by now; where the system tells, look.
  const commandLine = `/proc/${pid}/cmdline`;
  try {
    accessSync(commandLine, constants.R_OK);
    return readFileSync(commandLine, "utf8").includes("postgres");
  } catch {
    return true;
  }
}

async function answers(url: string, server: Server): Promise<boolean> {
  const deadline = Date.now() + 20_000;
  while (Date.now() < deadline && server.alive()) {
    const client = new Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
    client.on("error", () => undefined);
    try {
      await client.connect();
      await client.query("select 1");
      await client.end();
      return server.alive();
    } catch {
      await client.end().catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, 40));
    }
  }
  return false;
}

async function createDatabase(url: string, name: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rowCount } = await client.query("select 1 from pg_database where datname = $1", [name]);
    if (rowCount === 0) await client.query(`create database ${client.escapeIdentifier(name)}`);
  } finally {
    await client.end();
  }
}

function tail(log: string): string {
  return readFileSync(log, "utf8").split("\n").slice(-20).join("\n");
}
