import { z } from "zod";
import { defineAction } from "#kit";
import { OpsError } from "#kit/errors.ts";
import type { VolumeReader } from "#kit/ports/volumes.ts";

const Growth = z.strictObject({
  volume: z.string(),
  /** Where it is mounted and by whom it is seen, for people. */
  mount: z.string(),
  units: z.array(z.string()).min(1),
  fromBytes: z.int().min(1),
  toBytes: z.int().min(1),
});

const gib = (bytes: number): string => `${Math.round(bytes / 1024 ** 3)} GiB`;

/**
 * Makes a volume larger while it is in use, to a size that was decided from the size it had; what is on it is not touched, and nothing is
 * deleted. Source: csrd-production-runbook "Critical Alerts", Disk Full, expand storage; notes, defect 33 (`find -delete`).
 */
export const growVolume = defineAction({
  title: "Make a volume larger",
  input: Growth,
  risk: "disruptive",
  label: ({ mount, toBytes }) => `Grow ${mount} to ${gib(toBytes)}`,
  preview: ({ volume, mount, units, fromBytes, toBytes }) =>
    `make ${volume} (${mount} of ${units.join(", ")}) larger, ${gib(fromBytes)} → ${gib(toBytes)}, only if it still has that size; it can never be made smaller again`,
  targets: ({ volume }) => [volume],
  within: "restart",
  before: async ({ volume }, { volumes }) => ({ sizeBytes: (await find(volume, volumes)).sizeBytes }),
  async run({ volume, fromBytes, toBytes }, { volumeAdmin, before }) {
    if (before.sizeBytes >= toBytes) return;
    const answer = await volumeAdmin.grow(volume, fromBytes, toBytes);
    if (answer === "changed")
      throw new OpsError("guard-refused", {
        summary: `${volume} has another size than when this was decided; it was left alone.`,
        hint: "Somebody else grew it. ops run disk-full looks again.",
      });
  },
  async confirm({ volume, toBytes }, before, { volumes }) {
    const { sizeBytes } = await find(volume, volumes);
    return sizeBytes >= toBytes
      ? { met: true, saw: `${volume} ${gib(before.sizeBytes)} → ${gib(sizeBytes)}` }
      : { met: false, saw: `${volume} has ${gib(sizeBytes)}` };
  },
  async settle({ volume, toBytes }, _before, { volumes }) {
    const { sizeBytes, state } = await find(volume, volumes);
    if (sizeBytes >= toBytes) return { outcome: "done", because: `${volume} has ${gib(sizeBytes)}` };
    if (state === "changing") return { outcome: "done", because: `${volume} is being made larger` };
    return { outcome: "not-done", because: `${volume} has ${gib(sizeBytes)} and nobody changes it` };
  },
});

async function find(id: string, volumes: VolumeReader) {
  const [volume] = await volumes.look([id]);
  if (volume !== undefined) return volume;
  throw new OpsError("tool-refused", { summary: `There is no volume ${id}.`, hint: "Look again." });
}
