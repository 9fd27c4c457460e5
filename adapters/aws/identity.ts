import { plainText } from "../foreign-text.ts";
import { mismatch } from "../mismatch.ts";
import { look } from "./call.ts";
import type { AwsClients } from "./clients.ts";
import { stsSdk } from "./sdk.ts";

/** Who AWS says we are. */
export type AwsIdentity = { readonly account: string; readonly arn: string };

/** Asks STS whose credentials these are. */
export async function awsIdentity(clients: AwsClients): Promise<AwsIdentity> {
  const { GetCallerIdentityCommand } = await stsSdk();
  const client = await clients.sts();
  const answer = await look(clients, { service: "sts", action: "GetCallerIdentity" }, () =>
    client.send(new GetCallerIdentityCommand({})),
  );
  return { account: answer.Account ?? "", arn: plainText(answer.Arn ?? "") };
}

/** Throws `environment-mismatch` when the credentials belong to another account than the environment says it is. */
export function requireAccount(identity: AwsIdentity, expected: string): void {
  if (identity.account === expected) return;
  throw mismatch("The acting credentials belong to the AWS account", identity.account, expected);
}
