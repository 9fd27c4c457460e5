import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { childEnvironment } from "#kit/redact/child-environment.ts";

const hogs = path.join(import.meta.dirname, "../../sandbox/hogs");

/** A process that does nothing of its own, with a hog inside; told how much by the variables. */
function host(kind: "memory" | "cpu", mark: string, variables: Readonly<Record<string, string>>): number {
  const child = spawn(
    process.execPath,
    ["--import", path.join(hogs, `${kind}.ts`), "-e", "setTimeout(() => undefined, 60_000)"],
    { env: { ...childEnvironment(process.env), SANDBOX_HOG: mark, ...variables }, stdio: "ignore" },
  );
  onTestFinished(() => void child.kill("SIGKILL"));
  return child.pid ?? 0;
}

function marker(): string {
  const folder = mkdtempSync(path.join(tmpdir(), "csrd-hog-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const mark = path.join(folder, "hog");
  writeFileSync(mark, "");
  return mark;
}

const residentMiB = (pid: number) =>
  Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024;
const threadsOf = (pid: number) =>
  Number(/^Threads:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0);

test("a memory hog holds what it was told to, goes on growing, and is not there at the next start", async () => {
  const mark = marker();
  const first = host("memory", mark, { SANDBOX_HOG_MIB: "300" });

  await vi.waitFor(() => expect(residentMiB(first)).toBeGreaterThan(302), { timeout: 30_000 });
  expect(existsSync(mark)).toBe(false);

  const second = host("memory", mark, { SANDBOX_HOG_MIB: "300" });
  await vi.waitFor(() => expect(threadsOf(second)).toBeGreaterThan(4), { timeout: 10_000 });
  expect(residentMiB(second)).toBeLessThan(200);
});

test("a CPU hog spins in as many threads as it was told to, and lets its process end", async () => {
  const mark = marker();
  const without = host("cpu", path.join(path.dirname(mark), "none"), { SANDBOX_HOG_CORES: "2" });
  const withThem = host("cpu", mark, { SANDBOX_HOG_CORES: "2" });

  await vi.waitFor(() => expect(threadsOf(withThem)).toBeGreaterThanOrEqual(threadsOf(without) + 2), {
    timeout: 30_000,
  });
  process.kill(withThem, "SIGTERM");

  await vi.waitFor(
    () => expect(existsSync(`/proc/${withThem}/status`) && threadsOf(withThem) > 1).toBe(false),
    {
      timeout: 10_000,
    },
  );
});
