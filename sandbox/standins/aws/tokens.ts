import type { Cloud } from "../../cloud.ts";
import type { Signer } from "./signature.ts";
import type { Xml } from "./xml.ts";

/** STS GetCallerIdentity: each key pair is a role of its own. */
export function callerIdentity(cloud: Cloud, signer: Signer): Xml {
  const role = signer.kind === "signed" && signer.key === "act" ? "csrd-ops-act" : "csrd-ops-read";
  return {
    Arn: `arn:aws:sts::${cloud.account}:assumed-role/${role}/practice`,
    UserId: `AROAPRACTICE${role === "csrd-ops-act" ? "2" : "1"}:practice`,
    Account: cloud.account,
  };
}
