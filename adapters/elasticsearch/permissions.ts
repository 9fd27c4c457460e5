import type { ElasticsearchBinding } from "./binding.ts";

/** Body of `POST /_security/api_key` for the least that reading lines needs: `read` on the one index. */
export function elasticsearchKey({ index }: Pick<ElasticsearchBinding, "index">, environment: string) {
  return {
    name: `csrd-ops-${environment}-logs`,
    role_descriptors: {
      "csrd-ops-logs": {
        cluster: [],
        indices: [{ names: [index], privileges: ["read"] }],
      },
    },
  };
}
