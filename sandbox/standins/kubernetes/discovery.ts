import type { Said } from "../serve.ts";
import type { Resource } from "./resource.ts";
import { json } from "./status.ts";

/** What the cluster says that it can do, for clients that ask before they act; undefined for any other path. */
export function discovery(path: string, resources: readonly Resource[]): Said | undefined {
  if (path === "/version") return json(200, { major: "1", minor: "33", gitVersion: "v1.33.0" });
  if (path === "/api")
    return json(200, { kind: "APIVersions", versions: [], serverAddressByClientCIDRs: [] });
  const groups = Map.groupBy(resources, ({ group }) => group);
  if (path === "/apis")
    return json(200, {
      kind: "APIGroupList",
      apiVersion: "v1",
      groups: [...groups].map(([group, kinds]) => groupOf(group, kinds)),
    });
  for (const [group, kinds] of groups) {
    if (path === `/apis/${group}`)
      return json(200, { kind: "APIGroup", apiVersion: "v1", ...groupOf(group, kinds) });
    for (const { version } of kinds)
      if (path === `/apis/${group}/${version}`)
        return json(200, {
          kind: "APIResourceList",
          apiVersion: "v1",
          groupVersion: `${group}/${version}`,
          resources: kinds
            .filter((each) => each.version === version)
            .map(({ plural, singular, kind }) => ({
              name: plural,
              singularName: singular,
              namespaced: true,
              kind,
              verbs: ["create", "delete", "get", "list", "update"],
            })),
        });
  }
  return undefined;
}

function groupOf(group: string, kinds: readonly Resource[]) {
  const versions = [...new Set(kinds.map(({ version }) => version))].map((version) => ({
    groupVersion: `${group}/${version}`,
    version,
  }));
  return { name: group, versions, preferredVersion: versions[0] };
}
