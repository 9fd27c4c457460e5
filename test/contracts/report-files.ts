import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { archiveManifestName, archiveReport, verifyArchive } from "#platform/storage/archive.ts";
import { newReportId, type ReportFiles } from "#platform/storage/report-files.ts";
import { run } from "../platform/running.ts";

/** A store of reports' files, and how other processes are told of it. */
export type FilesWorld = {
  readonly files: ReportFiles;
  /** Another part of the same kind of store, as an archive is. */
  readonly elsewhere: ReportFiles;
  /** The `CSRD_*` variables that mean this store. */
  readonly environment: Readonly<Record<string, string>>;
  /** Drafts or uploads of this report that are begun and not finished. */
  readonly unfinished: (id: string) => Promise<number>;
  readonly close: () => Promise<void>;
};

const anId = (): string => newReportId(new Date());
const sha256 = (...pieces: readonly Uint8Array[]): string =>
  pieces.reduce((hash, piece) => hash.update(piece), createHash("sha256")).digest("hex");
/** Bytes that no part boundary divides evenly, and that differ from place to place. */
const pieces = Array.from({ length: 9 }, (_, place) => Buffer.alloc(1_000_003, `${place} is the place;`));
async function* flowing(chunks: readonly Uint8Array[] = pieces): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield chunk;
}
async function all(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const got: Uint8Array[] = [];
  for await (const chunk of chunks) got.push(chunk);
  return Buffer.concat(got);
}

