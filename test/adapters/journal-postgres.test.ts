import { spawn } from "node:child_process";
import { createServer, connect, type AddressInfo, type Socket } from "node:net";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { openPostgresJournal } from "#adapters/journal-postgres/journal.ts";
import type { Journal } from "#kit/journal.ts";
import type { RunEvent } from "#kit/timeline.ts";
import type { PostgresServer } from "#sandbox/backends/postgres.ts";
import { postgresForTests } from "#test/backends/postgres.ts";
import { journalContract } from "#test/contracts/journal.ts";
import { locksContract } from "#test/contracts/locks.ts";

let server: PostgresServer;
let schemas = 0;

beforeAll(async () => {
  server = await postgresForTests();
});
afterAll(() => server.stop());

const freshSchema = () => `journal_${(schemas += 1)}`;
const variable = "TEST_JOURNAL_URL";

function open(schema: string, url = server.url): Journal {
  const name = `${variable}_${(schemas += 1)}`;
  process.env[name] = url;
  const journal = openPostgresJournal({ url: { env: name }, schema, tls: "off", timeout: "3s" });
  onTestFinished(() => {
    journal.close();
    delete process.env[name];
  });
  return journal;
}

async function sql(text: string, values: readonly unknown[] = []) {
  const client = new Client({ connectionString: server.url });
  await client.connect();
  try {
    return (await client.query(text, [...values])).rows;
  } finally {
    await client.end();
  }
}

/** As if the server's clock had gone on: everything written was written earlier. */
async function age(schema: string, ms: number): Promise<void> {
  const ago = "$1 * interval '1 millisecond'";
  const there = await sql(
    "select relname from pg_class join pg_namespace n on n.oid = relnamespace where nspname = $1",
    [schema],
  );
  const has = (name: string) => there.some(({ relname }) => relname === name);
  if (has("run"))
    await sql(
      `update ${schema}.run set asked_at = asked_at - ${ago}, last_at = last_at - ${ago}, lease_until = lease_until - ${ago}`,
      [ms],
    );
  if (has("lock"))
    await sql(`update ${schema}.lock set taken_at = taken_at - ${ago}, until = until - ${ago}`, [ms]);
}

journalContract("The journal in PostgreSQL", async () => {
  const schema = freshSchema();
  return { open: async () => open(schema), pass: (ms) => age(schema, ms) };
});

locksContract("The journal in PostgreSQL", async () => {
  const schema = freshSchema();
  return { open: async () => open(schema), pass: (ms) => age(schema, ms) };
});

const by = { name: "lena", host: "desk", via: "terminal" } as const;
const asked = (): RunEvent & { type: "run.asked" } => ({
  type: "run.asked",
  runbook: "platform-down",
  title: "Platform down",
  summary: "Users get no answer.",
  severity: "P0",
  content: "c0ffee",
  environment: { name: "production" },
  tier: "production",
  params: {},
  by,
  lock: "production/deploy",
  withinMs: 60_000,
  afterwards: [],
  vitals: [],
  planOnly: false,
});
const note = (text: string): RunEvent => ({ type: "note.added", by, text });

