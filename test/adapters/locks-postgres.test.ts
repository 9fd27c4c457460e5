import { spawn } from "node:child_process";
import { chownSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { parsePostgresLocksBinding } from "#adapters/locks-postgres/binding.ts";
import { postgresLocks, type PostgresLocks } from "#adapters/locks-postgres/locks.ts";
import type { PostgresServer } from "#sandbox/backends/postgres.ts";
import { postgresForTests } from "#test/backends/postgres.ts";
import { locksContract } from "#test/contracts/locks.ts";
import { haveOrSay, selfSigned } from "#test/sandbox/standins/kubernetes-over-tls.ts";

const openssl = haveOrSay("openssl", ["version"], "locks in PostgreSQL over TLS");
let server: PostgresServer;
let schemas = 0;

beforeAll(async () => {
  server = await postgresForTests();
});
afterAll(() => server.stop());

/** A lock table of its own for one test. */
const freshSchema = () => `locks_${(schemas += 1)}`;

function open(
  schema: string,
  changes: { url?: string; tls?: unknown; timeout?: string } = {},
): PostgresLocks {
  const folder = mkdtempSync(join(tmpdir(), "ops-locks-"));
  const file = join(folder, "url");
  writeFileSync(file, `${changes.url ?? server.url}\n`, { mode: 0o600 });
  const { tls = "off", timeout = "3s" } = changes;
  const locks = postgresLocks(parsePostgresLocksBinding({ url: { file }, schema, tls, timeout }));
  onTestFinished(async () => {
    await locks.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return locks;
}

async function sql(text: string, values: readonly unknown[] = [], url = server.url) {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text, [...values])).rows;
  } finally {
    await client.end();
  }
}

/** As if the server's clock had gone on: everything written was written earlier. */
const age = (schema: string, ms: number) =>
  sql(
    `update ${schema}.lock set taken_at = taken_at - $1 * interval '1 millisecond', until = until - $1 * interval '1 millisecond'`,
    [ms],
  );

locksContract("The PostgreSQL lock store", async () => {
  const schema = freshSchema();
  return {
    open: async () => open(schema),
    pass: async (ms) => {
      await age(schema, ms);
    },
  };
});

const first = { run: "r-1", owner: "desk:1:aaaaaa", reason: "Deploy" };
const second = { run: "r-2", owner: "shelf:2:bbbbbb", reason: "Rollback" };

