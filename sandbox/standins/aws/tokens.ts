import type { Cloud } from "../../cloud.ts";
import type { Keys, Signer } from "./signature.ts";
import type { Xml } from "./xml.ts";

/** The role that a key pair stands for, as IAM names it. */
export function roleArn({ account }: Cloud, key: keyof Keys): string {
  return `arn:aws:iam::${account}:role/csrd-ops-${key}`;
}

/** The same role while somebody has assumed it, as every service but IAM names it. */
export function sessionArn({ account }: Cloud, key: keyof Keys): string {
  return `arn:aws:sts::${account}:assumed-role/csrd-ops-${key}/practice`;
}

/** STS GetCallerIdentity: each key pair is a role of its own. */
export function callerIdentity(cloud: Cloud, signer: Signer): Xml {
  const key = signer.kind === "signed" ? signer.key : "read";
  return {
    Arn: sessionArn(cloud, key),
    UserId: `AROAPRACTICE${key === "act" ? "2" : "1"}:practice`,
    Account: cloud.account,
  };
}
