import { createServer, type Server } from "node:http";
import { createServer as createTcpServer } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { httpReader } from "#adapters/http.ts";

const servers: { close(): unknown }[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function listen(server: Server | ReturnType<typeof createTcpServer>): Promise<string> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return `http://127.0.0.1:${address.port}`;
}

describe("http reader", () => {
  const http = httpReader();

  it("takes any status for an answer and follows no redirect", async () => {
    const url = await listen(
      createServer((request, response) => {
        if (request.url === "/moved") response.writeHead(302, { location: "/" });
        else response.writeHead(503);
        response.end("overloaded");
      }),
    );

    expect(await http.get(`${url}/health`)).toMatchObject({
      kind: "answered",
      status: 503,
      body: "overloaded",
    });
    expect(await http.get(`${url}/moved`)).toMatchObject({ kind: "answered", status: 302 });
  });

  it("opens a connection of its own for every look", async () => {
    const ports = new Set<number | undefined>();
    const url = await listen(
      createServer((request, response) => {
        ports.add(request.socket.remotePort);
        response.end();
      }),
    );

    for (let look = 0; look < 3; look += 1) await http.get(url);

    expect(ports.size).toBe(3);
  });

  it("reads at most 64 KiB, even from a body that never ends", async () => {
    const url = await listen(
      createServer((_, response) => {
        const more = () => response.write("x".repeat(16_384), () => setImmediate(more));
        more();
      }),
    );

    const answer = await http.get(url);

    expect(answer).toMatchObject({ kind: "answered", status: 200 });
    expect(answer.kind === "answered" && answer.body.length).toBe(65_536);
  });

  it("gives silence its reason", async () => {
    const gone = createTcpServer();
    const refused = await listen(gone);
    await new Promise((resolve) => gone.close(resolve));
    const closing = await listen(
      createTcpServer((socket) => void socket.on("error", () => undefined).destroy()),
    );
    const mute = await listen(createTcpServer((socket) => void socket.on("error", () => undefined)));

    const answers = await Promise.all([
      http.get(refused),
      http.get(closing),
      http.get(mute, { timeout: "100ms" }),
      http.get("http://"),
      http.get("http://no-such-host.invalid/"),
    ]);

    expect(answers.map((answer) => (answer.kind === "silent" ? answer.reason : answer.status))).toEqual([
      "connection refused",
      expect.stringMatching(/^connection (reset|closed)/),
      "no answer in 0.1 s",
      "not a web address",
      expect.stringMatching(/^name /),
    ]);
  });

  it("stops when it is told to", async () => {
    const stop = new AbortController();
    const url = await listen(
      createTcpServer((socket) => {
        socket.on("error", () => undefined);
        stop.abort(new Error("asked to stop"));
      }),
    );

    expect(await http.get(url, { signal: stop.signal })).toMatchObject({
      kind: "silent",
      reason: "asked to stop",
    });
  });
});
