/** Runs kubectl against one control plane, and against no other: the kubeconfig is always given. */
import { spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { Failure } from "./failure";
import { KUBECTL_CACHE } from "./state";

/** How a command ended. */
export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

/** `kubectl` bound to a control plane. */
export type Kubectl = (args: readonly string[], stdin?: string) => Promise<Ran>;

/**
 * This process's environment for a kubectl of ours. What kubectl remembers of the API server is kept beside the kubeconfig:
 * control planes come and go, and the user's own cache would keep something of each.
 */
export function kubectlEnvironment(kubeconfig: string): NodeJS.ProcessEnv {
  const cache = join(dirname(kubeconfig), KUBECTL_CACHE);
  return { ...process.env, KUBECONFIG: kubeconfig, KUBECACHEDIR: cache, KUBECTL_KUBERC: "false" };
}

/** A kubectl for this kubeconfig. The user's own kubectl settings other than plugins have no effect on it. */
export function kubectlFor(binary: string, kubeconfig: string): Kubectl {
  return (args, stdin) =>
    new Promise((resolve, reject) => {
      const child = spawn(binary, args, { env: kubectlEnvironment(kubeconfig) });
      const out: Buffer[] = [];
      const err: Buffer[] = [];
      child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
      child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
      child.on("error", reject);
      // A kubectl that ends before it has read everything says why on standard error.
      child.stdin.on("error", () => undefined);
      child.on("close", (code) =>
        resolve({
          code: code ?? 1,
          stdout: Buffer.concat(out).toString("utf8"),
          stderr: Buffer.concat(err).toString("utf8"),
        }),
      );
      child.stdin.end(stdin ?? "");
    });
}

/** The same, for a command that must succeed: what it printed, or a `Failure` with what it said. */
export async function must(kubectl: Kubectl, args: readonly string[], stdin?: string): Promise<string> {
  const { code, stdout, stderr } = await kubectl(args, stdin);
  if (code !== 0)
    throw new Failure(`kubectl ${args.join(" ")} failed:\n    ${stderr.trim().split("\n").join("\n    ")}`);
  return stdout;
}

/** Server-side apply of YAML documents or of plain objects. Repeating it is harmless. */
export async function apply(kubectl: Kubectl, documents: string | readonly object[]): Promise<void> {
  const text = typeof documents === "string" ? documents : documents.map((one) => JSON.stringify(one)).join("\n---\n");
  const how = ["apply", "--server-side", "--force-conflicts", "--field-manager=kubechain-install", "-f", "-"];
  await must(kubectl, how, text);
}
