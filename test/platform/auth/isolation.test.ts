import * as fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ApiService } from "#platform/api/api-service.ts";
import { newReportId } from "#platform/storage/report-files.ts";
import { type GuardedRoute, routesOf } from "#platform/service/gate.ts";
import { ask, type Held, startWorld, type World } from "./world.ts";

/** What one tenant has: everything by which another might reach it or see it. */
type Belongings = {
  readonly held: Held;
  readonly ids: string[];
  /** Words that stand nowhere but in this tenant's things. */
  readonly marks: string[];
};

let world: World;
let api: ApiService;
let tenants: readonly [Belongings, Belongings];

beforeAll(async () => {
  world = await startWorld();
  api = await world.api({ CSRD_RATE_LIMIT_REFUSED: "100000" });
  const rights = ["read", "write", "admin"] as const;
  tenants = [
    { held: await world.key("acme", rights), ids: [], marks: [] },
    { held: await world.key("other", rights), ids: [], marks: [] },
  ];
  for (const [index, tenant] of tenants.entries()) await send(tenant, `first-of-${index}`, undefined);
});
afterAll(() => world?.stop());

function send({ held, ids, marks }: Belongings, company: string, idempotency: string | undefined) {
  const body = new FormData();
  body.set("data", new Blob([`date,activity,amount,unit\n2025-01-01,${company},1,kWh\n`]), `${company}.csv`);
  body.set("company", new Blob([JSON.stringify({ name: company })]), "company.json");
  marks.push(company);
  return ask(`${api.url}/api/v1/reports`, held.key, {
    method: "POST",
    body,
    headers: idempotency === undefined ? {} : { "idempotency-key": idempotency },
  }).then((answer) => {
    ids.push(answer.json.id);
    return answer;
  });
}

/** The same address for two ids, with everything else in it equal. */
function addressOf(route: GuardedRoute, id: string, file: string): string {
  return route.url.replace(":id", id).replace("*", file);
}

const word = fc.string({
  unit: fc.constantFrom(..."abcdefghijklmnopqrstuvwxyz".split("")),
  minLength: 8,
  maxLength: 12,
});

test("whatever two tenants send, and under whichever keys, each has its own and sees nothing of the other's", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({
          who: fc.constantFrom(0, 1),
          company: word,
          key: fc.constantFrom("one", "two", undefined),
        }),
        {
          minLength: 2,
          maxLength: 6,
        },
      ),
      fc.nat(),
      async (sendings, round) => {
        const replayed = new Map<string, string>();
        for (const { who, company, key } of sendings) {
          // The same idempotency key for both tenants, and one company for each use of it.
          const name = `${company}${who}`;
          const idempotency = key === undefined ? undefined : `${key}-${round}-${replayed.size}`;
          const first = await send(tenants[who], name, idempotency);
          expect(first.status).toBe(202);
          if (idempotency !== undefined) {
            const again = await send(tenants[who], name, idempotency);
            const theirs = await send(tenants[who === 0 ? 1 : 0], `${company}${1 - who}`, idempotency);
            expect(again.json.id).toBe(first.json.id);
            expect(theirs.headers.get("idempotency-replayed")).toBeNull();
            expect(theirs.json.id).not.toBe(first.json.id);
            replayed.set(idempotency, first.json.id);
          }
        }
        for (const [mine, others] of [tenants, tenants.toReversed() as [Belongings, Belongings]]) {
          const { text, json } = await ask(`${api.url}/api/v1/reports?limit=200`, mine.held.key);
          const listed = json.reports.map((report: any) => report.id);
          expect(new Set(listed)).toEqual(new Set(mine.ids));
          for (const foreign of [...others.ids, others.held.record.id]) expect(text).not.toContain(foreign);
        }
      },
    ),
    { numRuns: 6 },
  );
});

test("on every route another tenant's report, file, event stream and key are told exactly like ones that are not there", async () => {
  const [mine, others] = tenants;
  const routes = routesOf(api.app).filter(({ url, method }) => url.includes(":id") && method !== "HEAD");
  expect(routes.length).toBeGreaterThanOrEqual(7);
  for (const route of routes) {
    const isKey = route.url.includes("/keys/");
    const foreign = isKey ? others.held.record.id : (others.ids[0] ?? "");
    const nowhere = isKey ? "csrd_live_00000000" : newReportId(new Date());
    const init = {
      method: route.method,
      ...(route.method === "POST" ? { headers: { "content-type": "application/json" }, body: "{}" } : {}),
    };
    for (const file of [
      "company.json",
      `inputs/${others.marks[0]}.csv`,
      "lineage.json",
      "reports/esrs_report.xhtml",
    ]) {
      const there = await ask(`${api.url}${addressOf(route, foreign, file)}`, mine.held.key, init);
      const none = await ask(`${api.url}${addressOf(route, nowhere, file)}`, mine.held.key, init);

      expect([route.method, route.url, there.status]).toEqual([route.method, route.url, 404]);
      expect({ ...there.json, request_id: "" }).toEqual({ ...none.json, request_id: "" });
      expect(namesOf(there.headers)).toEqual(namesOf(none.headers));
    }
  }
  // Nothing of it was changed on the way.
  expect((await ask(`${api.url}/api/v1/reports/${others.ids[0]}`, others.held.key)).json.status).toBe(
    "queued",
  );
  expect((await ask(`${api.url}/api/v1/keys`, others.held.key)).json.keys[0].state).toBe("active");
});

test("another tenant's report costs the database as many questions as one that is not there", async () => {
  const [mine, others] = tenants;
  const questions = async (id: string): Promise<number> => {
    const count = async () => {
      const { text } = await ask(`${api.url}/metrics`);
      return Number(/^csrd_database_query_duration_seconds_count (\d+)/m.exec(text)?.[1]);
    };
    const before = await count();
    for (let i = 0; i < 40; i += 1) await ask(`${api.url}/api/v1/reports/${id}`, mine.held.key);
    return (await count()) - before;
  };

  const foreign = await questions(others.ids[0] ?? "");
  const nowhere = await questions(newReportId(new Date()));

  // What the process asks by itself beside it is a few questions.
  expect(Math.abs(foreign - nowhere)).toBeLessThan(20);
  expect(Math.min(foreign, nowhere)).toBeGreaterThanOrEqual(40);
});

test("a page of the list cannot be begun at another tenant's report", async () => {
  const [mine, others] = tenants;

  const { status, text } = await ask(`${api.url}/api/v1/reports?after=${others.ids[0]}`, mine.held.key);

  expect(status).toBeLessThan(500);
  for (const id of others.ids) expect(text.replaceAll(`after=${id}`, "")).not.toContain(id);
});

function namesOf(headers: Headers): readonly string[] {
  return [...headers.keys()].toSorted();
}
