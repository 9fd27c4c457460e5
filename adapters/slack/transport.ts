import type { FetchFunction } from "@slack/web-api";
import { request } from "../request.ts";

/** Answers of the calls we make are a few kilobytes; a page of history may be some hundred. */
const largest = 8 * 1024 * 1024;
const longestMs = 30_000;

/** What Slack's SDK sends with, over Node's own HTTP client; see `request` for the reason. We send no files, so a body is always text. */
export const slackTransport: FetchFunction = async (url, { method, headers = {}, body, signal } = {}) => {
  if (body !== undefined && typeof body !== "string") throw new TypeError("only text is sent to Slack");
  const reply = await request(url, {
    method: method === "GET" ? "GET" : "POST",
    headers,
    ...(body === undefined ? {} : { body }),
    signal: signal ?? AbortSignal.timeout(longestMs),
    most: largest,
  });
  const entries = Object.entries(reply.headers).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, typeof value === "string" ? value : value.join(", ")]],
  );
  const byName = new Map(entries);
  return {
    ok: reply.status >= 200 && reply.status < 300,
    status: reply.status,
    statusText: "",
    url: String(url),
    headers: { get: (name) => byName.get(name.toLowerCase()) ?? null, entries: () => entries },
    text: async () => reply.body,
    json: async () => JSON.parse(reply.body) as unknown,
    arrayBuffer: async () => new TextEncoder().encode(reply.body).buffer,
  };
};
