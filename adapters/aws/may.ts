import { OpsError } from "#kit/errors.ts";
import { plainText } from "../foreign-text.ts";
import { look } from "./call.ts";
import type { AwsClients } from "./clients.ts";
import { ec2Sdk, iamSdk } from "./sdk.ts";

/** Whether something would be allowed, found out without doing it. */
export type May = { readonly may: boolean; readonly because: string };

/** Whether these credentials may reboot these instances: EC2's own rehearsal, which has no effect. */
export async function mayReboot(clients: AwsClients, ids: readonly string[]): Promise<May> {
  const { RebootInstancesCommand } = await ec2Sdk();
  const client = await clients.ec2();
  try {
    await look(clients, { service: "ec2", action: "RebootInstances (rehearsal)" }, async () => {
      try {
        await client.send(new RebootInstancesCommand({ InstanceIds: [...ids], DryRun: true }));
      } catch (error) {
        if (nameOf(error) === "DryRunOperation") return;
        throw error;
      }
      // A rehearsal always ends in an error of its own; anything else did not understand that it was one.
      throw new OpsError("tool-refused", {
        summary: `${clients.host("ec2")} took a rehearsed reboot for a real one.`,
        hint: "That endpoint does not honour DryRun; look at the instances, and at bindings.aws.endpoint.",
      });
    });
    return { may: true, because: "rehearsed" };
  } catch (error) {
    if (OpsError.is(error) && error.details?.startsWith("UnauthorizedOperation:"))
      return { may: false, because: "UnauthorizedOperation" };
    throw error;
  }
}

/** Whether IAM says that a role or user may do something; `undefined` when we may not ask. `asks` are the credentials that ask. */
export async function maySimulated(
  asks: AwsClients,
  principal: string,
  action: string,
  resources: readonly string[],
): Promise<May | undefined> {
  const { SimulatePrincipalPolicyCommand } = await iamSdk();
  const client = await asks.iam();
  try {
    const answer = await look(asks, { service: "iam", action: "SimulatePrincipalPolicy" }, () =>
      client.send(
        new SimulatePrincipalPolicyCommand({
          PolicySourceArn: principal,
          ActionNames: [action],
          ResourceArns: [...resources],
        }),
      ),
    );
    // The verdict of the whole, and, where several resources were asked about, one of each.
    const verdicts = (answer.EvaluationResults ?? []).flatMap((result) => {
      const each = (result.ResourceSpecificResults ?? []).map((one) => one.EvalResourceDecision ?? "");
      return each.length > 0 ? each : [result.EvalDecision ?? ""];
    });
    const refused = verdicts.find((verdict) => verdict !== "allowed");
    if (verdicts.length === 0) return undefined;
    return refused === undefined
      ? { may: true, because: "IAM's simulation allows it" }
      : { may: false, because: plainText(refused, 40) };
  } catch (error) {
    if (OpsError.is(error) && /^(AccessDenied|NoSuchEntity)/.test(error.details ?? "")) return undefined;
    throw error;
  }
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : "";
}
