import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { parseAwsBinding } from "#adapters/aws/binding.ts";
import { awsClients } from "#adapters/aws/clients.ts";
import { volumeAdmin, volumeReader } from "#adapters/aws/volumes.ts";
import { type DataDisk, dataDisk, withVolumes } from "#sandbox/data-disk.ts";
import { lookIntoMachine, type MachineDisk } from "#sandbox/machine-host.ts";
import { type AwsStandin, startAwsStandin } from "#sandbox/standins/start-aws-standin.ts";
import { memoryCloud } from "#test/sandbox/standins/memory-cloud.ts";
import { practiceKeys } from "#test/contracts/aws-standin.ts";

const gib = 1024 ** 3;

let folder: string;
let disk: DataDisk;
const disks: MachineDisk[] = [];
let standin: AwsStandin;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "ops-volumes-"));
  disk = dataDisk(folder, disks);
  standin = await startAwsStandin({ cloud: withVolumes(memoryCloud(), disk), keys: practiceKeys });
});

afterAll(async () => {
  await standin.stop();
  disk.unmount();
  rmSync(folder, { recursive: true, force: true });
});

function clients(as: "read" | "act") {
  const kept = (name: string, value: string) => {
    const file = join(folder, name);
    writeFileSync(file, value, { mode: 0o600 });
    return { file };
  };
  const { accessKeyId, secretAccessKey } = practiceKeys[as];
  const credentials = {
    accessKeyId: kept(`${as}-id`, accessKeyId),
    secretAccessKey: kept(`${as}-key`, secretAccessKey),
  };
  const binding = parseAwsBinding({
    region: "eu-central-1",
    endpoint: standin.url,
    read: credentials,
    act: credentials,
  });
  return awsClients(binding, binding.read, as === "read" ? 3 : 1);
}

/** The disk as the agent on a machine sees it. */
async function seen(): Promise<{ readonly size: number; readonly used: number }> {
  const { disks: found } = await lookIntoMachine(undefined, { cpus: 1, memoryMiB: 512 }, disks);
  return found[0] ?? { size: 0, used: 0 };
}

test.runIf(process.platform === "linux")(
  "a full disk grows under what is on it, once, and only from the size that was seen",
  async () => {
    disk.fill(0.97);
    onTestFinished(() => disk.unmount());
    const [volume] = disk.volumes();
    const id = volume?.id ?? "";
    const before = await seen();
    expect(before.used / before.size).toBeGreaterThan(0.95);
    expect(await volumeReader(clients("read")).look([id])).toEqual([
      { id, sizeBytes: 20 * gib, state: "steady" },
    ]);
    if (disk.kept() === "by the kernel")
      expect(() => writeFileSync(join(folder, "data-disk", "more"), Buffer.alloc(2 * 1024 ** 2))).toThrow(
        /ENOSPC/,
      );
    else
      process.stderr.write("No disk may be mounted here: its limit is counted, and ENOSPC is not tried.\n");

    const admin = volumeAdmin(clients("act"));
    expect(await admin.grow(id, 10 * gib, 30 * gib)).toBe("changed");
    expect(await admin.grow(id, 20 * gib, 10 * gib)).toBe("changed");
    expect((await seen()).size).toBe(before.size);
    expect(await admin.grow(id, 20 * gib, 30 * gib)).toBe("accepted");
    expect(await admin.grow(id, 20 * gib, 30 * gib)).toBe("accepted");

    const after = await seen();
    expect(after.size / before.size).toBeCloseTo(1.5, 2);
    expect(after.used).toBeGreaterThanOrEqual(before.used);
    expect(await volumeReader(clients("read")).look([id])).toEqual([
      { id, sizeBytes: 30 * gib, state: "resting" },
    ]);
    expect(standin.calls.filter(({ action }) => action === "ModifyVolume")).toHaveLength(1);
    writeFileSync(join(folder, "data-disk", "more"), Buffer.alloc(2 * 1024 ** 2));
  },
);

test("no volume never means all, and one that is not there is refused", async () => {
  const reader = volumeReader(clients("read"));

  await expect(reader.look([])).rejects.toMatchObject({ code: "selector-empty" });
  await expect(reader.look(["vol-0123456789abcdef0"])).rejects.toMatchObject({ code: "tool-refused" });
});
