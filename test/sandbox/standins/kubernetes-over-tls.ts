import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer } from "node:tls";

/** The same server behind TLS, with a certificate of its own; `ca` is the file that vouches for it. */
export type OverTls = { readonly url: string; readonly ca: string; readonly stop: () => void };

/** Puts TLS in front of a plain server on loopback, byte for byte. */
export async function overTls(url: string): Promise<OverTls> {
  const folder = mkdtempSync(join(tmpdir(), "ops-tls-"));
  const [key, ca] = [join(folder, "key.pem"), join(folder, "ca.pem")];
  const request =
    "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1";
  execFileSync("openssl", [...request.split(" "), "-keyout", key, "-out", ca], { stdio: "ignore" });
  const { port } = new URL(url);
  const server = createServer({ key: readFileSync(key), cert: readFileSync(ca) }, (outside) => {
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
    ca,
    stop: () => {
      server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
