import { OpsError } from "#kit/errors.ts";
import type { Deploy, DeployReader } from "#kit/ports.ts";
import { plainText } from "../foreign-text.ts";
import type { AwsClients } from "./clients.ts";
import { describeInstances, tag, versionTag } from "./instances.ts";

const previousTag = "csrd:previous-version";
const deployedAtTag = "csrd:deployed-at";

/** Reads what was deployed from the tags that the deploy leaves on every instance. */
export function deployReader(clients: AwsClients): DeployReader {
  return {
    async recent(instances) {
      const deploys = new Map<string, Deploy>();
      for (const instance of await describeInstances(clients, instances)) {
        const id = instance.InstanceId ?? "";
        const version = tag(instance, versionTag);
        const deployedAt = tag(instance, deployedAtTag);
        if (version === undefined || deployedAt === undefined) continue;
        const previous = tag(instance, previousTag);
        const at = toInstant(id, deployedAt);
        const key = JSON.stringify([version, previous, at]);
        const known = deploys.get(key);
        deploys.set(key, {
          version: plainText(version, 80),
          ...(previous === undefined ? {} : { previous: plainText(previous, 80) }),
          at,
          instances: [...(known?.instances ?? []), id],
        });
      }
      return [...deploys.values()].sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0));
    },
  };
}

/** The instant as ISO in UTC; throws `tool-refused` for a tag that is none, because "unknown when" must not read as "long ago". */
function toInstant(instance: string, text: string): string {
  const instant = new Date(text);
  if (/^\d{4}-\d{2}-\d{2}T/.test(text) && !Number.isNaN(instant.getTime())) return instant.toISOString();
  throw new OpsError("tool-refused", {
    summary: `The tag ${deployedAtTag} of ${instance} says "${plainText(text, 60)}", which is no instant.`,
    hint: "Write it as 2026-11-21T09:30:00Z.",
  });
}