describe("a journal that a team shares", () => {
  test("numbers and chains what many write into one run at the same time", async () => {
    const schema = freshSchema();
    const journals = [open(schema), open(schema), open(schema)];
    const [first] = journals;
    const { lease } = (await first?.begin("r-1", asked(), "a", 60_000)) ?? expect.fail();

    await Promise.all(
      Array.from({ length: 30 }, (_, i) => {
        const journal = journals[i % 3] ?? expect.fail();
        return i % 3 === 0
          ? journal.append(lease, note(`own ${i}`))
          : journal.note("r-1", note(`other ${i}`));
      }),
    );

    expect(await first?.verify("r-1")).toEqual({ intact: true, entries: 31 });
  });

  test("an append whose answer was lost is written once", async () => {
    const schema = freshSchema();
    const direct = open(schema);
    const { lease } = await direct.begin("r-1", asked(), "a", 60_000);
    const way = await losing();
    const journal = open(schema, way.url);
    await journal.read("r-1");

    way.cutAfterCommit();
    const entry = await journal.append(lease, note("once"));

    expect(entry.seq).toBe(2);
    expect((await direct.read("r-1")).map(({ event }) => event.type)).toEqual(["run.asked", "note.added"]);
    expect(await direct.verify("r-1")).toMatchObject({ intact: true });
  });

  test("an entry can be neither changed nor removed, and a chain that was is told", async () => {
    const schema = freshSchema();
    const journal = open(schema);
    const { lease } = await journal.begin("r-1", asked(), "a", 60_000);
    await journal.append(lease, note("one"));
    await journal.append(lease, note("two"));

    for (const change of [
      `update ${schema}.entry set event = '{}'`,
      `delete from ${schema}.entry`,
      `truncate ${schema}.entry`,
    ])
      await expect(sql(change)).rejects.toThrow(/append-only/);
    await sql(`alter table ${schema}.entry disable trigger entry_is_append_only`);
    await sql(`update ${schema}.entry set event = replace(event, 'one', 'won') where seq = 2`);

    expect(await journal.verify("r-1")).toMatchObject({ intact: false, seq: 2 });
    await sql(`delete from ${schema}.entry where seq > 1`);
    expect(await journal.verify("r-1")).toMatchObject({
      intact: false,
      seq: 2,
      why: expect.stringContaining("missing"),
    });
  });

  test("of many first users one makes the tables", async () => {
    const schema = freshSchema();
    const journals = Array.from({ length: 4 }, () => open(schema));

    const rows = await Promise.all(journals.map((journal) => journal.runs()));

    expect(rows).toEqual([[], [], [], []]);
  });

  test("one that a newer program wrote is refused", async () => {
    const schema = freshSchema();
    await open(schema).runs();
    await sql(`insert into ${schema}.journal_schema (version) values (99)`);

    await expect(open(schema).runs()).rejects.toMatchObject({ code: "journal-newer" });
  });

  test("is not kept in the platform's own database", async () => {
    const name = `platform_${(schemas += 1)}`;
    await sql(`create database ${name}`);
    const url = server.url.replace(/\/[^/]*$/, `/${name}`);
    const client = new Client({ connectionString: url });
    await client.connect();
    await client.query("create table schema_migrations (version int); create table reports (id text)");
    await client.end();

    await expect(open("csrd_ops", url).runs()).rejects.toMatchObject({ code: "usage" });
  });

  test("that does not answer is a sentence and a refusal, without the password", async () => {
    const silent = createServer();
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const { port } = silent.address() as AddressInfo;
    silent.close();

    const error = await open("csrd_ops", `postgresql://ops:hunter2secret@127.0.0.1:${port}/ops`)
      .runs()
      .catch((thrown: unknown) => thrown);

    expect(error).toMatchObject({
      code: "journal-unwritable",
      summary: expect.stringContaining("connection refused"),
      hint: expect.stringContaining("OPS_DATABASE_URL"),
    });
    expect(JSON.stringify(error)).not.toContain("hunter2secret");
  });

  test("does not keep a process alive that is done with it", async () => {
    const child = spawn(
      process.execPath,
      [
        "--input-type=module",
        "-e",
        `import { openPostgresJournal } from "#adapters/journal-postgres/journal.ts";
         const journal = openPostgresJournal({ url: { env: "JOURNAL" }, schema: "${freshSchema()}", tls: "off", timeout: "3s" });
         await journal.runs(); journal.close();`,
      ],
      { env: { PATH: process.env["PATH"] ?? "", JOURNAL: server.url }, stdio: "inherit" },
    );

    const code = await new Promise((resolve) => child.on("exit", resolve));

    expect(code).toBe(0);
  });
});

/** A way to the server on which the answer to one commit can be lost, and the connection with it. */
async function losing() {
  let isCutting = false;
  const proxy = createServer((client: Socket) => {
    const { hostname, port } = new URL(server.url);
    const upstream = connect(Number(port), hostname);
    let cut = false;
    client.on("data", (data) => {
      if (isCutting && data.includes("commit")) {
        isCutting = false;
        cut = true;
      }
      upstream.write(data);
    });
    upstream.on("data", (data) => {
      if (cut) client.destroy();
      else client.write(data);
    });
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      one.on("error", () => other.destroy());
      one.on("close", () => other.destroy());
    }
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void proxy.close());
  const url = new URL(server.url);
  url.port = String((proxy.address() as AddressInfo).port);
  return {
    url: url.href,
    cutAfterCommit() {
      isCutting = true;
    },
  };
}
