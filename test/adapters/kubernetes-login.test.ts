import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { parseKubernetesBinding } from "#adapters/kubernetes/binding.ts";
import { kubernetesReaders } from "#adapters/kubernetes/readers.ts";
import { kubernetesService as service, practiceWorldHere } from "#test/contracts/kubernetes-standin.ts";
import { namespace } from "#test/sandbox/standins/memory-node.ts";
import { haveOrSay, overTls } from "#test/sandbox/standins/kubernetes-over-tls.ts";

const openssl = haveOrSay("openssl", ["version"], "logging in to Kubernetes over TLS");

/** A cluster behind TLS, and a folder for what logs in to it. */
async function behindTls() {
  const world = await practiceWorldHere();
  const front = await overTls(world.standin.url);
  const folder = mkdtempSync(join(tmpdir(), "ops-login-"));
  onTestFinished(() => {
    front.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  const file = (name: string, content: string) => {
    const path = join(folder, name);
    writeFileSync(path, content, { mode: 0o600 });
    return path;
  };
  const look = (read: unknown) =>
    kubernetesReaders(
      parseKubernetesBinding({ namespace, timeout: "60s", read, act: "in-cluster" }),
    ).workloads.describe(service);
  return { front, file, look };
}

describe.skipIf(!openssl)("logging in to a cluster", () => {
  test("by a token, where the authority that is named vouches for the server", async () => {
    const { front, file, look } = await behindTls();
    const token = { file: file("token", "reader-token-1") };

    expect((await look({ server: front.url, token, ca: front.ca })).desired).toBe(2);
    await expect(look({ server: front.url, token })).rejects.toMatchObject({
      code: "tool-refused",
      summary: expect.stringContaining("could not prove who it is") as string,
    });
    await expect(look({ server: front.url, token, ca: "/nowhere/ca.pem" })).rejects.toMatchObject({
      code: "environment-invalid",
    });
    const wrong = { file: file("wrong", "somebody-else-1") };
    await expect(look({ server: front.url, token: wrong, ca: front.ca })).rejects.toMatchObject({
      code: "tool-refused",
      hint: expect.stringContaining("bindings.kubernetes.read") as string,
    });
  });

  test("defect 7: by the context that is named, whichever one is current", async () => {
    const { front, file, look } = await behindTls();
    const cluster = (name: string, server: string) => ({
      name,
      cluster: { server, "certificate-authority-data": readFileSync(front.ca).toString("base64") },
    });
    const kubeconfig = file(
      "config",
      JSON.stringify({
        apiVersion: "v1",
        kind: "Config",
        clusters: [cluster("here", front.url), cluster("elsewhere", "https://127.0.0.1:1")],
        users: [{ name: "reader", user: { token: "reader-token-1" } }],
        contexts: [
          { name: "here", context: { cluster: "here", user: "reader", namespace: "default" } },
          { name: "elsewhere", context: { cluster: "elsewhere", user: "reader" } },
        ],
        "current-context": "elsewhere",
      }),
    );

    expect((await look({ kubeconfig, context: "here" })).desired).toBe(2);
    await expect(look({ kubeconfig, context: "nowhere" })).rejects.toMatchObject({
      code: "environment-invalid",
    });
    await expect(look({ kubeconfig: `${kubeconfig}.gone`, context: "here" })).rejects.toMatchObject({
      code: "environment-invalid",
    });
  });

  test("by a program that is not there is refused as such, and is no silence of the cluster", async () => {
    const { front, file, look } = await behindTls();
    const exec = {
      apiVersion: "client.authentication.k8s.io/v1",
      command: "/nowhere/get-token",
      interactiveMode: "Never",
    };
    const kubeconfig = file(
      "config",
      JSON.stringify({
        apiVersion: "v1",
        kind: "Config",
        clusters: [{ name: "here", cluster: { server: front.url, "insecure-skip-tls-verify": true } }],
        users: [{ name: "reader", user: { exec } }],
        contexts: [{ name: "here", context: { cluster: "here", user: "reader" } }],
      }),
    );

    await expect(look({ kubeconfig, context: "here" })).rejects.toMatchObject({
      code: "tool-refused",
      summary: expect.stringContaining("was not sent") as string,
    });
  });

  test("as a pod's own account, which is refused where this is no pod", async () => {
    const { look } = await behindTls();

    await expect(look("in-cluster")).rejects.toMatchObject({ code: "environment-invalid" });
  });
});
