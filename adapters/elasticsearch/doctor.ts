import type { ReadinessProbe } from "#kit/readiness.ts";
import { parseElasticsearchBinding } from "./binding.ts";
import { search } from "./search.ts";

/** Whether the lines can be read, by the very call that queries are made with. */
export function elasticsearchProbes(binding: unknown): readonly ReadinessProbe[] {
  return [
    {
      id: "elasticsearch.index",
      what: "Elasticsearch",
      needs: { ports: ["logs"] },
      async look() {
        const parsed = parseElasticsearchBinding(binding);
        const newest = await search(parsed, {
          query: { match_all: {} },
          sort: [{ "@timestamp": { order: "desc" } }],
          size: 1,
        });
        const [first] = newest.hits.hits;
        const { _source: line } = first ?? { _source: {} };
        const at: unknown = Reflect.get(line, "timestamp");
        return typeof at === "string"
          ? { state: "ready", says: `${parsed.index} is readable, newest line ${at.slice(0, 19)}Z` }
          : {
              state: "warning",
              says: `${parsed.index} is readable and holds no line`,
              now: "Look whether the platform's lines are shipped there",
            };
      },
    },
  ];
}
