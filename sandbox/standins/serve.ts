import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from "node:http";

const largestBody = 2 * 1024 * 1024;

/** One request as a stand-in sees it: the body is whole and still bytes, because signatures cover bytes. */
export type Asked = {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
};

/** What a stand-in says; `dropped` closes the connection without a word, as a lost reply does. */
export type Said =
  | {
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body: string;
    }
  | {
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      /** Sent as they come; when it throws, the connection breaks off. */
      readonly pieces: AsyncIterable<string>;
    }
  | "dropped";

/** A listening stand-in. */
export type Serving = {
  readonly url: string;
  /** Closes every connection; the port is free afterwards. */
  readonly stop: () => Promise<void>;
};

/** Serves `answer` on 127.0.0.1; without a port, on a free one. Whatever `answer` throws becomes a 500 with its message. */
export async function serve(answer: (asked: Asked) => Promise<Said>, port = 0): Promise<Serving> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size <= largestBody) chunks.push(chunk);
    });
    request.on("end", () => {
      const { pathname, search } = new URL(request.url ?? "/", "http://standin");
      const asked = {
        method: request.method ?? "GET",
        path: pathname,
        query: search.slice(1),
        headers: request.headers,
        body: Buffer.concat(chunks),
      };
      const said = size > largestBody ? Promise.resolve({ status: 413, body: "too large" }) : answer(asked);
      said.catch(defect).then(
        (what) => say(response, what),
        () => response.destroy(),
      );
    });
  });
  await listening(server, port);
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("a stand-in listens on TCP only");
  return {
    url: `http://127.0.0.1:${address.port}`,
    stop: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error === undefined ? resolve() : reject(error)));
        server.closeAllConnections();
      }),
  };
}

function say(response: ServerResponse, said: Said): void {
  if (said === "dropped") {
    response.destroy();
    return;
  }
  if ("pieces" in said) {
    response.writeHead(said.status, { ...said.headers });
    response.flushHeaders();
    void sendPieces(response, said.pieces);
    return;
  }
  const body = Buffer.from(said.body);
  response.writeHead(said.status, { ...said.headers, "content-length": String(body.length) });
  response.end(body);
}

async function sendPieces(response: ServerResponse, pieces: AsyncIterable<string>): Promise<void> {
  try {
    for await (const piece of pieces) {
      if (response.destroyed) return;
      response.write(piece);
    }
    response.end();
  } catch {
    response.destroy();
  }
}

function defect(error: unknown): Said {
  return { status: 500, body: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}

function listening(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      server.off("error", reject);
      resolve();
    });
  });
}
