import { connect, type Socket } from "node:net";

/** An answer as it came over the wire. */
export type Wire = {
  readonly status: number;
  readonly head: string;
  readonly body: string;
  readonly all: string;
};

/** Pieces to send, one after the other; a number is a pause in milliseconds. */
export type Pieces = readonly (string | Uint8Array | number)[];

/** Sends exactly these bytes and reads until the server ends the connection, or the first answer is whole. */
export async function wire(url: string, pieces: Pieces, within = 30_000): Promise<Wire> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  let all = "";
  const done = new Promise<string>((resolve) => {
    const timer = setTimeout(() => resolve(`${all}\n(no end within ${within} ms)`), within);
    const end = (): void => {
      clearTimeout(timer);
      resolve(all);
    };
    socket.on("data", (data) => {
      all += String(data);
      if (isWhole(all)) end();
    });
    socket.once("close", end);
    // A server that has said no may end the connection while we still send.
    socket.on("error", () => undefined);
  });
  await sendAll(socket, pieces);
  const text = await done;
  socket.destroy();
  return read(text);
}

async function sendAll(socket: Socket, pieces: Pieces): Promise<void> {
  for (const piece of pieces) {
    if (socket.destroyed) return;
    if (typeof piece === "number") await new Promise((resolve) => setTimeout(resolve, piece));
    else if (!socket.write(piece))
      await new Promise<void>((resolve) => {
        socket.once("drain", resolve);
        socket.once("close", resolve);
      });
  }
}

function isWhole(text: string): boolean {
  const at = text.indexOf("\r\n\r\n");
  if (at === -1) return false;
  const length = /^content-length: (\d+)/im.exec(text.slice(0, at))?.[1];
  return length !== undefined && Buffer.byteLength(text.slice(at + 4)) >= Number(length);
}

function read(all: string): Wire {
  const at = all.indexOf("\r\n\r\n");
  const head = at === -1 ? all : all.slice(0, at);
  return {
    status: Number(/^HTTP\/1\.1 (\d{3})/.exec(all)?.[1] ?? 0),
    head,
    body: at === -1 ? "" : all.slice(at + 4),
    all,
  };
}
