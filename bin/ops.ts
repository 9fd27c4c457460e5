import { main } from "./ops/main.ts";

process.exitCode = await main(process.argv.slice(2));
