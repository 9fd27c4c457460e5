import { toMs } from "#kit/duration.ts";
import type { Request } from "#kit/engine.ts";
import { OpsError } from "#kit/errors.ts";
import type { RunState } from "#kit/fold.ts";
import { digestMatches } from "#kit/plan.ts";
import { opsCommand } from "#kit/render/command.ts";
import { environmentName } from "#kit/render/environment.ts";
import { glassQuestion, renderGlass } from "#kit/render/glass.ts";
import { typed } from "./ask.ts";
import type { Door } from "./door.ts";
import type { Watch } from "./watch.ts";

/** The flags that break glass, as commander gives them. */
export type GlassOptions = {
  readonly breakGlass?: boolean;
  readonly yes?: boolean;
  readonly plan?: string;
  readonly reason?: string;
};

/** How long the question stands. */
const questionMs = 5 * 60_000;

/** Before anything is looked at: flags that do not fit together, or a question that nobody could answer, are refused. */
export function checkGlass(door: Door, verb: string, id: string, options: GlassOptions): void {
  const { breakGlass, yes, plan, reason } = options;
  const whole = opsCommand(
    door.screen(),
    verb,
    id,
    "--break-glass",
    "--reason",
    "...",
    "--plan",
    "DIGEST",
    "--yes",
  );
  if (yes === true && (breakGlass !== true || plan === undefined))
    throw new OpsError("usage", {
      summary: "--yes answers only the question of --break-glass, and only for a plan that you name.",
      hint: `Read the plan first, then: ${whole}`,
    });
  if (breakGlass !== true) return;
  if (reason === undefined)
    throw new OpsError("usage", {
      summary: "--break-glass needs a reason.",
      hint: 'Add --reason "..." with what somebody else has to understand next week.',
    });
  if (yes === true || (door.canAsk && door.mode !== "json")) return;
  throw new OpsError("approval-needs-terminal", {
    summary: "Breaking the glass needs the environment's name typed at a terminal, and here is none.",
    hint: `Read the plan first, then: ${whole}`,
  });
}

/** What the engine is handed: the reason, and a question once the plan stands; nothing without the flag. */
export function glassFor(door: Door, view: Watch, options: GlassOptions): Pick<Request, "glass"> {
  const { breakGlass, yes, plan, reason } = options;
  if (breakGlass !== true || reason === undefined) return {};
  const named = (state: RunState) =>
    plan !== undefined && state.plan !== undefined && digestMatches(state.plan.digest, plan);
  return {
    glass: {
      reason,
      confirm: async (state) => (yes === true ? named(state) : askForName(door, view, state)),
    },
  };
}

async function askForName(door: Door, view: Watch, state: RunState): Promise<boolean> {
  const { environment } = await door.wired();
  view.pause();
  door.print(renderGlass(door.screen(), state, toMs(environment.times.brokenGlass)));
  const said = await typed(glassQuestion(door.screen(), state), questionMs);
  view.goOn();
  return said === environmentName(state);
}
