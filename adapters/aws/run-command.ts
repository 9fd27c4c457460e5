import { setTimeout as pause } from "node:timers/promises";
import { OpsError } from "#kit/errors.ts";
import { plainText } from "../foreign-text.ts";
import { anyScript } from "./binding.ts";
import { act, look } from "./call.ts";
import type { AwsClients } from "./clients.ts";
import { systemsSdk } from "./sdk.ts";

/** A constant script for one machine: in Amazon's document that takes any, or in one of our own that holds it. */
export type MachineScript = {
  readonly instance: string;
  readonly document: string;
  readonly script: string;
  /** Looking may be sent again when an answer was lost; acting may not. */
  readonly changes: boolean;
  /** Longest wait for its end, in milliseconds. */
  readonly waitMs: number;
};

/** How a script ended. `undelivered`: the machine never got it, and never will. `unknown`: it may still run, or may have run. */
export type Ran =
  | { readonly kind: "done"; readonly output: string }
  | { readonly kind: "failed"; readonly says: string }
  | { readonly kind: "undelivered"; readonly says: string }
  | { readonly kind: "unknown"; readonly says: string };

/** The least that AWS takes: a command that no agent fetches within it is never run. */
const deliverySeconds = 30;

/** Runs one script on one machine through the Systems Manager and waits for its end; throws as any call to AWS does. */
export async function runOnMachine(clients: AwsClients, asked: MachineScript): Promise<Ran> {
  const { SendCommandCommand } = await systemsSdk();
  const client = await clients.systems();
  const call = { service: "ssm", action: "SendCommand" } as const;
  const send = () =>
    client.send(
      new SendCommandCommand({
        InstanceIds: [asked.instance],
        DocumentName: asked.document,
        TimeoutSeconds: deliverySeconds,
        ...(asked.document === anyScript
          ? { Parameters: { commands: [asked.script], executionTimeout: ["60"] } }
          : {}),
      }),
    );
  try {
    const answer = await (asked.changes ? act(clients, call, send) : look(clients, call, send));
    return await ended(clients, asked, answer.Command?.CommandId ?? "");
  } catch (error) {
    // The Systems Manager does not know the machine: no agent of it is connected, so nothing was sent.
    if (OpsError.is(error) && error.details?.startsWith("InvalidInstanceId") === true)
      return { kind: "undelivered", says: "no agent of the Systems Manager is connected there" };
    throw error;
  }
}

async function ended(
  clients: AwsClients,
  { instance, waitMs }: MachineScript,
  command: string,
): Promise<Ran> {
  const { GetCommandInvocationCommand } = await systemsSdk();
  const client = await clients.systems();
  const deadline = Date.now() + waitMs;
  let last = "it was not heard of again";
  for (let waitedMs = 100; Date.now() < deadline; waitedMs = Math.min(waitedMs * 1.5, 1_000)) {
    await pause(waitedMs);
    try {
      const answer = await look(clients, { service: "ssm", action: "GetCommandInvocation" }, () =>
        client.send(new GetCommandInvocationCommand({ CommandId: command, InstanceId: instance })),
      );
      const status = answer.Status ?? "Pending";
      const details = answer.StatusDetails ?? status;
      if (status === "Success") return { kind: "done", output: answer.StandardOutputContent ?? "" };
      if (/^(Undeliverable|Delivery ?Timed ?Out|Invalid ?Platform|Terminated)$/i.test(details))
        return { kind: "undelivered", says: plainText(details, 60) };
      if (status === "Failed")
        return { kind: "failed", says: plainText(answer.StandardErrorContent || details, 300) };
      if (status === "TimedOut" || status === "Cancelled")
        return { kind: "unknown", says: plainText(details, 60) };
      last = `it still says ${plainText(details, 60)}`;
    } catch (error) {
      // It was accepted; what cannot be asked now may be asked in a moment. A new command is not known everywhere at once.
      if (!OpsError.is(error)) throw error;
      last = error.summary;
      if (error.code === "tool-refused" && error.details?.startsWith("InvocationDoesNotExist") !== true)
        return { kind: "unknown", says: last };
    }
  }
  return { kind: "unknown", says: last };
}
