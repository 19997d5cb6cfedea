/**
 * Registers the operator's webhooks with the API server of its state. The rules, selectors and policies are those that
 * `pepr build` has written; only the address changes, from a Service in the cluster to a URL on this machine. Pure but
 * for `registerWebhooks`.
 */
import { readFileSync } from "node:fs";
import { parseAllDocuments } from "yaml";
import { keyFiles } from "./certificates";
import { Failure } from "./failure";
import type { Kubectl } from "./kubectl";
import { apply, must } from "./kubectl";
import { projectFiles } from "./project";
import type { State } from "./state";

/** A Kubernetes object of which only the outline matters here. */
export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; [field: string]: unknown };
  [field: string]: unknown;
}

/** Where the operator listens, and whom the API server shall trust there. */
export interface WebhookAddress {
  port: number;
  apiPath: string;
  /** PEM. */
  authority: string;
}

/** The operation in the URL, by the kind of configuration. */
const OPERATIONS = { MutatingWebhookConfiguration: "mutate", ValidatingWebhookConfiguration: "validate" } as const;
type ConfigurationKind = keyof typeof OPERATIONS;
const KINDS = Object.keys(OPERATIONS) as ConfigurationKind[];

/** pepr 1.1.4 names both configurations after the module. */
const NAME = "pepr-kubechain";

/** The objects of a YAML file with several documents; empty documents are left out. */
export function manifestsIn(yaml: string): Manifest[] {
  return parseAllDocuments(yaml)
    .map((document) => document.toJS() as unknown)
    .filter((object): object is Manifest => typeof object === "object" && object !== null);
}

/** The webhook configurations among `manifests`, with every webhook pointing at `address`. */
export function webhooksAt(manifests: readonly Manifest[], address: WebhookAddress): Manifest[] {
  return manifests.filter(isConfiguration).map((configuration) => {
    const { port, apiPath, authority } = address;
    const url = `https://127.0.0.1:${port}/${OPERATIONS[configuration.kind]}/${apiPath}`;
    const clientConfig = { url, caBundle: Buffer.from(authority).toString("base64") };
    return { ...configuration, webhooks: configuration.webhooks.map((webhook) => ({ ...webhook, clientConfig })) };
  });
}

function isConfiguration(manifest: Manifest): manifest is Manifest & { kind: ConfigurationKind; webhooks: object[] } {
  return KINDS.some((kind) => kind === manifest.kind) && Array.isArray(manifest["webhooks"]);
}

/** Points the API server at the operator of this state. While no operator runs, writes to our kinds are then refused. */
export async function registerWebhooks(
  state: State,
  kubectl: Kubectl,
  at: { port: number; apiPath: string },
): Promise<void> {
  const authority = readFileSync(keyFiles(state, "ca").certificate, "utf8");
  const manifests = manifestsIn(readFileSync(projectFiles().manifest, "utf8"));
  const configurations = webhooksAt(manifests, { ...at, authority });
  if (configurations.length === 0)
    throw new Failure(`${projectFiles().manifest} has no webhooks. Run \`npm run build\`.`);
  await apply(kubectl, configurations);
  const gone = KINDS.filter((kind) => !configurations.some((one) => one.kind === kind));
  if (gone.length > 0) await removeWebhooks(kubectl, gone);
}

/** Takes the registration back; objects are then written unchecked. */
export async function removeWebhooks(kubectl: Kubectl, kinds: readonly string[] = KINDS): Promise<void> {
  for (const kind of kinds) await must(kubectl, ["delete", kind, NAME, "--ignore-not-found"]);
}