describe("a lock in PostgreSQL", () => {
  test("that is held says by whom, why, since when, until when and on which host", async () => {
    const locks = open(freshSchema());
    const held = await locks.takeLock("production/deploy", first, 60_000);

    const refusal = await locks
      .takeLock("production/deploy", second, 60_000)
      .catch((error: unknown) => error);

    expect(refusal).toMatchObject({
      code: "lock-held",
      summary: `production/deploy is held by r-1 (Deploy) since ${held.takenAt.slice(11, 19)} UTC, at least until ${held.until.slice(11, 19)}.`,
      hint: expect.stringContaining("desk:1:aaaaaa") as string,
    });
  });

  test("may be taken again by the run that holds it, and its fence rises", async () => {
    const locks = open(freshSchema());
    const taken = await locks.takeLock("production/deploy", first, 60_000);

    const again = await locks.takeLock("production/deploy", { ...first, owner: "shelf:9:cccccc" }, 60_000);

    expect(again).toMatchObject({ fence: taken.fence + 1, owner: "shelf:9:cccccc" });
    expect(again.tookOver).toBeUndefined();
    await expect(locks.renewLock("production/deploy", "r-1", taken.fence, 60_000)).rejects.toMatchObject({
      code: "lock-lost",
    });
  });

  test("whose lease has ended stays visible, is taken over, and the taker learns from whom", async () => {
    const schema = freshSchema();
    const locks = open(schema);
    await locks.takeLock("production/deploy", first, 60_000);
    await age(schema, 61_000);
    const [ghost] = await locks.locks();

    const taken = await locks.takeLock("production/deploy", second, 60_000);

    expect(ghost).toMatchObject({ run: "r-1" });
    expect(taken.tookOver).toEqual({
      run: "r-1",
      owner: "desk:1:aaaaaa",
      reason: "Deploy",
      takenAt: ghost?.takenAt,
      until: ghost?.until,
    });
    await expect(locks.renewLock("production/deploy", "r-1", 1, 60_000)).rejects.toMatchObject({
      code: "lock-lost",
      summary: expect.stringContaining("r-2 (Rollback) of shelf:2:bbbbbb took it at") as string,
    });
  });

  test("whose lease has ended is taken over by one of many, and the others are told by whom", async () => {
    const schema = freshSchema();
    await open(schema).takeLock("production/deploy", first, 60_000);
    await age(schema, 61_000);
    const takers = Array.from({ length: 12 }, (_, index) => ({ ...second, run: `r-${index + 2}` }));

    const ends = await Promise.allSettled(
      takers.map((taker) => open(schema).takeLock("production/deploy", taker, 60_000)),
    );

    const won = ends.flatMap((end) => (end.status === "fulfilled" ? [end.value] : []));
    const refused = ends.flatMap((end) => (end.status === "rejected" ? [end.reason as Error] : []));
    expect(won).toMatchObject([{ fence: 2, tookOver: { run: "r-1" } }]);
    expect(refused).toHaveLength(11);
    for (const error of refused)
      expect(error).toMatchObject({
        code: "lock-held",
        summary: expect.stringContaining(`held by ${won[0]?.run} (Rollback)`) as string,
      });
  });

  test("is extended by its holder from the server's time, and by nobody else", async () => {
    const schema = freshSchema();
    const locks = open(schema);
    const held = await locks.takeLock("production/deploy", first, 60_000);
    await age(schema, 30_000);

    const renewed = await locks.renewLock("production/deploy", "r-1", held.fence, 60_000);

    expect(Date.parse(renewed.until)).toBeGreaterThanOrEqual(Date.parse(held.until));
    await expect(locks.renewLock("production/deploy", "r-2", held.fence, 60_000)).rejects.toMatchObject({
      code: "lock-lost",
    });
    await expect(locks.renewLock("production/deploy", "r-1", held.fence + 1, 60_000)).rejects.toMatchObject({
      code: "lock-lost",
    });
  });

  test("is not released by an older fence, nor by another run", async () => {
    const locks = open(freshSchema());
    const held = await locks.takeLock("production/deploy", first, 60_000);

    await locks.releaseLock("production/deploy", "r-2", held.fence);
    await locks.releaseLock("production/deploy", "r-1", held.fence - 1);

    expect(await locks.locks()).toEqual([held]);
  });

  test("stands between names that SQL could misread, and shows a hostile reason as one plain line", async () => {
    const locks = open(freshSchema());
    const name = `x'; drop table lock; --/"${"é".repeat(40)}"`;
    await locks.takeLock(name, { ...first, reason: "a\nb\u001b[31mred\u202e" }, 60_000);

    await expect(locks.takeLock(name, second, 60_000)).rejects.toMatchObject({
      summary: expect.stringContaining("(a bred)") as string,
    });
    expect((await locks.locks()).map((lock) => lock.lock)).toEqual([name]);
  });

  test("is written to disk before it counts, even where the server's default is otherwise", async () => {
    const schema = freshSchema();
    const locks = open(schema);
    await locks.locks();
    await sql(`create table ${schema}.seen (setting text, timeout text, name text);
      create function ${schema}.look() returns trigger language plpgsql as $$ begin
        insert into ${schema}.seen values (current_setting('synchronous_commit'), current_setting('statement_timeout'), current_setting('application_name'));
        return new; end $$;
      create trigger look before insert on ${schema}.lock for each row execute function ${schema}.look()`);

    await locks.takeLock("production/deploy", first, 60_000);

    expect(await sql("show synchronous_commit")).toEqual([{ synchronous_commit: "off" }]);
    expect(await sql(`select * from ${schema}.seen`)).toEqual([
      { setting: "on", timeout: "3s", name: "csrd-ops locks" },
    ]);
  });
});

