import { request as plain } from "node:http";
import { request as secure } from "node:https";

/** What came back: status, the headers by lower-case name, and the first bytes of the body as text. */
export type Reply = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string;
};

/** One request; redirects are answers like any other. */
export type Ask = {
  readonly method: "GET" | "POST";
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
  /** Bytes of the body that are read; the rest is not even received. */
  readonly most: number;
};

/**
 * One HTTP request over a connection of its own, by Node's own client: the built-in fetch would bring a second HTTP stack into
 * memory beside the one that the vendors' SDKs use.
 */
export function request(url: string | URL, { method, headers, body, signal, most }: Ask): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const address = new URL(url);
    const send = address.protocol === "https:" ? secure : plain;
    const asked = send(address, { method, headers, signal, agent: false }, (answer) => {
      const chunks: Buffer[] = [];
      let left = most;
      const done = () =>
        resolve({
          status: answer.statusCode ?? 0,
          headers: answer.headers,
          body: Buffer.concat(chunks).toString("utf8"),
        });
      answer.on("data", (chunk: Buffer) => {
        chunks.push(chunk.subarray(0, left));
        left -= Math.min(left, chunk.length);
        if (left > 0) return;
        done();
        answer.destroy();
      });
      answer.on("end", done);
      answer.on("error", reject);
      answer.on("aborted", () => reject(new Error("connection closed before the answer was complete")));
    });
    asked.on("error", reject);
    asked.end(body);
  });
}
