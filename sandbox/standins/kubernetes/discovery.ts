import type { Said } from "../serve.ts";
import type { Resource } from "./resource.ts";
import { json } from "./status.ts";

const everyVerb = ["create", "delete", "get", "list", "patch", "update"];

/** What the cluster says that it can do, for clients that ask before they act; undefined for any other path. */
export function discovery(path: string, resources: readonly Resource[]): Said | undefined {
  if (path === "/version") return json(200, { major: "1", minor: "33", gitVersion: "v1.33.0" });
  const groups = Map.groupBy(resources, ({ group }) => group);
  const core = groups.get("") ?? [];
  if (path === "/api")
    return json(200, {
      kind: "APIVersions",
      versions: core.length === 0 ? [] : ["v1"],
      serverAddressByClientCIDRs: [],
    });
  if (path === "/api/v1" && core.length > 0) return json(200, listOf("v1", core));
  if (path === "/apis")
    return json(200, {
      kind: "APIGroupList",
      apiVersion: "v1",
      groups: [...groups].filter(([group]) => group !== "").map(([group, kinds]) => groupOf(group, kinds)),
    });
  for (const [group, kinds] of groups) {
    if (group === "") continue;
    if (path === `/apis/${group}`)
      return json(200, { kind: "APIGroup", apiVersion: "v1", ...groupOf(group, kinds) });
    for (const { version } of kinds)
      if (path === `/apis/${group}/${version}`)
        return json(
          200,
          listOf(
            `${group}/${version}`,
            kinds.filter((each) => each.version === version),
          ),
        );
  }
  return undefined;
}

/** How a part is made, where it has a kind of its own. */
const partKinds: Readonly<Record<string, object>> = {
  scale: { kind: "Scale", group: "autoscaling", version: "v1", verbs: ["get", "patch", "update"] },
  eviction: { kind: "Eviction", group: "policy", version: "v1", verbs: ["create"] },
  log: { kind: "Pod", verbs: ["get"] },
};

function listOf(groupVersion: string, kinds: readonly Resource[]) {
  return {
    kind: "APIResourceList",
    apiVersion: "v1",
    groupVersion,
    resources: kinds.flatMap(({ plural, singular, kind, verbs, shortNames, parts }) => [
      {
        name: plural,
        singularName: singular,
        namespaced: true,
        kind,
        verbs: verbs ?? everyVerb,
        ...(shortNames === undefined ? {} : { shortNames }),
      },
      ...(parts ?? []).map((part) => ({
        name: `${plural}/${part}`,
        singularName: "",
        namespaced: true,
        ...partKinds[part],
      })),
    ]),
  };
}

function groupOf(group: string, kinds: readonly Resource[]) {
  const versions = [...new Set(kinds.map(({ version }) => version))].map((version) => ({
    groupVersion: `${group}/${version}`,
    version,
  }));
  return { name: group, versions, preferredVersion: versions[0] };
}
