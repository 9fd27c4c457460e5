import { main } from "./ops/main.ts";

// Ends when the command is done, whatever timer or kept-alive connection is still open; standard output is written synchronously.
process.exit(await main(process.argv.slice(2)));
