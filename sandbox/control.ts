import { timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { isCodedError } from "#kit/errors.ts";
import { listenOnLoopback } from "./loopback.ts";

/** What the supervisor can be asked: `GET /status`, `POST /break/api-down`. The answer becomes JSON. */
export type Controls = Readonly<Record<string, (argument: string) => Promise<unknown>>>;

/** A listening control door. */
export type ControlDoor = { readonly url: string; stop(): Promise<void> };

/** Opens the supervisor's door on loopback; without the token it says nothing but 401. */
export async function openControl(controls: Controls, token: string): Promise<ControlDoor> {
  const server = createServer((request, response) => {
    void answer(request, response, controls, token);
  });
  const port = await listenOnLoopback(server);
  return {
    url: `http://127.0.0.1:${port}`,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  controls: Controls,
  token: string,
): Promise<void> {
  request.resume();
  const say = (status: number, body: unknown): void =>
    void response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  if (!sameText(request.headers.authorization ?? "", `Bearer ${token}`)) return say(401, {});
  const [name = "", argument = ""] = (request.url ?? "/").slice(1).split("/").map(decodeURIComponent);
  const control = Object.hasOwn(controls, `${request.method} ${name}`)
    ? controls[`${request.method} ${name}`]
    : undefined;
  if (control === undefined) return say(404, {});
  try {
    say(200, (await control(argument)) ?? {});
  } catch (error) {
    const known = isCodedError(error);
    say(500, {
      code: known ? error.code : "defect",
      summary: known ? error.summary : String(error),
      hint: known ? error.hint : "",
    });
  }
}

function sameText(given: string, wanted: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)];
  return a.length === b.length && timingSafeEqual(a, b);
}
