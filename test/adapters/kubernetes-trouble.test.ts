import { createServer } from "node:net";
import { describe, expect, test } from "vitest";
import { readRefusal, readSilence } from "#adapters/kubernetes/trouble.ts";

const failed = (code: string, syscall?: string) =>
  new TypeError("fetch failed", {
    cause: Object.assign(new Error(`${syscall ?? "something"} ${code}`), {
      code,
      ...(syscall === undefined ? {} : { syscall }),
    }),
  });
const status = (more: object) => ({ kind: "Status", apiVersion: "v1", status: "Failure", ...more });

describe("a call that threw", () => {
  test.for([
    ["a server whose certificate nobody vouches for", failed("DEPTH_ZERO_SELF_SIGNED_CERT"), "untrusted"],
    ["a login program that is not there", failed("ENOENT", "spawn get-token"), "unsent"],
    ["a login program that may not be started", failed("EACCES", "spawn get-token"), "unsent"],
    ["an answer of a login program that cannot be read", new SyntaxError("Unexpected token"), "unsent"],
    ["a limit that was reached", new DOMException("The operation timed out", "TimeoutError"), "late"],
    ["a server that takes the connection and says nothing", failed("UND_ERR_HEADERS_TIMEOUT"), "late"],
    ["a connection that was reset", failed("ECONNRESET", "read"), "broken"],
    ["a connection that closed on the way", failed("UND_ERR_SOCKET"), "broken"],
    ["a connection that stood and then heard nothing", failed("ETIMEDOUT", "read"), "broken"],
    ["a host that takes no connection", failed("ETIMEDOUT", "connect"), "unreachable"],
    ["a host without a way to it", failed("EHOSTUNREACH", "connect"), "unreachable"],
    ["a name that is not known", failed("ENOTFOUND", "getaddrinfo"), "unreachable"],
    ["a name that nobody could look up", failed("EAI_AGAIN", "getaddrinfo"), "unreachable"],
  ] as const)("for %s is sorted as such", ([, error, kind]) => {
    expect(readSilence(error).kind).toBe(kind);
  });

  test("for a port that nobody listens on is unreachable, in words", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    await new Promise((resolve) => server.close(resolve));
    const port = typeof address === "object" ? address?.port : undefined;

    const error: unknown = await fetch(`http://127.0.0.1:${port}/`).catch((thrown: unknown) => thrown);

    expect(readSilence(error)).toMatchObject({ kind: "unreachable", why: "connection refused" });
  });

  test("for several addresses is sorted by the first", () => {
    const both = new AggregateError([
      Object.assign(new Error("connect ECONNREFUSED ::1:6443"), { code: "ECONNREFUSED", syscall: "connect" }),
      Object.assign(new Error("connect EHOSTUNREACH"), { code: "EHOSTUNREACH", syscall: "connect" }),
    ]);

    expect(readSilence(new TypeError("fetch failed", { cause: both }))).toMatchObject({
      kind: "unreachable",
      why: "connection refused",
    });
  });
});

describe("an answer that is no success", () => {
  test.for([
    [429, { isBusy: true, mayBeDone: false }],
    [500, { isBusy: true, mayBeDone: true }],
    [504, { isBusy: true, mayBeDone: true }],
    [403, { isBusy: false, mayBeDone: false }],
    [409, { isBusy: false, mayBeDone: false }],
  ] as const)("%i says whether to ask again, and whether it may be done all the same", ([code, expected]) => {
    expect(readRefusal({ status: code, headers: {}, body: JSON.stringify(status({})) })).toMatchObject(
      expected,
    );
  });

  test("is read the same from text and from what a client has read already", () => {
    const body = status({ message: "leases is forbidden", reason: "Forbidden" });

    const read = readRefusal({ status: 403, headers: {}, body });

    expect(read).toMatchObject({ text: "leases is forbidden", details: "403 Forbidden leases is forbidden" });
    expect(readRefusal({ status: 403, headers: {}, body: JSON.stringify(body) })).toEqual(read);
  });

  test.for([
    ["what the server says itself", { "retry-after": "7" }, { retryAfterSeconds: 2 }, 2_000],
    ["its header", { "retry-after": "7" }, {}, 7_000],
    ["nothing, where it says nothing", {}, {}, undefined],
    ["nothing, where it says a date", { "retry-after": "Sun, 22 Nov 2026 01:00:00 GMT" }, {}, undefined],
  ] as const)("names as its pause %s", ([, headers, details, waitMs]) => {
    expect(readRefusal({ status: 429, headers, body: status({ details }) }).waitMs).toBe(waitMs);
  });

  test("in no form of Kubernetes is known as such, and shown in part and plain", () => {
    const read = readRefusal({ status: 404, headers: {}, body: `<html>\u001b[2J${"x".repeat(2_000)}` });

    expect(read.status).toBeUndefined();
    expect(read.text.length).toBeLessThanOrEqual(500);
    expect(read.details).not.toContain("\u001b");
  });
});