/** Starts `count` processes that race for one lock as soon as all of them are connected; gives what each says. */
async function race(schema: string, count: number): Promise<readonly string[]> {
  const code = `
    const { postgresLocks } = await import("#adapters/locks-postgres/locks.ts");
    const locks = postgresLocks({ url: { env: "LOCKS_URL" }, schema: process.argv[2], tls: "off", timeout: "10s" });
    await locks.locks();
    process.stdout.write("ready\\n");
    await new Promise((resolve) => process.stdin.once("data", resolve));
    try {
      const taken = await locks.takeLock("production/deploy", { run: process.argv[1], owner: String(process.pid), reason: "race" }, 600000);
      process.stdout.write("won " + taken.fence);
    } catch (error) {
      process.stdout.write(String(error.code));
    }
    await locks.close();
    process.stdin.destroy();`;
  const root = join(import.meta.dirname, "../..");
  const takers = Array.from({ length: count }, (_, index) =>
    spawn(process.execPath, ["--input-type=module", "-e", code, `r-${index}`, schema], {
      cwd: root,
      env: { ...process.env, LOCKS_URL: server.url },
      stdio: ["pipe", "pipe", "inherit"],
    }),
  );
  const said = takers.map((taker) => {
    let text = "";
    taker.stdout.on("data", (chunk: Buffer) => {
      text += chunk.toString();
    });
    const until = (pattern: RegExp) =>
      new Promise<void>((resolve) => {
        const look = () => pattern.test(text) && resolve();
        taker.stdout.on("data", look);
        taker.once("close", () => resolve());
      });
    return {
      ready: until(/ready/),
      closed: new Promise<string>((resolve) =>
        taker.once("close", () => resolve(text.replace("ready\n", ""))),
      ),
    };
  });
  await Promise.all(said.map(({ ready }) => ready));
  for (const taker of takers) taker.stdin.end("go");
  return Promise.all(said.map(({ closed }) => closed));
}