/** What every store of reports' files must do, whoever keeps the bytes. With a reason to skip, it says so and skips. */
export function reportFilesContract(name: string, open: () => Promise<FilesWorld>, skip?: string): void {
  if (skip !== undefined) process.stdout.write(`skipped, report files against ${name}: ${skip}\n`);
  describe.skipIf(skip !== undefined)(`report files: ${name}`, () => {
    let world: FilesWorld;
    const store = (): ReportFiles => world.files;

    beforeAll(async () => {
      world = await open();
    });
    afterAll(() => world?.close());

    it("gives back what was written, and lists it in order", async () => {
      const report = store().of(anId());

      await report.write("reports/report.xhtml", "<html/>");
      await report.write("company.json", Buffer.from('{"name":"Ü"}'));
      await report.write("empty.txt", "");

      expect(String(await report.read("company.json"))).toBe('{"name":"Ü"}');
      expect(await report.size?.("company.json")).toBe(13);
      expect((await all(report.stream("empty.txt"))).byteLength).toBe(0);
      expect(await report.exists("reports/report.xhtml")).toBe(true);
      expect(await report.exists("reports")).toBe(false);
      expect(await report.list()).toEqual(["company.json", "empty.txt", "reports/report.xhtml"]);
    });

    it("says that a file is missing, in each way of asking", async () => {
      const report = store().of(anId());

      await expect(report.read("a.json")).rejects.toMatchObject({ code: "artifact-missing" });
      await expect(all(report.stream("a.json"))).rejects.toMatchObject({ code: "artifact-missing" });
      await expect(report.size?.("a.json")).rejects.toMatchObject({ code: "artifact-missing" });
      expect(await report.exists("a.json")).toBe(false);
      expect(await report.list()).toEqual([]);
    });

    it.each(["../up", "/etc/passwd", "a//b", "a/../b", ".hidden", "a\\b", "a\u0000b", "ä.json", ""])(
      "takes no name that could lead elsewhere: %j",
      async (unsafe) => {
        const report = store().of(anId());

        await expect(report.write(unsafe, "x")).rejects.toMatchObject({ code: "artifact-unsafe" });
        await expect((async () => report.read(unsafe))()).rejects.toMatchObject({ code: "artifact-unsafe" });
      },
    );

    it("takes no id that could lead elsewhere", async () => {
      expect(() => store().of("../CSRD-20261121-7K2M9QX4TB")).toThrow("not a report id");
      await expect((async () => store().keep("CSRD-1", flowing()))()).rejects.toThrow("not a report id");
      await expect((async () => store().drop(".."))()).rejects.toThrow("not a report id");
    });

    it("shows a large artifact when it is closed, whole, and not before", async () => {
      const [id, before] = [anId(), "the old one"];
      const report = store().of(id);
      await report.write("rows.ndjson", before);

      const writer = await report.writer("rows.ndjson");
      for (const piece of pieces) await writer.write(piece);
      const seen = String(await report.read("rows.ndjson"));
      await writer.close();
      await writer.abort();

      expect(seen).toBe(before);
      expect(sha256(await report.read("rows.ndjson"))).toBe(sha256(...pieces));
      expect(await world.unfinished(id)).toBe(0);
    });

    it("keeps nothing of what was aborted, large or small", async () => {
      const id = anId();
      const report = store().of(id);

      for (const some of [pieces, pieces.slice(0, 1)]) {
        const writer = await report.writer("rows.ndjson");
        for (const piece of some) await writer.write(piece);
        await writer.abort();
      }

      expect(await report.list()).toEqual([]);
      expect(await world.unfinished(id)).toBe(0);
    });

    it("lets a reader who has begun read one version to its end", async () => {
      const report = store().of(anId());
      const old = await report.writer("rows.ndjson");
      for (const piece of pieces) await old.write(piece);
      await old.close();

      const reading = report.stream("rows.ndjson")[Symbol.asyncIterator]();
      const first = await reading.next();
      await report.write("rows.ndjson", "the new one");
      const rest = await all({ [Symbol.asyncIterator]: () => reading });

      expect(first.done).toBe(false);
      expect(sha256(Buffer.concat([first.value ?? Buffer.alloc(0), rest]))).toBe(sha256(...pieces));
      expect(String(await report.read("rows.ndjson"))).toBe("the new one");
    });

    it("keeps one whole version when two write at once", async () => {
      const report = store().of(anId());
      const versions = [pieces, [...pieces].reverse()];

      await Promise.all(
        versions.map(async (version) => {
          const writer = await report.writer("rows.ndjson");
          for (const piece of version) await writer.write(piece);
          await writer.close();
        }),
      );

      expect(versions.map((version) => sha256(...version))).toContain(
        sha256(await report.read("rows.ndjson")),
      );
    });

    it("streams data in, says what it was, and never replaces it", async () => {
      const id = anId();

      const kept = await store().keep(id, flowing(), "../../Energy 2025.csv");
      const again = await Promise.allSettled(
        [flowing(), flowing(pieces.slice(0, 1))].map((chunks) => store().keep(id, chunks, "Energy 2025.csv")),
      );

      expect(kept).toEqual({
        name: "inputs/Energy-2025.csv",
        sha256: sha256(...pieces),
        bytes: 9 * 1_000_003,
      });
      const refused = { status: "rejected", reason: { code: "artifact-exists" } };
      expect(again).toMatchObject([refused, refused]);
      expect(sha256(await store().of(id).read(kept.name))).toBe(kept.sha256);
      expect(await world.unfinished(id)).toBe(0);
    });

    it("keeps nothing of data whose sender breaks off, and passes on why", async () => {
      const id = anId();
      async function* breaking(count: number): AsyncGenerator<Uint8Array> {
        yield* flowing(pieces.slice(0, count));
        throw new Error("the sender went away");
      }

      const both = await Promise.allSettled([
        store().keep(id, breaking(1), "a.csv"),
        store().keep(id, breaking(9), "b.csv"),
      ]);

      const refused = { status: "rejected", reason: { message: "the sender went away" } };
      expect(both).toMatchObject([refused, refused]);
      expect(await store().of(id).list()).toEqual([]);
      expect(await world.unfinished(id)).toBe(0);
    });

    it("shows nothing of data whose process was killed, and dropping the report takes what is left", async () => {
      const id = anId();
      const child = run("test/contracts/keep-until-killed.ts", [id], { ...world.environment });

      await child.says(/on its way/);
      const end = await child.end("SIGKILL");

      expect(end).toBe("SIGKILL");
      expect(await store().of(id).list()).toEqual([]);
      expect(await world.unfinished(id)).toBe(1);
      await store().drop(id);
      expect(await world.unfinished(id)).toBe(0);
    });

    it("gives the bytes of a range", async () => {
      const id = anId();
      await store().keep(id, flowing(), "rows.csv");
      const stream = store().of(id).stream("inputs/rows.csv", { from: 999_999, to: 8_700_000 });

      expect(sha256(await all(stream))).toBe(sha256(Buffer.concat(pieces).subarray(999_999, 8_700_001)));
    });

    it("stops reading when the reader has had enough", async () => {
      const id = anId();
      await store().keep(id, flowing(), "rows.csv");

      for await (const chunk of store().of(id).stream("inputs/rows.csv")) {
        expect(chunk.byteLength).toBeGreaterThan(0);
        break;
      }

      expect(await store().of(id).size?.("inputs/rows.csv")).toBe(9 * 1_000_003);
    });

    it("lists and drops more than a page, and only that report", async () => {
      const [id, neighbour] = [anId(), anId()];
      const names = Array.from({ length: 25 }, (_, number) => `intermediate/${number}.json`);
      await Promise.all(names.map((name) => store().of(id).write(name, name)));
      await store().of(neighbour).write("company.json", "{}");

      expect(await store().of(id).list()).toEqual(names.toSorted());
      await store().drop(id);
      await store().drop(id);

      expect(await store().of(id).list()).toEqual([]);
      expect(await store().of(neighbour).list()).toEqual(["company.json"]);
    });

    it("knows which uploads began and were never accepted", async () => {
      const [begun, taken, dropped] = [anId(), anId(), anId()];
      for (const id of [begun, taken, dropped]) await store().begin(id);

      await store().accepted(taken);
      await store().drop(dropped);
      const marked: string[] = [];
      for await (const id of store().unaccepted(-60_000)) marked.push(id);
      const old: string[] = [];
      for await (const id of store().unaccepted(60_000)) old.push(id);

      expect(marked).toContain(begun);
      expect(marked).not.toContain(taken);
      expect(marked).not.toContain(dropped);
      expect(old).toEqual([]);
      expect(await store().of(begun).list()).toEqual([]);
      await store().drop(begun);
    });

    it("keeps what processes note of themselves apart from all reports", async () => {
      await store().notes.write("intake.json", "1");
      await store().notes.write("intake.json", "2");

      expect(String(await store().notes.read("intake.json"))).toBe("2");
    });

    it("says that it is accessible", async () => {
      expect(await store().accessible()).toBe(true);
    });

    it("is archived elsewhere: everything, compared, the manifest last, and again without copying twice", async () => {
      const id = anId();
      await store().keep(id, flowing(), "rows.csv");
      await store().of(id).write("company.json", "{}");
      // As a crash in the middle leaves it: one file is there, another is of an earlier try.
      await world.elsewhere.of(id).write("company.json", "{}");
      await world.elsewhere.of(id).write("inputs/rows.csv", "half");

      const first = await archiveReport(store(), world.elsewhere, id);
      const second = await archiveReport(store(), world.elsewhere, id);

      expect(first.files).toEqual([
        { name: "company.json", bytes: 2, sha256: sha256(Buffer.from("{}")) },
        { name: "inputs/rows.csv", bytes: 9 * 1_000_003, sha256: sha256(...pieces) },
      ]);
      expect(second).toEqual(first);
      expect(await world.elsewhere.of(id).list()).toContain(archiveManifestName);
      expect(await verifyArchive(world.elsewhere, id)).toEqual(first);
    });

    it("finds an archive that is not whole, and archives no report that is not there", async () => {
      const [id, unknown] = [anId(), anId()];
      await store().of(id).write("company.json", "{}");
      await archiveReport(store(), world.elsewhere, id);

      await world.elsewhere.of(id).write("company.json", "[]");
      await store().drop(id);

      await expect(verifyArchive(world.elsewhere, id)).rejects.toMatchObject({ code: "artifact-damaged" });
      await expect(archiveReport(store(), world.elsewhere, id)).rejects.toMatchObject({
        code: "artifact-damaged",
      });
      await expect(archiveReport(store(), world.elsewhere, unknown)).rejects.toMatchObject({
        code: "artifact-missing",
      });
      await expect(verifyArchive(world.elsewhere, unknown)).rejects.toMatchObject({
        code: "artifact-missing",
      });
    });
  });
}
