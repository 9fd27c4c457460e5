import { readdirSync, rmSync, statfsSync, utimesSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { apiService } from "#platform/api/api-service.ts";
import { serveSettings } from "#platform/service/settings.ts";
import { newReportId } from "#platform/storage/report-files.ts";
import { createLog } from "#platform/telemetry/log.ts";
import { postgresForTests } from "#test/backends/postgres.ts";
import { redisForTests } from "#test/backends/redis.ts";
import { filesOf } from "../../contracts/report-files-worlds.ts";
import { sha256 } from "../running.ts";
import { type SmallDisk, smallDisk } from "./full-disk.ts";

const mounted = smallDisk(8_192);
const reason = typeof mounted === "string" ? mounted : undefined;
if (reason !== undefined) process.stdout.write(`skipped, a disk that is really full: ${reason}\n`);

async function* kilobytes(count: number): AsyncGenerator<Uint8Array> {
  for (let sent = 0; sent < count; sent += 16) yield Buffer.alloc(16 * 1_024, "row,");
}

describe.skipIf(reason !== undefined)("a disk that is really full", () => {
  const disk = mounted as SmallDisk;
  const used = (): number => statfsSync(disk.folder).blocks - statfsSync(disk.folder).bfree;
  const root = (): string => path.join(disk.folder, "files");
  const files = () => filesOf({ CSRD_ARTIFACTS_DIR: root() });
  const names = (folder: string): readonly string[] =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => entry.name);

  beforeAll(() => {
    files();
  });
  afterAll(() => disk.unmount());

  test("data that does not fit is refused as storage-full, and its room is free again", async () => {
    const [id, before] = [newReportId(new Date()), used()];

    await expect(files().keep(id, kilobytes(16_384))).rejects.toMatchObject({
      code: "storage-full",
      retry: "later",
      exit: 1,
    });
    await files().drop(id);

    expect(names(root())).toEqual([]);
    expect(used() - before).toBeLessThan(8);
  });

  test("an agent's file that does not fit is refused as storage-full, the old one stays, and with room it is written", async () => {
    const id = newReportId(new Date());
    const report = files().of(id);
    await report.write("report.json", "the old one");
    const filler = path.join(disk.folder, "filler");
    const left = statfsSync(disk.folder);
    writeFileSync(filler, Buffer.alloc(left.bfree * left.bsize - 64 * 1_024));
    const large = Buffer.alloc(256 * 1_024, "x");

    await expect(report.write("report.json", large)).rejects.toMatchObject({ code: "storage-full" });
    const writer = await report.writer("rows.ndjson");
    const filling = (async () => {
      for await (const chunk of kilobytes(256)) await writer.write(chunk);
      await writer.close();
    })();
    await expect(filling).rejects.toMatchObject({ code: "storage-full" });
    await writer.abort();

    expect(String(await report.read("report.json"))).toBe("the old one");
    expect(await report.list()).toEqual(["report.json"]);
    expect(names(path.join(root(), "drafts"))).toEqual([]);
    rmSync(filler);
    await report.write("report.json", large);
    expect(await report.size?.("report.json")).toBe(large.byteLength);
    await files().drop(id);
  });

  test("the API answers 507, accepts nothing and leaves nothing behind; with room it takes the same upload", async () => {
    const [postgres, redis] = await Promise.all([postgresForTests(), redisForTests()]);
    const key = "key-of-acme-0123456789";
    const api = await apiService(
      serveSettings({
        CSRD_DATABASE_URL: postgres.url,
        CSRD_REDIS_URL: redis.url,
        CSRD_ARTIFACTS_DIR: root(),
        CSRD_PORT: "0",
        CSRD_DISK_RESERVE_MB: "1",
        CSRD_API_KEYS: `acme:read+write:${sha256(key)}`,
      }),
      createLog("api", { level: "INFO", to: { write: () => undefined } }),
    );
    const filler = path.join(disk.folder, "filler");
    try {
      await vi.waitUntil(async () => (await fetch(`${api.url}/readyz`)).ok, { timeout: 20_000 });
      const authorization = `Bearer ${key}`;
      const send = async () => {
        const form = new FormData();
        form.append("company", '{"name":"Acme"}');
        form.append("data", new Blob([Buffer.alloc(3 * 1_024 * 1_024, "a,b\n")]), "data.csv");
        // Without a length the API cannot know beforehand that it will not fit.
        const { body, headers } = new Response(form);
        const type = headers.get("content-type") ?? "";
        return fetch(`${api.url}/api/v1/reports`, {
          method: "POST",
          headers: { authorization, "idempotency-key": "full", "content-type": type },
          body,
          duplex: "half",
        });
      };
      const left = statfsSync(disk.folder);
      writeFileSync(filler, Buffer.alloc(left.bfree * left.bsize - 2 * 1_024 * 1_024));

      const refused = await send();
      const listed = await fetch(`${api.url}/api/v1/reports`, { headers: { authorization } });

      expect(refused.status).toBe(507);
      expect(await refused.json()).toMatchObject({ code: "store-full", reason: "storage-full" });
      expect(await listed.json()).toMatchObject({ reports: [] });
      expect(names(root())).toEqual([]);
      rmSync(filler);
      const taken = await send();
      expect(taken.status).toBe(202);
    } finally {
      rmSync(filler, { force: true });
      await api.stop();
      await Promise.all([postgres.stop(), redis.stop()]);
    }
  });

  test("drafts of processes that were killed go after a day, younger ones stay", async () => {
    const drafts = path.join(root(), "drafts");
    const [old, young] = ["CSRD-20261121-7K2M9QX4TB.1.part", "CSRD-20261121-7K2M9QX4TB.2.part"];
    for (const name of [old, young]) writeFileSync(path.join(drafts, name), "half");
    const before = new Date(Date.now() - 25 * 3_600_000);
    utimesSync(path.join(drafts, old), before, before);

    files();

    await vi.waitUntil(() => !readdirSync(drafts).includes(old), { timeout: 15_000 });
    expect(readdirSync(drafts)).toEqual([young]);
  });
});