describe("several processes", () => {
  test("that are the first users at the same time make one table, and none of them fails", async () => {
    const schemas = Array.from({ length: 5 }, freshSchema);

    const lists = await Promise.all(
      schemas.flatMap((schema) => Array.from({ length: 4 }, () => open(schema).locks())),
    );

    expect(lists).toHaveLength(20);
    for (const schema of schemas)
      expect(await sql(`select version from ${schema}.lock_schema`)).toEqual([
        { version: 1 },
        { version: 2 },
      ]);
  });

  test("of ten that race for one lock, and for making its table, one wins and nine are told who did", async () => {
    const schema = freshSchema();

    const said = await race(schema, 10);

    expect(said.toSorted()).toEqual([...Array.from({ length: 9 }, () => "lock-held"), "won 1"]);
    expect(await open(schema).locks()).toHaveLength(1);
  });

  test("a holder that is killed keeps the lock until its lease ends, and not a moment longer", async () => {
    const schema = freshSchema();
    const code = `
      const { postgresLocks } = await import("#adapters/locks-postgres/locks.ts");
      const locks = postgresLocks({ url: { env: "LOCKS_URL" }, schema: process.argv[1], tls: "off", timeout: "10s" });
      await locks.takeLock("production/deploy", { run: "r-1", owner: "killed", reason: "Deploy" }, 1500);
      process.stdout.write("held");
      setInterval(() => undefined, 1000);`;
    const locks = open(schema);
    await locks.locks();
    const holder = spawn(process.execPath, ["--input-type=module", "-e", code, schema], {
      cwd: join(import.meta.dirname, "../.."),
      env: { ...process.env, LOCKS_URL: server.url },
      stdio: ["ignore", "pipe", "inherit"],
    });
    await new Promise((resolve) => holder.stdout.once("data", resolve));
    holder.kill("SIGKILL");
    const [held] = await locks.locks();
    let refusals = 0;

    const taken = await (async () => {
      for (;;)
        try {
          return await locks.takeLock("production/deploy", second, 60_000);
        } catch (error) {
          expect(error).toMatchObject({ code: "lock-held" });
          refusals += 1;
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
    })();

    expect(refusals).toBeGreaterThan(0);
    expect(taken.fence).toBe(2);
    expect(taken.tookOver?.owner).toBe("killed");
    expect(Date.parse(taken.takenAt)).toBeGreaterThanOrEqual(Date.parse(held?.until ?? ""));
  });
});

describe("a lock store that cannot be asked", () => {
  const elsewhere = (port: number, password = "x".repeat(12)) =>
    `postgresql://csrd:${password}@127.0.0.1:${port}/csrd`;

  test("because nothing listens is tool-unreachable, names the place and shows no password", async () => {
    const locks = open("locks", { url: elsewhere(1, "not-to-be-shown-1") });

    const failure = await locks.takeLock("production/deploy", first, 60_000).catch((error: unknown) => error);

    expect(failure).toMatchObject({
      code: "tool-unreachable",
      summary:
        "The lock store (PostgreSQL at 127.0.0.1:1/csrd) did not answer when it was asked to lock production/deploy (connection refused).",
      hint: expect.stringContaining("No lock is assumed") as string,
    });
    expect(JSON.stringify(failure) + String((failure as Error).stack)).not.toContain("not-to-be-shown-1");
  });

  test("because it takes the connection and says nothing is tool-unreachable", async () => {
    const silent = createServer(() => undefined).listen(0, "127.0.0.1");
    await new Promise((resolve) => silent.once("listening", resolve));
    const sockets: Socket[] = [];
    silent.on("connection", (socket) => sockets.push(socket));
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
      silent.close();
    });
    const { port } = silent.address() as AddressInfo;

    await expect(open("locks", { url: elsewhere(port), timeout: "300ms" }).locks()).rejects.toMatchObject({
      code: "tool-unreachable",
    });
  });

  test("because another session blocks the row is tool-unreachable after the time limit, and works again afterwards", async () => {
    const schema = freshSchema();
    const locks = open(schema, { timeout: "300ms" });
    const held = await locks.takeLock("production/deploy", first, 60_000);
    const blocker = new Client({ connectionString: server.url });
    await blocker.connect();
    await blocker.query("begin");
    await blocker.query(`select * from ${schema}.lock for update`);

    await expect(locks.renewLock("production/deploy", "r-1", held.fence, 60_000)).rejects.toMatchObject({
      code: "tool-unreachable",
    });
    await blocker.query("rollback");
    await blocker.end();

    await expect(locks.renewLock("production/deploy", "r-1", held.fence, 60_000)).resolves.toMatchObject({
      fence: held.fence,
    });
  });

  test("because the password is wrong is tool-refused, and the right one is not shown either", async () => {
    const port = new URL(server.url).port;

    await expect(
      open("locks", { url: elsewhere(Number(port), "wrong-password") }).locks(),
    ).rejects.toMatchObject({
      code: "tool-refused",
      hint: expect.stringContaining("user or password") as string,
    });
  });

  test("because this user may not make the table is tool-refused; once it is made, a user with little is enough", async () => {
    const schema = freshSchema();
    await sql("create role modest login password 'modest-password'");
    const modest = server.url.replace(/\/\/[^@]+@/, "//modest:modest-password@");

    await expect(open(schema, { url: modest }).locks()).rejects.toMatchObject({
      code: "tool-refused",
      hint: expect.stringContaining("grant") as string,
    });
    await open(schema).locks();
    await sql(
      `grant usage on schema ${schema} to modest; grant select, insert, update on all tables in schema ${schema} to modest`,
    );
    const taken = await open(schema, { url: modest }).takeLock("production/deploy", first, 60_000);

    expect(taken.fence).toBe(1);
  });

  test("because a newer program made its table is tool-refused", async () => {
    const schema = freshSchema();
    await open(schema).locks();
    await sql(`insert into ${schema}.lock_schema (version) values (99)`);

    await expect(open(schema).takeLock("production/deploy", first, 60_000)).rejects.toMatchObject({
      code: "tool-refused",
      summary: expect.stringContaining("newer version") as string,
    });
  });

  test("for the length of a dead connection only is asked again on a new one", async () => {
    const locks = open(freshSchema());
    const held = await locks.takeLock("production/deploy", first, 60_000);
    await sql(
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'csrd-ops locks'",
    );

    await expect(locks.renewLock("production/deploy", "r-1", held.fence, 60_000)).resolves.toMatchObject({
      run: "r-1",
    });
  });

  test("because it forgot its table is no lock: the failure is told, and nothing is made anew in silence", async () => {
    const schema = freshSchema();
    const locks = open(schema);
    await locks.takeLock("production/deploy", first, 60_000);
    await sql(`drop table ${schema}.lock`);

    await expect(locks.takeLock("production/deploy", second, 60_000)).rejects.toMatchObject({
      code: "tool-refused",
    });
  });
});

