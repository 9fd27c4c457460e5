import { z } from "zod";
import { filesSettings } from "#platform/service/settings/storage.ts";
import { openFiles } from "#platform/storage/open-files.ts";

// Sends data without end to the store that the environment names, under the report id in the first argument; says so once enough is on its way.
const [id = ""] = process.argv.slice(2);
const { files } = openFiles(z.object(filesSettings).parse(process.env));

async function* endless(): AsyncGenerator<Uint8Array> {
  for (let sent = 0; ; sent += 1) {
    if (sent === 12) process.stdout.write("on its way\n");
    if (sent > 12) await new Promise((resolve) => setTimeout(resolve, 50));
    yield Buffer.alloc(1 << 20, sent);
  }
}

await files.keep(id, endless(), "endless.csv");
