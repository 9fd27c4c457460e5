import { z } from "zod";
import { renderChecks } from "#kit/render/checks.ts";
import { type CommandSetting, opsExpecting } from "./commands.ts";
import type { Stage } from "./stage.ts";

const Checked = z.object({
  checks: z.array(
    z.object({
      id: z.string(),
      title: z.string(),
      health: z.object({
        state: z.enum(["healthy", "degraded", "unhealthy", "unknown"]),
        says: z.string(),
      }),
    }),
  ),
});

/** The check that the alert watches, as anybody would run it; its exit status has to be the expected one. */
export async function runCheck(setting: CommandSetting, expected: number, stage: Stage): Promise<void> {
  const args = ["check", "platform-answers", "--env", "sandbox"];
  stage.command(`ops ${args.join(" ")}`);
  const { stdout } = await opsExpecting([expected], [...args, "--json"], setting);
  stage.show(renderChecks(stage.screen, Checked.parse(JSON.parse(stdout)).checks).join("\n"));
}
