import { OpsError } from "#kit/errors.ts";
import type { Volume, VolumeAdmin, VolumeReader } from "#kit/ports/volumes.ts";
import { act, look } from "./call.ts";
import type { AwsClients } from "./clients.ts";
import { ec2Sdk } from "./sdk.ts";

const gib = 1024 ** 3;

/** EBS takes no second change of a volume within six hours of the one before. Source: EBS user guide, "Requirements for volume modifications". */
const restMs = 6 * 3_600_000;

/** EBS volumes: how large they are, and whether they may be changed now. */
export function volumeReader(clients: AwsClients): VolumeReader {
  return {
    async look(ids) {
      if (ids.length === 0)
        throw new OpsError("selector-empty", {
          summary: "No volume was named, and none never means all.",
          hint: "Name the volumes.",
        });
      const { DescribeVolumesCommand, DescribeVolumesModificationsCommand } = await ec2Sdk();
      const client = await clients.ec2();
      const wanted = [...new Set(ids)].toSorted((a, b) => a.localeCompare(b));
      const { Volumes = [] } = await look(clients, { service: "ec2", action: "DescribeVolumes" }, () =>
        client.send(new DescribeVolumesCommand({ VolumeIds: wanted })),
      );
      // Asked by a filter: one that was never changed has no entry, and by its id that would be an error.
      const { VolumesModifications = [] } = await look(
        clients,
        { service: "ec2", action: "DescribeVolumesModifications" },
        () =>
          client.send(
            new DescribeVolumesModificationsCommand({ Filters: [{ Name: "volume-id", Values: wanted }] }),
          ),
      );
      return wanted.map((id) => {
        const size = Volumes.find(({ VolumeId }) => VolumeId === id)?.Size;
        if (size === undefined)
          throw new OpsError("tool-refused", {
            summary: `AWS DescribeVolumes at ${clients.host("ec2")} left out ${id}.`,
            hint: "That volume is not of this account and region; look at bindings.aws.",
          });
        const change = VolumesModifications.find(({ VolumeId }) => VolumeId === id);
        return {
          id,
          sizeBytes: size * gib,
          state: stateOf(change?.ModificationState, change?.StartTime, Date.now()),
        };
      });
    },
  };
}

/** Makes EBS volumes larger, one per call; what is on them is not touched. */
export function volumeAdmin(clients: AwsClients): VolumeAdmin {
  return {
    async grow(id, from, to) {
      const [volume] = await volumeReader(clients).look([id]);
      if (volume?.sizeBytes === to) return "accepted";
      if (volume?.sizeBytes !== from || to < from) return "changed";
      const { ModifyVolumeCommand } = await ec2Sdk();
      const client = await clients.ec2();
      await act(clients, { service: "ec2", action: "ModifyVolume" }, () =>
        client.send(new ModifyVolumeCommand({ VolumeId: id, Size: Math.ceil(to / gib) })),
      );
      return "accepted";
    },
  };
}

/** In `optimizing` the new size is there already, and no other change is taken. */
function stateOf(state: string | undefined, startedAt: Date | undefined, now: number): Volume["state"] {
  if (state === "modifying") return "changing";
  if (state === "optimizing") return "resting";
  return startedAt !== undefined && now - startedAt.getTime() < restMs ? "resting" : "steady";
}
