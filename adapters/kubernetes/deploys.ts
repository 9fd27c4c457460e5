import { OpsError } from "#kit/errors.ts";
import type { Deploy, DeployReader } from "#kit/ports.ts";
import { plainText } from "../foreign-text.ts";
import type { KubernetesApi } from "./api.ts";
import { deploymentOf, mainContainer, podsOf, replicaSetsOf, revisionKey, tagOf } from "./deployment.ts";
import type { ReplicaSet } from "./objects.ts";
import { instant } from "./units.ts";

/** What was deployed: each revision of a Deployment is a ReplicaSet, made when it was rolled out. */
export function deployReader(open: () => Promise<KubernetesApi>): DeployReader {
  return {
    async recent(_instances, workload) {
      const api = await open();
      if (workload === undefined)
        throw new OpsError("selector-empty", {
          summary: "No Deployment was named, and none never means all.",
          hint: "Name it as the service's workload in the environment's file.",
        });
      const deployment = await deploymentOf(api, { name: workload, workload });
      const sets = (await replicaSetsOf(api, deployment)).toSorted(
        (a, b) => revisionOf(b) - revisionOf(a) || (madeAt(a) < madeAt(b) ? 1 : -1),
      );
      const pods = await podsOf(api, deployment, sets);
      return sets.map((set, index): Deploy => {
        const before = sets[index + 1];
        return {
          version: versionOf(set, workload),
          ...(before === undefined ? {} : { previous: versionOf(before, workload) }),
          at: madeAt(set),
          instances: pods
            .filter(({ metadata }) => metadata.ownerReferences?.some(({ uid }) => uid === set.metadata.uid))
            .map(({ metadata }) => metadata.name),
        };
      });
    },
  };
}

function revisionOf({ metadata }: ReplicaSet): number {
  return Number(metadata.annotations?.[revisionKey] ?? 0);
}

/** When it was rolled out. An old revision that was rolled back to keeps its ReplicaSet, and with it the time it was first made. */
function madeAt({ metadata }: ReplicaSet): string {
  return instant(metadata.creationTimestamp ?? "");
}

/** The image's tag; without one the revision's number has to do. */
function versionOf({ metadata, spec }: ReplicaSet, workload: string): string {
  const template = spec.template;
  const image = mainContainer(
    template?.spec.containers ?? [],
    template?.metadata?.annotations,
    workload,
  )?.image;
  return plainText(tagOf(image) ?? `revision ${metadata.annotations?.[revisionKey] ?? "?"}`, 80);
}
