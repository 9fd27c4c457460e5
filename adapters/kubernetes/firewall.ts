import type { FirewallReader, FirewallRule } from "#kit/ports.ts";
import { plainText } from "../foreign-text.ts";
import { type KubernetesApi, present } from "./api.ts";
import { kinds } from "./kinds.ts";
import { type LabelSelector, NetworkPolicy } from "./objects.ts";

const everyPort = { fromPort: 0, toPort: 65_535 };

/** Looks at what NetworkPolicies let in; a group is a policy's name. A policy without a rule lets nobody in, one that is not about ingress everybody. */
export function firewallReader(open: () => Promise<KubernetesApi>): FirewallReader {
  return {
    async ingress(groups) {
      const api = await open();
      const rules = await Promise.all([...new Set(groups)].map((name) => rulesOf(api, name)));
      return rules.flat();
    },
  };
}

async function rulesOf(api: KubernetesApi, name: string): Promise<readonly FirewallRule[]> {
  const what = { kind: kinds.networkpolicies, name };
  const { spec } = present(await api.get(what, NetworkPolicy), api, what);
  const group = plainText(name, 253);
  // Source: Kubernetes API reference, "NetworkPolicySpec": without a word a policy is about ingress.
  if (!(spec.policyTypes ?? ["Ingress"]).includes("Ingress"))
    return [{ group, protocol: "-1", ...everyPort, sources: ["everybody"] }];
  return (spec.ingress ?? []).flatMap(({ ports, from }) => {
    const sources = (from ?? []).length === 0 ? ["everybody"] : (from ?? []).map(sourceOf);
    if ((ports ?? []).length === 0) return [{ group, protocol: "-1", ...everyPort, sources }];
    return (ports ?? []).map(({ protocol, port, endPort }): FirewallRule => {
      const shared = { group, protocol: (protocol ?? "TCP").toLowerCase(), sources };
      // A port by its name is known to the pods alone, so that it may be any.
      if (typeof port !== "number") return { ...shared, ...everyPort };
      return { ...shared, fromPort: port, toPort: endPort ?? port };
    });
  });
}

type Peer = {
  readonly ipBlock?: { readonly cidr: string } | null | undefined;
  readonly podSelector?: LabelSelector | null | undefined;
  readonly namespaceSelector?: LabelSelector | null | undefined;
};

/** Who is let in, in words: an address block, or pods by their labels. */
function sourceOf({ ipBlock, podSelector, namespaceSelector }: Peer): string {
  if (ipBlock !== null && ipBlock !== undefined) return plainText(ipBlock.cidr, 80);
  const pods = labelsOf(podSelector) ?? "every pod";
  const spaces = labelsOf(namespaceSelector);
  return plainText(spaces === undefined ? pods : `${pods} in namespaces ${spaces}`, 200);
}

function labelsOf(selector: LabelSelector | null | undefined): string | undefined {
  const labels = Object.entries(selector?.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`);
  return labels.length === 0 ? undefined : labels.join(",");
}
