import { whatPeprNeeds } from "./install";
import { manifestsIn, webhooksAt } from "./webhooks";

const BUILT = `
apiVersion: v1
kind: Namespace
metadata: { name: pepr-system }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: { name: pepr-kubechain }
rules: [{ apiGroups: [""], resources: [secrets], verbs: [get] }]
---
---
apiVersion: v1
kind: Secret
metadata: { name: pepr-kubechain-tls }
---
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata: { name: pepr-kubechain }
webhooks:
  - name: pepr-kubechain.pepr.dev
    failurePolicy: Fail
    clientConfig: { caBundle: b2xk, service: { name: pepr-kubechain, namespace: pepr-system, path: /mutate/old } }
    rules: [{ apiGroups: [kubechain.humanlayer.dev], resources: [tasks], operations: [CREATE] }]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: { name: pepr-kubechain }
webhooks:
  - name: pepr-kubechain.pepr.dev
    failurePolicy: Fail
    clientConfig: { caBundle: b2xk, service: { name: pepr-kubechain, namespace: pepr-system, path: /validate/old } }
    rules: []
`;
const address = { port: 25000, apiPath: "secret", authority: "PEM" };

describe("the webhooks of a local operator", () => {
  const [mutating, validating, ...more] = webhooksAt(manifestsIn(BUILT), address);

  test("are all that is taken of a module's manifests", () => {
    expect([mutating?.kind, validating?.kind]).toEqual([
      "MutatingWebhookConfiguration",
      "ValidatingWebhookConfiguration",
    ]);
    expect(more).toEqual([]);
  });

  test("point at the local address under our authority, each at its own operation", () => {
    const caBundle = Buffer.from("PEM").toString("base64");
    expect(mutating).toHaveProperty("webhooks.0.clientConfig", {
      url: "https://127.0.0.1:25000/mutate/secret",
      caBundle,
    });
    expect(validating).toHaveProperty("webhooks.0.clientConfig", {
      url: "https://127.0.0.1:25000/validate/secret",
      caBundle,
    });
  });

  test("keep the rules and the failure policy as they were built", () => {
    expect(mutating).toMatchObject({
      webhooks: [{ failurePolicy: "Fail", rules: [{ resources: ["tasks"], operations: ["CREATE"] }] }],
    });
  });
});

describe("what is installed of a module", () => {
  test("is the namespace, the role, and a binding of that role to the operator's own user", () => {
    const needed = whatPeprNeeds(manifestsIn(BUILT));
    expect(needed.map(({ kind }) => kind)).toEqual(["Namespace", "ClusterRole", "ClusterRoleBinding"]);
    expect(needed[2]).toMatchObject({
      roleRef: { kind: "ClusterRole", name: "pepr-kubechain" },
      subjects: [{ kind: "User", name: "kubechain-operator" }],
    });
  });
});
