import { OpsError } from "#kit/errors.ts";
import type { HostReader } from "#kit/ports/hosts.ts";
import type { AwsMachines } from "./binding.ts";
import type { AwsClients } from "./clients.ts";
import { readHostReport } from "./host-report.ts";
import { lookScript } from "./machine-scripts.ts";
import { runOnMachine } from "./run-command.ts";
import { requireUnit } from "./scaling-group.ts";

/** The script itself takes a second; the rest is its way there and back. */
const lookWaitMs = 20_000;

/** Looks into one machine of a service with a constant script, through the Systems Manager. */
export function hostReader(clients: AwsClients, machines: AwsMachines): HostReader {
  return {
    async look(service, unit) {
      await requireUnit(clients, service, unit);
      const ran = await runOnMachine(clients, {
        instance: unit,
        document: machines.lookDocument,
        script: lookScript,
        changes: false,
        waitMs: lookWaitMs,
      });
      if (ran.kind === "done") return { at: new Date().toISOString(), ...readHostReport(ran.output, unit) };
      throw new OpsError(ran.kind === "failed" ? "tool-refused" : "tool-unreachable", {
        summary: `Nobody on ${unit} looked: ${ran.says}.`,
        hint: "Look at the agent of the Systems Manager on that machine, and at its instance profile.",
      });
    },
  };
}