describe.skipIf(!openssl)("TLS", () => {
  test("a server whose certificate the named authority signed is used; by system trust, or without TLS on the server, it is refused", async () => {
    const folder = mkdtempSync(join(tmpdir(), "ops-locks-tls-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const schema = freshSchema();
    await expect(open(schema, { tls: "system" }).locks()).rejects.toMatchObject({
      code: "tool-refused",
      summary: expect.stringContaining("SSL") as string,
    });
    const { certificate: ca } = selfSigned(folder);
    const { uid, gid } = statSync(server.dataDir);
    for (const name of ["server.key", "server.crt"]) {
      const target = join(server.dataDir, name);
      writeFileSync(target, readFileSync(join(folder, name)), { mode: 0o600 });
      chownSync(target, uid, gid);
    }
    await sql("alter system set ssl = on");
    await sql("select pg_reload_conf()");
    onTestFinished(async () => {
      await sql("alter system reset ssl");
      await sql("select pg_reload_conf()");
    });
    await expect.poll(async () => (await sql("show ssl"))[0], { timeout: 5_000 }).toEqual({ ssl: "on" });

    const taken = await open(schema, { tls: { ca } }).takeLock("production/deploy", first, 60_000);

    expect(taken.fence).toBe(1);
    expect(
      await sql(
        "select distinct ssl from pg_stat_ssl join pg_stat_activity using (pid) where application_name = 'csrd-ops locks'",
      ),
    ).toEqual([{ ssl: true }]);
    await expect(open(schema, { tls: "system" }).locks()).rejects.toMatchObject({
      code: "tool-refused",
      hint: expect.stringContaining("authority") as string,
    });
    await expect(
      open(schema, { tls: { ca }, url: server.url.replace("127.0.0.1", "localhost") }).locks(),
    ).rejects.toMatchObject({
      code: "tool-refused",
      summary: expect.stringMatching(/altnames|localhost/i) as string,
    });
  });
});

describe("the postgres binding", () => {
  test.for([
    [undefined, "binding-missing", "no postgres binding"],
    [{}, "environment-invalid", "postgres.url"],
    [{ url: "postgresql://a:b@c/d" }, "environment-invalid", "postgres.url"],
    [
      { url: { env: "X" }, schema: 'a"; drop' },
      "environment-invalid",
      "postgres.schema is not a schema name",
    ],
    [
      { url: { env: "X" }, tls: "on" },
      "environment-invalid",
      'postgres.tls is "system", "off" or { ca: file }',
    ],
    [{ url: { env: "X" }, timeout: 5 }, "environment-invalid", "postgres.timeout"],
  ] as const)("%o is %s", ([binding, code, words]) => {
    expect(() => parsePostgresLocksBinding(binding)).toThrow(
      expect.objectContaining({ code, summary: expect.stringContaining(words) as string }) as Error,
    );
  });

  test.for([
    "not an address",
    "mysql://a:b@c/d",
    "postgresql://c/d",
    "postgresql://a:b@c/",
    "postgresql://a:secret-word@c/d?sslmode=disable",
  ])("an address like %s is refused without being repeated", async (url) => {
    const failure = await open("locks", { url })
      .locks()
      .catch((error: unknown) => error);

    expect(failure).toMatchObject({ code: "environment-invalid" });
    expect((failure as Error).message).not.toContain("secret-word");
  });
});
