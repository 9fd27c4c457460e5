import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer } from "node:tls";

/** The same server behind TLS, with a certificate of its own; `ca` is the file that vouches for it. */
export type OverTls = { readonly url: string; readonly ca: string; readonly stop: () => void };

/** Whether a command answers on this machine; where it does not, says what is skipped for the want of it. */
export function haveOrSay(command: string, args: readonly string[], skipped: string): boolean {
  try {
    execFileSync(command, args, { stdio: "ignore" });
    return true;
  } catch {
    process.stdout.write(`skipped: ${skipped} (${command} is not on PATH)\n`);
    return false;
  }
}

/** Makes a key and a certificate for 127.0.0.1 that vouches for itself; gives their files in `folder`. */
export function selfSigned(folder: string): { readonly key: string; readonly certificate: string } {
  const [key, certificate] = [join(folder, "server.key"), join(folder, "server.crt")];
  const request =
    "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1";
  execFileSync("openssl", [...request.split(" "), "-keyout", key, "-out", certificate], { stdio: "ignore" });
  return { key, certificate };
}

/** Puts TLS in front of a plain server on loopback, byte for byte. */
export async function overTls(url: string): Promise<OverTls> {
  const folder = mkdtempSync(join(tmpdir(), "ops-tls-"));
  const { key, certificate } = selfSigned(folder);
  const { port } = new URL(url);
  const server = createServer({ key: readFileSync(key), cert: readFileSync(certificate) }, (outside) => {
    const inside = connect(Number(port), "127.0.0.1");
    outside.pipe(inside).pipe(outside);
    outside.on("error", () => inside.destroy());
    inside.on("error", () => outside.destroy());
    outside.on("close", () => inside.destroy());
    inside.on("close", () => outside.destroy());
  });
  server.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address() as AddressInfo;
  return {
    url: `https://127.0.0.1:${address.port}`,
    ca: certificate,
    stop: () => {
      server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
