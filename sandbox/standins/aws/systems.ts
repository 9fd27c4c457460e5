import { randomUUID } from "node:crypto";
import { z } from "zod";
import { lookScript, restartScript } from "#adapters/aws/machine-scripts.ts";
import type { Cloud } from "../../cloud.ts";
import { reportOf } from "./machine-report.ts";
import { ServiceError } from "./service-error.ts";

const SendCommand = z.strictObject({
  InstanceIds: z
    .array(z.string().regex(/^i-([0-9a-f]{8}|[0-9a-f]{17})$/))
    .min(1)
    .max(50),
  DocumentName: z.string().min(1),
  TimeoutSeconds: z.int().min(30).max(2_592_000).optional(),
  Parameters: z
    .strictObject({
      commands: z.array(z.string()).min(1),
      executionTimeout: z.array(z.string()).optional(),
    })
    .optional(),
});
const GetCommandInvocation = z.strictObject({ CommandId: z.string(), InstanceId: z.string() });

/** Documents that every account has, and those of ours that the practice account has as well. */
const documents = {
  any: "AWS-RunShellScript",
  look: "csrd-ops-look",
  restart: "csrd-ops-restart",
} as const;

/** Name of the practice production's systemd unit. */
const practiceUnit = "csrd-platform";

/** What a script does on a practice machine; only our own constant scripts are run there. */
export type ScriptKind = "look" | "restart" | "strange";

/** What a command would do, from its body. */
export function scriptKind(body: unknown): ScriptKind {
  const parsed = SendCommand.safeParse(body);
  if (!parsed.success) return "strange";
  const { DocumentName, Parameters } = parsed.data;
  if (DocumentName === documents.look) return "look";
  if (DocumentName === documents.restart) return "restart";
  const script = Parameters?.commands.join("\n");
  if (DocumentName !== documents.any) return "strange";
  if (script === lookScript) return "look";
  return script === restartScript(practiceUnit) ? "restart" : "strange";
}

type Invocation = {
  readonly instance: string;
  readonly document: string;
  status: "InProgress" | "Success" | "Failed" | "TimedOut";
  details: string;
  output: string;
  error: string;
  /** How often it was asked about. */
  asked: number;
};

/** How the stand-in's Systems Manager behaves, for tests of patience. */
export type SystemsMood = {
  /** A new command is not known for so many questions about it. */
  unknownFor: number;
};

const mostKept = 1_000;

/** The Systems Manager calls of one stand-in; a command runs on the machine itself. */
export function systemsActions(
  mood: SystemsMood,
): Readonly<Record<string, (cloud: Cloud, body: unknown) => Promise<unknown>>> {
  const commands = new Map<string, Invocation>();
  return {
    async SendCommand(cloud, body) {
      const parsed = SendCommand.safeParse(body);
      if (!parsed.success) throw new ServiceError("ValidationException", z.prettifyError(parsed.error));
      const { InstanceIds, DocumentName } = parsed.data;
      const known: readonly string[] = Object.values(documents);
      if (!known.includes(DocumentName))
        throw new ServiceError("InvalidDocument", `Document with name ${DocumentName} does not exist.`);
      const [instance = "", ...others] = InstanceIds;
      if (others.length > 0)
        throw new ServiceError("ValidationException", "The practice production takes one machine at a time");
      const all = await cloud.instances();
      if (all.every(({ id }) => id !== instance))
        throw new ServiceError(
          "InvalidInstanceId",
          `Instances [[${instance}]] not in a valid state for account ${cloud.account}`,
        );
      const id = randomUUID();
      const invocation: Invocation = {
        instance,
        document: DocumentName,
        status: "InProgress",
        details: "InProgress",
        output: "",
        error: "",
        asked: 0,
      };
      const first = commands.keys().next().value;
      if (commands.size >= mostKept && first !== undefined) commands.delete(first);
      commands.set(id, invocation);
      void execute(cloud, invocation, scriptKind(body));
      return {
        Command: {
          CommandId: id,
          DocumentName,
          InstanceIds,
          Status: "Pending",
          StatusDetails: "Pending",
          RequestedDateTime: Date.now() / 1_000,
        },
      };
    },

    async GetCommandInvocation(_cloud, body) {
      const parsed = GetCommandInvocation.safeParse(body);
      if (!parsed.success) throw new ServiceError("ValidationException", z.prettifyError(parsed.error));
      const found = commands.get(parsed.data.CommandId);
      if (found !== undefined) found.asked += 1;
      if (found === undefined || found.instance !== parsed.data.InstanceId || found.asked <= mood.unknownFor)
        throw new ServiceError("InvocationDoesNotExist", "");
      const { instance, document, status, details, output, error } = found;
      return {
        CommandId: parsed.data.CommandId,
        InstanceId: instance,
        DocumentName: document,
        Status: status,
        StatusDetails: details,
        ResponseCode: status === "Success" ? 0 : status === "InProgress" ? -1 : 1,
        // As AWS cuts them.
        StandardOutputContent: output.slice(0, 24_000),
        StandardErrorContent: error.slice(0, 8_000),
      };
    },
  };
}

async function execute(cloud: Cloud, invocation: Invocation, kind: ScriptKind): Promise<void> {
  const end = (change: Partial<Invocation>) => void Object.assign(invocation, change);
  try {
    if (kind === "strange")
      return end({
        status: "Failed",
        details: "Failed",
        error: "a practice machine runs nothing but the scripts of ours\n",
      });
    const seen = kind === "look" ? await cloud.lookInto(invocation.instance) : undefined;
    const done = kind === "look" ? seen !== undefined : await cloud.restartUnit(invocation.instance);
    // Nobody fetched it; AWS says so once the time for delivery is over, here at once.
    if (!done) return end({ status: "TimedOut", details: "DeliveryTimedOut" });
    end({ status: "Success", details: "Success", output: seen === undefined ? "" : reportOf(seen) });
  } catch (error) {
    end({ status: "Failed", details: "Failed", error: String(error) });
  }
}
