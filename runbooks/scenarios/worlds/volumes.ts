import { OpsError } from "#kit/errors.ts";
import type { Volume, VolumeAdmin, VolumeReader } from "#kit/ports/volumes.ts";
import type { FakeHosts } from "./hosts.ts";
import type { Room } from "./room.ts";

/** The volumes of the fake world, by id; `extends`: the file systems on it follow its size. "silent": the cloud does not say. */
export type FakeVolumes = Map<
  string,
  { -readonly [Key in keyof Volume]: Volume[Key] } & { readonly extends: boolean }
> & {
  silent?: true;
};

/** The part of the world that keeps disks. */
export function volumesPart(
  fake: FakeVolumes,
  hosts: FakeHosts,
  { act }: Room,
): { readonly reader: VolumeReader; readonly admin: VolumeAdmin } {
  const named = (id: string) => {
    const volume = fake.get(id);
    if (volume !== undefined && fake.silent === undefined) return volume;
    throw new OpsError("tool-refused", { summary: `The cloud says nothing of ${id}.`, hint: "Look again." });
  };
  return {
    reader: {
      look: async (ids) =>
        ids
          .toSorted((a, b) => a.localeCompare(b))
          .map((id) => {
            const { sizeBytes, state } = named(id);
            return { id, sizeBytes, state };
          }),
    },
    admin: {
      async grow(id, from, to) {
        const volume = named(id);
        if (volume.sizeBytes === to) return "accepted";
        if (volume.sizeBytes !== from) return "changed";
        act(`grow ${id} to ${to / 1024 ** 3} GiB`, () => {
          volume.sizeBytes = to;
          volume.state = "resting";
          if (!volume.extends) return;
          for (const [unit, host] of hosts)
            if (typeof host === "object" && host.disks !== undefined)
              hosts.set(unit, {
                ...host,
                disks: host.disks.map((disk) => (disk.volume === id ? { ...disk, sizeBytes: to } : disk)),
              });
        });
        return "accepted";
      },
    },
  };
}
