import { toMs } from "#kit/duration.ts";
import { answerFrom, meets, parseLine, textOf, timeOf } from "#kit/log-lines.ts";
import type { LogAnswer, LogTest } from "#kit/log-query.ts";
import { newestLines } from "#kit/log-units.ts";
import type { LogReader, Service } from "#kit/ports.ts";
import { plainText } from "../foreign-text.ts";
import { linesOf, namedGroup, someServices } from "../unit-lines.ts";
import type { KubernetesApi } from "./api.ts";
import { deploymentOf, podsOf, replicaSetsOf } from "./deployment.ts";
import { kinds } from "./kinds.ts";
import { Pod } from "./objects.ts";
import { podTexts, type PodTexts } from "./pod-texts.ts";

const skewMs = 60_000;
const errorsWithinMs = 10_000;
const isError: LogTest = { field: "level", in: ["ERROR", "CRITICAL"] };

/**
 * The platform's lines as the pods' own logs have them. A group is a Deployment's name, or a label selector such as
 * `app.kubernetes.io/part-of=csrd`. A pod that is gone has taken its log along; where that matters, lines are kept elsewhere.
 */
export function podLogs(open: () => Promise<KubernetesApi>): LogReader {
  return {
    async errors(group, { since, limit }) {
      const now = Date.now();
      const asked = { from: new Date(now - toMs(since)), until: new Date(now + skewMs), where: [isError] };
      const api = await open();
      const pods = await podsOfGroup(api, group);
      const { texts } = await podTexts(api, pods, asked.from, performance.now() + errorsWithinMs);
      return parsed(texts)
        .filter(({ line }) => meets(line, asked))
        .toSorted((a, b) => (timeOf(a.line) ?? 0) - (timeOf(b.line) ?? 0))
        .slice(-limit)
        .map(({ line, unit }) => ({
          at: new Date(timeOf(line) ?? 0).toISOString(),
          level: textOf(line["level"]),
          message: plainText(textOf(line["message"])),
          source: plainText(unit, 80),
        }));
    },

    async query(group, question, within) {
      const until = performance.now() + toMs(within);
      const api = await open();
      const { texts, missing } = await podTexts(api, await podsOfGroup(api, group), question.from, until);
      const lines = parsed(texts).map(({ line }) => line);
      return safe(answerFrom(lines, question, incompleteOf(missing)));
    },

    async lines(services, question, everyone) {
      someServices(services);
      const until = performance.now() + toMs(question.within);
      const api = await open();
      const pods = await podsOfServices(api, services, everyone);
      const { texts, missing } = await podTexts(api, [...pods.keys()], question.from, until);
      const owners = new Map([...pods].map(([{ metadata }, service]) => [metadata.name, service]));
      const kept = texts.map((text) => ({ ...text, service: owners.get(text.unit) }));
      return newestLines(linesOf(kept, { services, everyone, question }), question, incompleteOf(missing));
    },
  };
}

function parsed(texts: PodTexts["texts"]) {
  return texts.flatMap(({ text, unit }) => {
    const line = parseLine(text);
    return line === undefined ? [] : [{ line, unit }];
  });
}

function incompleteOf(missing: readonly string[]): string | undefined {
  if (missing.length === 0) return undefined;
  const more = missing.length > 3 ? `; and ${missing.length - 3} more` : "";
  return `${missing.slice(0, 3).join("; ")}${more}`;
}

/** Text of lines is foreign here too. */
function safe(answer: LogAnswer): LogAnswer {
  return {
    ...answer,
    rows: answer.rows.map((row) =>
      row.map((cell) => (typeof cell === "string" ? plainText(cell, 2_000) : cell)),
    ),
  };
}

async function podsOfGroup(api: KubernetesApi, group: string): Promise<readonly Pod[]> {
  namedGroup(group);
  if (group.includes("=")) return api.list(kinds.pods, Pod, { labelSelector: group });
  return podsOfOne(api, { name: group, workload: group });
}

async function podsOfOne(
  api: KubernetesApi,
  service: Pick<Service, "name" | "workload">,
): Promise<readonly Pod[]> {
  const deployment = await deploymentOf(api, service);
  return podsOf(api, deployment, await replicaSetsOf(api, deployment));
}

/** Pods with the service each belongs to; when every service is asked for, those of the namespace that belong to none as well. */
async function podsOfServices(
  api: KubernetesApi,
  services: readonly Service[],
  everyone: readonly Service[],
): Promise<ReadonlyMap<Pod, string | undefined>> {
  const running = services.filter(({ workload }) => workload !== undefined);
  const owned = await Promise.all(running.map(async (one) => ({ one, pods: await podsOfOne(api, one) })));
  const found = new Map<Pod, string | undefined>(
    owned.flatMap(({ one, pods }) => pods.map((pod) => [pod, one.name] as const)),
  );
  const asked = new Set(services.map(({ name }) => name));
  if (!everyone.every(({ name }) => asked.has(name))) return found;
  const known = new Set([...found.keys()].map(({ metadata }) => metadata.name));
  for (const pod of await api.list(kinds.pods, Pod))
    if (!known.has(pod.metadata.name)) found.set(pod, undefined);
  return found;
}
