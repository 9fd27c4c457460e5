import { connect } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import Fastify from "fastify";
import { expect, onTestFinished, test } from "vitest";
import { seats } from "#platform/api/seats.ts";
import { uploadGate } from "#platform/api/upload-gate.ts";
import { problemOf, refuse } from "#platform/service/refusal.ts";

test("a body that never ends is given up, also where its bytes belong to no part", async () => {
  const gate = uploadGate({
    seats: seats("uploads", { each: 1, all: 1 }),
    mostBytes: 100_000,
    leastRate: 0,
    disk: undefined,
    lookMs: 20,
  });
  const app = Fastify();
  onTestFinished(() => app.close());
  app.addContentTypeParser("multipart/form-data", (_request, body, done) => {
    // Reads all and keeps nothing, as a parser does before the first boundary.
    body.on("data", () => undefined).on("end", () => done(null));
  });
  app.post(
    "/",
    { preParsing: async (request, reply) => gate.admit(request, reply, "acme") },
    async () => "taken",
  );
  const url = new URL(await app.listen({ host: "127.0.0.1", port: 0 }));

  const told = await endless(Number(url.port));

  expect(told).toContain("413 Payload Too Large");
  expect(told).toContain('"code":"body-too-large"');
});

test("an upload for which there is no folder now comes too early, and is no defect", async () => {
  const gate = uploadGate({
    seats: seats("uploads", { each: 1, all: 1 }),
    mostBytes: 100_000,
    leastRate: 0,
    disk: { folder: path.join(tmpdir(), "csrd-not-mounted", "reports"), reserve: 0 },
  });
  const app = Fastify();
  onTestFinished(() => app.close());
  app.setErrorHandler((error: Error, request, reply) => refuse(request, reply, problemOf(error)));
  app.post(
    "/",
    { preParsing: async (request, reply) => gate.admit(request, reply, "acme") },
    async () => "taken",
  );

  const answer = await app.inject({ method: "POST", url: "/" });

  expect(answer.statusCode).toBe(503);
  expect(answer.json()).toMatchObject({ code: "unavailable" });
});

/** Sends chunks until the connection ends; what was answered. */
async function endless(port: number): Promise<string> {
  const socket = connect({ host: "127.0.0.1", port });
  let told = "";
  socket.on("data", (data) => (told += String(data)));
  socket.on("error", () => undefined);
  const isOver = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  socket.write(
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\nTransfer-Encoding: chunked\r\n\r\n",
  );
  const chunk = `4000\r\n${"x".repeat(0x4000)}\r\n`;
  const timer = setInterval(() => {
    if (socket.writable && told === "") socket.write(chunk);
  }, 1);
  await isOver;
  clearInterval(timer);
  return told;
}
