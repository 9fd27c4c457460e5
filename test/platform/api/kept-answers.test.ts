import { expect, test } from "vitest";
import { completeStage, finishReport } from "#platform/storage/reports.ts";
import { folderFiles } from "#platform/storage/report-files.ts";
import { keys, servingApi } from "./serving.ts";

const serving = servingApi();
const stage = {
  agent: "intake",
  result: { status: "ok", summary: "1 row read", figures: { rows: 1 }, warnings: [], wrote: [] },
  ms: 10,
  worker: "test",
} as const;

test("an answer that is kept is the report's as it is now, stage by stage, and nobody else's", async () => {
  const { call, send, database } = serving();
  const id = await send();
  const status = `/api/v1/reports/${id}/status`;

  const [first, again] = [await call("GET", status), await call("GET", status)];
  await completeStage(database, id, stage);
  const later = await call("GET", status);
  const others = await call("GET", status, { key: keys.other });
  await finishReport(database, id, { status: "completed", outcome: "ok" });
  const ended = await call("GET", status);

  expect(again.text).toBe(first.text);
  expect(first.json.stages[0]).toEqual({ agent: "intake", status: "pending" });
  expect(later.json.stages[0]).toMatchObject({ status: "ok", summary: "1 row read", duration_ms: 10 });
  expect(others).toMatchObject({ status: 404, json: { code: "not-found" } });
  expect(ended.json).toMatchObject({ status: "completed", outcome: "ok" });
});

test("files that come while a report runs are listed at once, and those that retention takes are not any more", async () => {
  const { call, send, database, root } = serving();
  const id = await send();
  const files = folderFiles(root);
  const listed = async (): Promise<readonly string[]> =>
    (await call("GET", `/api/v1/reports/${id}`)).json.artifacts.map(({ name }: { name: string }) => name);

  const before = await listed();
  await files.of(id).write("reports/summary.json", "{}");
  const running = await listed();
  await finishReport(database, id, { status: "completed", outcome: "ok" });
  const ended = [await listed(), await listed()];
  await files.drop(id);
  await database.query("update reports set files_state = 'deleted' where id = $1", [id]);

  expect(before).not.toContain("reports/summary.json");
  expect(running).toContain("reports/summary.json");
  expect(ended).toEqual([running, running]);
  expect(await listed()).toEqual([]);
});

test("a report that is gone is not answered from what was kept", async () => {
  const { call, send, database } = serving();
  const id = await send();
  const whole = `/api/v1/reports/${id}`;
  const before = await call("GET", whole);

  await database.query("update reports set owner = 'somebody-else' where id = $1", [id]);

  expect(before.status).toBe(200);
  expect((await call("GET", whole)).status).toBe(404);
  expect((await call("GET", `${whole}/status`)).status).toBe(404);
});
