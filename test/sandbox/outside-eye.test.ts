import { createServer } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import { openOutsideEye } from "#sandbox/demo/outside-eye.ts";
import { startLine } from "#sandbox/line.ts";
import { listenOnLoopback } from "#sandbox/loopback.ts";

test("the outage is measured from the first bad answer to the first good one after the last bad one", async () => {
  let status = 200;
  const server = createServer((_, outgoing) => outgoing.writeHead(status).end());
  const url = `http://127.0.0.1:${await listenOnLoopback(server)}`;
  onTestFinished(() => void server.close());
  const eye = openOutsideEye(url, new AbortController().signal);
  onTestFinished(() => eye.close());

  await eye.until((seen) => seen === 200);
  const before = eye.outageMs();
  status = 503;
  const down = await eye.until((seen) => seen === 503);
  status = 200;
  const up = await eye.until((seen) => seen === 200);

  expect(before).toBe(0);
  expect(eye.outageMs()).toBe(up.at - down.at);
});

test("a cut line to a vendor refuses, and works again on the same port when restored", async () => {
  const server = createServer((_, outgoing) => outgoing.end("vendor"));
  const line = await startLine(`http://127.0.0.1:${await listenOnLoopback(server)}`);
  onTestFinished(async () => {
    await line.stop();
    server.close();
  });
  const ask = async () => (await fetch(line.url)).text();

  const before = await ask();
  await line.cut();
  const during = await ask().catch(() => "refused");
  await line.restore();

  expect([before, during, await ask()]).toEqual(["vendor", "refused", "vendor"]);
});
