import type { Cloud, CloudVolume } from "../../cloud.ts";
import type { Parameters } from "./parameters.ts";
import { ServiceError } from "./service-error.ts";
import { items, type Xml } from "./xml.ts";

type Context = { readonly cloud: Cloud; readonly given: Parameters };

/** EC2's calls about volumes: looked at, made larger, and what became of that. */
export const volumeActions: Readonly<Record<string, (context: Context) => Promise<Xml>>> = {
  async DescribeVolumes({ cloud, given }) {
    const ids = given.list("VolumeId");
    given.done();
    const found = ids.length === 0 ? volumesOf(cloud) : ids.map((id) => volume(cloud, id));
    return {
      volumeSet: items(
        found.map(({ id, sizeGiB }) => ({
          volumeId: id,
          size: sizeGiB,
          status: "in-use",
          volumeType: "gp3",
          availabilityZone: `${cloud.region}a`,
        })),
      ),
    };
  },

  async DescribeVolumesModifications({ cloud, given }) {
    const name = given.required("Filter.1.Name");
    const ids = given.list("Filter.1.Value");
    given.done();
    if (name !== "volume-id")
      throw new ServiceError("InvalidParameterValue", `The filter '${name}' is invalid`);
    return {
      volumeModificationSet: items(
        volumesOf(cloud)
          .filter(({ id, change }) => ids.includes(id) && change !== undefined)
          .map(changeOf),
      ),
    };
  },

  async ModifyVolume({ cloud, given }) {
    const id = given.required("VolumeId");
    const size = given.whole("Size", 1, 65_536);
    given.done();
    const before = volume(cloud, id);
    if (size === undefined || size < before.sizeGiB)
      throw new ServiceError("InvalidParameterValue", "New size cannot be smaller than existing size");
    if (before.change !== undefined)
      throw new ServiceError(
        "VolumeModificationRateExceeded",
        "You've reached the maximum modification rate per volume limit. Wait at least 6 hours between modifications per EBS volume.",
      );
    cloud.volumes?.grow(id, size);
    return { volumeModification: changeOf(volume(cloud, id)) };
  },
};

function volumesOf({ volumes }: Cloud): readonly CloudVolume[] {
  return volumes?.list() ?? [];
}

function volume(cloud: Cloud, id: string): CloudVolume {
  if (!/^vol-([0-9a-f]{8}|[0-9a-f]{17})$/.test(id))
    throw new ServiceError("InvalidParameterValue", `Value (${id}) for parameter volumes is invalid.`);
  const found = volumesOf(cloud).find((one) => one.id === id);
  if (found !== undefined) return found;
  throw new ServiceError("InvalidVolume.NotFound", `The volume '${id}' does not exist.`);
}

function changeOf({ id, sizeGiB, change }: CloudVolume): Xml {
  return {
    volumeId: id,
    targetSize: sizeGiB,
    modificationState: change?.state ?? "completed",
    progress: change?.state === "optimizing" ? 50 : 100,
    startTime: change?.startedAt.toISOString(),
  };
}
