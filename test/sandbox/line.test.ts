import { once } from "node:events";
import { connect, createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { startLine } from "#sandbox/line.ts";

async function echoBehindLine() {
  const server = createServer((socket) => socket.on("error", () => undefined).pipe(socket));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const line = await startLine(`http://127.0.0.1:${port}`);
  const socket = connect(Number(new URL(line.url).port), "127.0.0.1");
  onTestFinished(async () => {
    socket.destroy();
    await line.stop();
    server.close();
  });
  await once(socket, "connect");
  return { line, socket };
}

test("what crosses a slow line arrives later by both ways, whole and in its order, also when the line is quick again", async () => {
  const { line, socket } = await echoBehindLine();
  let heard = "";
  socket.setEncoding("utf8").on("data", (text: string) => (heard += text));
  const sent = Array.from({ length: 50 }, (_, index) => `${index};`);
  line.delay(60);
  const began = performance.now();

  for (const part of sent.slice(0, 25)) socket.write(part);
  await new Promise((resolve) => setTimeout(resolve, 10));
  line.delay(0);
  for (const part of sent.slice(25)) socket.write(part);
  while (heard.length < sent.join("").length) await once(socket, "data");

  expect(heard).toBe(sent.join(""));
  expect(performance.now() - began).toBeGreaterThanOrEqual(59);
});

test("much that crosses a line is neither lost nor kept back by a reader that is slow", async () => {
  const { socket } = await echoBehindLine();
  const sent = Buffer.alloc(8 * 1024 * 1024, "line ");
  let bytes = 0;
  socket.on("data", (data: Buffer) => (bytes += data.length));

  socket.write(sent);
  while (bytes < sent.length) await once(socket, "data");

  expect(bytes).toBe(sent.length);
});
