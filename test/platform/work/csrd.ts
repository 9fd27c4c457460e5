import { Command } from "commander";
import { register as agent } from "#bin/csrd/agent.ts";
import { register as serve } from "#bin/csrd/serve.ts";
import { register as work } from "#bin/csrd/work.ts";

/** The three service commands alone, as a process for tests. */
const program = new Command("csrd");
for (const register of [serve, work, agent]) register(program);
await program.parseAsync();
