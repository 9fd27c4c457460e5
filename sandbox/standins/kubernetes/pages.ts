import type { Said } from "../serve.ts";
import { apiVersionOf } from "./objects.ts";
import type { Resource, Stored } from "./resource.ts";
import { parseSelector } from "./selector.ts";
import { ApiRefusal, badRequest, json } from "./status.ts";

/** A list as it was when its first page was asked for; pages of it are given until it is too old. */
type Snapshot = { readonly version: string; readonly items: readonly Stored[] };

/** Gives lists page by page; source: Kubernetes docs, "Retrieving large results sets in chunks". */
export type Pages = {
  readonly list: (
    resource: Resource,
    items: readonly Stored[],
    version: string,
    query: URLSearchParams,
  ) => Said;
  /** From now on every page asked for by an older token is gone. */
  readonly expire: () => void;
};

/** Pages of at most `most` objects, also where more were asked for. */
export function pages(most: number): Pages {
  const open = new Map<string, Snapshot>();
  let counter = 0;

  function begin(
    items: readonly Stored[],
    version: string,
  ): { readonly id: string; readonly snapshot: Snapshot } {
    counter += 1;
    const begun = { id: String(counter), snapshot: { version, items } };
    open.set(begun.id, begun.snapshot);
    return begun;
  }

  function goOn(token: string) {
    const [id = "", start = ""] = Buffer.from(token, "base64url").toString("utf8").split("/");
    if (!/^\d+$/.test(id) || !/^\d+$/.test(start)) throw badRequest("continue key is not valid");
    const snapshot = open.get(id);
    if (snapshot === undefined)
      throw new ApiRefusal(
        410,
        "Expired",
        "The provided continue parameter is too old to display a consistent list result.",
      );
    return { id, snapshot, start: Number(start) };
  }

  return {
    expire: () => open.clear(),
    list(resource, all, version, query) {
      for (const name of ["watch", "fieldSelector"])
        if (!["", "0", "false"].includes(query.get(name) ?? ""))
          throw badRequest(`this stand-in does not serve lists with ${name}`);
      const limit = Number(query.get("limit") ?? "0");
      if (!Number.isInteger(limit) || limit < 0) throw badRequest("limit is no number");
      const wanted = parseSelector(query.get("labelSelector") ?? "");
      const token = query.get("continue") ?? "";
      const { id, snapshot, start } =
        token === ""
          ? {
              ...begin(
                all.filter((object) => wanted(object.metadata.labels ?? {})),
                version,
              ),
              start: 0,
            }
          : goOn(token);
      const end =
        start +
        Math.min(limit === 0 ? Number.MAX_SAFE_INTEGER : limit, limit === 0 ? Number.MAX_SAFE_INTEGER : most);
      const left = snapshot.items.length - end;
      if (left <= 0) open.delete(id);
      return json(200, {
        kind: `${resource.kind}List`,
        apiVersion: apiVersionOf(resource),
        metadata: {
          resourceVersion: snapshot.version,
          ...(left > 0
            ? {
                continue: Buffer.from(`${id}/${end}`).toString("base64url"),
                ...(query.get("labelSelector") === null ? { remainingItemCount: left } : {}),
              }
            : {}),
        },
        items: snapshot.items.slice(start, end),
      });
    },
  };
}
