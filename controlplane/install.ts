/**
 * What the operator needs in the cluster before it starts: our CRDs and policies, the CRD of Pepr's store, the namespace
 * it lives in, and the operator's rights, the very ClusterRole that a real cluster would get. Repeating it is harmless.
 */
import { readFileSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { OPERATOR_USER } from "./certificates";
import { Failure } from "./failure";
import type { Kubectl } from "./kubectl";
import { apply, must } from "./kubectl";
import { projectFiles } from "./project";
import type { Manifest } from "./webhooks";
import { manifestsIn } from "./webhooks";

const ESTABLISHED_WITHIN = "60s";

/** pepr 1.1.4, `lib/assets/store.ts`: in a cluster its controller creates this itself; a plain process does not. */
const PEPR_STORE: Manifest = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "peprstores.pepr.dev" },
  spec: {
    group: "pepr.dev",
    scope: "Namespaced",
    names: { plural: "peprstores", singular: "peprstore", kind: "PeprStore" },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: "object",
            properties: { data: { type: "object", additionalProperties: { type: "string" } } },
          },
        },
      },
    ],
  },
};

/** Applies it all and waits until the API serves our kinds. */
export async function install(kubectl: Kubectl): Promise<void> {
  const { manifest } = projectFiles();
  const wanted = [...ourManifests(), PEPR_STORE, ...whatPeprNeeds(manifestsIn(readFileSync(manifest, "utf8")))];
  await apply(kubectl, wanted);
  const crds = wanted
    .filter(({ kind }) => kind === "CustomResourceDefinition")
    .map(({ metadata }) => `crd/${metadata.name}`);
  await must(kubectl, ["wait", "--for=condition=Established", `--timeout=${ESTABLISHED_WITHIN}`, ...crds]);
}

/** Every YAML file that the code generator writes, the CRDs first: policies refer to them. */
function ourManifests(): Manifest[] {
  const { generated } = projectFiles();
  const files = readdirSync(generated).filter((file) => file.endsWith(".yaml"));
  const first = files.filter((file) => basename(file) === "crds.yaml");
  if (first.length === 0) throw new Failure(`there is no crds.yaml in ${generated}. Run \`npm run generate\`.`);
  const rest = files.filter((file) => !first.includes(file)).sort();
  return [...first, ...rest].flatMap((file) => manifestsIn(readFileSync(join(generated, file), "utf8")));
}

/** The namespace and the rights out of what `pepr build` wrote; Deployments, Services and Secrets are for real clusters. */
export function whatPeprNeeds(manifests: readonly Manifest[]): Manifest[] {
  const namespace = manifests.filter(({ kind }) => kind === "Namespace");
  const roles = manifests.filter(({ kind }) => kind === "ClusterRole");
  const bindings = roles.map(({ metadata }) => ({
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRoleBinding",
    metadata: { name: OPERATOR_USER },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: metadata.name },
    subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: OPERATOR_USER }],
  }));
  return [...namespace, ...roles, ...bindings];
}
