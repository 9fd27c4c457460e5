#!/usr/bin/env node
// Plain JavaScript, so that an old Node can say what is wrong instead of failing on a type.
import module from "node:module";

const major = Number(process.versions.node.split(".")[0]);
if (major < 24) {
  process.stderr.write(
    `csrd needs Node 24 or newer; this is ${process.version}. Run it through npm (npm run csrd -- …), which brings Node 24.\n`,
  );
  process.exitCode = 1;
} else {
  module.enableCompileCache();
  await import("./csrd.ts");
}
