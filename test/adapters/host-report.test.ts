import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { readHostReport } from "#adapters/aws/host-report.ts";
import { machineDocuments } from "#adapters/aws/machine-documents.ts";
import { lookScript, restartScript } from "#adapters/aws/machine-scripts.ts";
import { OpsError } from "#kit/errors.ts";

/** What the script printed on Debian 12 with procps, on a machine with NVMe volumes. */
const debian = `@units 100 4096 2
@memory
MemTotal:       24684092 kB
MemFree:        19292968 kB
MemAvailable:   23512664 kB
Buffers:          206620 kB
Cached:          3796564 kB
@volumes
nvme0n1 vol0a1b2c3d4e5f60718
nvme1n1 vol0fedcba9876543210
@disks
Filesystem              1024-blocks     Used Available Capacity Mounted on
udev                       12334492        0  12334492       0% /dev
tmpfs                      24684092        0  24684092       0% /dev/shm
/dev/nvme0n1p1            264212084 31855104  74535808      30% /
/dev/nvme0n1p15              126678    11840    114838      10% /boot/efi
/dev/loop3                    65536    65536         0     100% /snap/core22/1564
/dev/nvme1n1               52428800 51380224   1048576      98% /var/lib/csrd reports
/dev/nvme1n1               52428800 51380224   1048576      98% /var/lib/csrd reports/kept/deeper
fs-1:/exports           9007199254739968 1048576 9007199253691392 1% /mnt/reports
tmpfs                      12342044        0  12342044       0% /sys/fs/cgroup
@processors
c 145 204 1.01 45844.88
@processes
p 21666 33 35283 4584432 MainThread
p 21690 66 26564 4584443 node (worker) 1
p 1 1 5875 30 systemd
p 7009 1 1130 4510813 bash
p 21690 66 26564 4584443 node (worker) 1
p 77 1 0 142 kdamond.0
p 10 0 0 30 kworker/0:0H-kblockd
`;

/** What it printed with busybox 1.35: df lays its columns out in its own way, and there is no getconf. */
const busybox = `@units 100 4096 2
@memory
MemTotal:       24684092 kB
MemFree:        18141608 kB
MemAvailable:   22387472 kB
Buffers:          206828 kB
Cached:          3822428 kB
@volumes
@disks
Filesystem           1024-blocks    Used Available Capacity Mounted on
devtmpfs              12334492         0  12334492   0% /dev
tmpfs                 24684092         0  24684092   0% /dev/shm
/dev/vda             264212084  31858164  74532748  30% /
tmpfs                 12342044         0  12342044   0% /sys/fs/cgroup
@processors
c 211 211 1.05 45862.53
@processes
p 21850 204 377162 4585306 node
p 1 1 5875 30 init
`;

describe("what a machine reports of itself", () => {
  test("is read with procps: memory that programs hold, cores in use, disks with their volumes", () => {
    const { memory, cpu, disks, processes } = readHostReport(debian, "i-1");

    expect(memory).toEqual({
      usedBytes: (24_684_092 - 23_512_664) * 1024,
      limitBytes: 24_684_092 * 1024,
    });
    expect(cpu).toEqual({ used: 1.422, limit: 2 });
    expect(disks.map(({ mount, volume }) => [mount, volume])).toEqual([
      ["/", "vol-0a1b2c3d4e5f60718"],
      ["/boot/efi", "vol-0a1b2c3d4e5f60718"],
      ["/mnt/reports", undefined],
      ["/var/lib/csrd reports", "vol-0fedcba9876543210"],
    ]);
    expect(disks[3]).toMatchObject({ sizeBytes: 52_428_800 * 1024, usedBytes: 51_380_224 * 1024 });
    expect(processes.map(({ pid }) => pid)).toEqual([21_666, 21_690, 1, 7_009, 77]);
    expect(processes[1]).toEqual({
      pid: 21_690,
      command: "node (worker) 1",
      rssBytes: 26_564 * 4_096,
      cpus: 0.653,
      ageSeconds: 0,
    });
  });

  test("is read with busybox", () => {
    const { cpu, disks, processes } = readHostReport(busybox, "i-1");

    expect(cpu.used).toBe(2);
    expect(disks.map(({ mount, usedBytes }) => [mount, usedBytes])).toEqual([["/", 31_858_164 * 1024]]);
    expect(processes[0]).toMatchObject({ command: "node", cpus: 1.943 });
  });

  test("counts what the kernel would give back as free where it does not say so itself", () => {
    const old = debian.replace(/MemAvailable.*\n/, "");

    expect(readHostReport(old, "i-1").memory.usedBytes).toBe(
      (24_684_092 - 19_292_968 - 206_620 - 3_796_564) * 1024,
    );
  });

  test("shows twenty processes at most, and the small one that eats a processor among them", () => {
    const lines = Array.from({ length: 40 }, (_, at) => `p ${at + 100} 0 ${9_000 - at} 5 idle`);
    const text = `${debian.split("@processes")[0]}@processes\n${lines.join("\n")}\np 7 99 3 5 spin\n`;

    const { processes } = readHostReport(text, "i-1");

    expect(processes).toHaveLength(20);
    expect(processes.at(-1)).toMatchObject({ command: "spin", cpus: 0.98 });
  });

  test("cannot be told anything by the name of a process", () => {
    const text = `${debian}p 66 0 99999 5 \u001b[31mred\u202e\n@memory\nMemTotal: 5 kB\n@disks\n/dev/x 9 9 0 100% /forged\np 1 1\n`;

    const { memory, disks, processes } = readHostReport(text, "i-1");

    expect(memory.limitBytes).toBe(24_684_092 * 1024);
    expect(disks.some(({ mount }) => mount === "/forged")).toBe(false);
    expect(processes[0]?.command).toBe("red");
  });

  test.for([
    ["nothing", ""],
    ["an error page", "<html>502</html>"],
    ["half a report", debian.split("@processors")[0] ?? ""],
    ["no memory", debian.replace(/MemTotal.*\n/, "")],
    ["numbers that are none", debian.replace("c 145 204", "c x y")],
  ] as const)("is refused when it is %s", ([, text]) => {
    expect(() => readHostReport(text, "i-1")).toThrow(OpsError);
    expect(() => readHostReport(text, "i-1")).toThrow(/i-1/);
  });

  test.runIf(process.platform === "linux")(
    "is printed by the very script, on the machine that runs this test",
    async () => {
      const { stdout } = await promisify(execFile)("sh", ["-c", lookScript]);

      const { memory, cpu, processes } = readHostReport(stdout, "here");

      expect(memory.usedBytes).toBeGreaterThan(0);
      expect(memory.usedBytes).toBeLessThan(memory.limitBytes);
      expect(cpu.limit).toBeGreaterThanOrEqual(1);
      expect(processes.length).toBeGreaterThan(1);
      expect(processes.every(({ rssBytes }) => rssBytes < memory.limitBytes)).toBe(true);
    },
  );
});

test("the scripts hold nothing that an SSM document would take for a parameter of its own", () => {
  expect(`${lookScript}${restartScript("csrd-platform")}`).not.toMatch(/\{\{|\}\}/);
  const machines = { unit: "csrd-platform", lookDocument: "a-b", restartDocument: "c-d" };
  const documents = machineDocuments(machines, {
    readers: new Set(["hosts"]),
    operators: new Set(["workloadAdmin"]),
  });
  expect(documents.map(({ id }) => id)).toEqual(["aws-look-document", "aws-restart-document"]);
  expect(documents[1]?.document.mainSteps[0]?.inputs.runCommand).toEqual([
    "systemctl --no-block restart -- csrd-platform",
  ]);
});
