import { buildSync } from "esbuild";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { compileFunction } from "node:vm";
import type { AdmissionResponse } from "./bookkeeping";
import { withoutBookkeeping } from "./bookkeeping";

const load = createRequire(import.meta.url);
type Mutate = (raw: { metadata: { annotations?: Record<string, string> }; spec?: object }) => void;

/** Pepr's own processor, which its package does not export: built from the sources that the package brings. */
function peprMutateProcessor(): (...args: unknown[]) => Promise<AdmissionResponse> {
  const lib = `${dirname(dirname(load.resolve("pepr")))}/src/lib`;
  const entry = `${lib}/processors/mutate-processor.ts`;
  const built = buildSync({
    entryPoints: [entry],
    bundle: true,
    platform: "node",
    format: "cjs",
    packages: "external",
    write: false,
    logLevel: "silent",
  });
  const module = { exports: {} as { mutateProcessor: (...args: unknown[]) => Promise<AdmissionResponse> } };
  const run = compileFunction(built.outputFiles[0]?.text ?? "", ["module", "exports", "require"]) as (
    ...args: unknown[]
  ) => void;
  run(module, module.exports, load);
  return module.exports.mutateProcessor;
}

const kind = { group: "kubechain.humanlayer.dev", version: "v1alpha1", kind: "LLM" };
const filters = {
  name: "",
  namespaces: [],
  regexNamespaces: [],
  regexName: "",
  labels: {},
  annotations: {},
  deletionTimestamp: false,
};

/** What Pepr answers to the creation of an object with these annotations, when `mutate` is our action. */
async function answer(annotations: Record<string, string> | undefined, mutate: Mutate): Promise<AdmissionResponse> {
  const object = {
    metadata: { name: "gpt-4o", namespace: "default", ...(annotations && { annotations }) },
    spec: { provider: "openai" },
  };
  const request = { uid: "u", kind, operation: "CREATE", name: "gpt-4o", namespace: "default", userInfo: {}, object };
  const binding = {
    kind,
    event: "CREATEORUPDATE",
    filters,
    isMutate: true,
    mutateCallback: async (incoming: { Raw: Parameters<Mutate>[0] }) => mutate(incoming.Raw),
  };
  const config = { uuid: "kubechain", onError: "reject", webhookTimeout: 5, alwaysIgnore: { namespaces: [] } };
  const response = await process()(config, [{ name: "admission", namespaces: [], bindings: [binding] }], request, {});
  return response;
}

let processor: ReturnType<typeof peprMutateProcessor> | undefined;
const process = () => (processor ??= peprMutateProcessor());
const patchOf = (response: AdmissionResponse): unknown =>
  response.patch === undefined ? undefined : JSON.parse(Buffer.from(response.patch, "base64").toString());

const nothing: Mutate = () => undefined;
const addModel: Mutate = (raw) => {
  raw.spec = { ...raw.spec, parameters: { model: "gpt-4o" } };
};
const annotate: Mutate = (raw) => {
  raw.metadata.annotations = { ...raw.metadata.annotations, mine: "yes" };
};
const unsay: Mutate = (raw) => {
  const { "kubechain.humanlayer.dev/approve": _said, ...others } = raw.metadata.annotations ?? {};
  raw.metadata = { ...raw.metadata, annotations: others };
};
const unsaid = { op: "remove", path: "/metadata/annotations/kubechain.humanlayer.dev~1approve" };
const model = { op: "add", path: "/spec/parameters", value: { model: "gpt-4o" } };

describe("Pepr's bookkeeping is taken out of its answers", () => {
  test("Pepr does put its annotation on every object that it mutates", async () => {
    const response = await answer(undefined, nothing);
    expect(patchOf(response)).toEqual([
      { op: "add", path: "/metadata/annotations", value: { "kubechain.pepr.dev/admission": "succeeded" } },
    ]);
  });

  test.each<[sentence: string, annotations: Record<string, string> | undefined, Mutate, expected: unknown]>([
    ["an object without annotations stays without them, and needs no patch", undefined, nothing, undefined],
    ["an object with annotations keeps exactly those", { team: "a" }, nothing, undefined],
    [
      "an object that carries the annotation already is not touched",
      { "kubechain.pepr.dev/admission": "succeeded" },
      nothing,
      undefined,
    ],
    [
      "an older word in the annotation is not touched either",
      { "kubechain.pepr.dev/admission": "warning", team: "a" },
      nothing,
      undefined,
    ],
    ["what our action changed stays in the patch", undefined, addModel, [model]],
    ["what our action changed stays, with annotations there before", { team: "a" }, addModel, [model]],
    [
      "annotations of our own on an object that had none stay",
      undefined,
      annotate,
      [{ op: "add", path: "/metadata/annotations", value: { mine: "yes" } }],
    ],
    [
      "annotations of our own beside others stay",
      { team: "a" },
      annotate,
      [{ op: "add", path: "/metadata/annotations/mine", value: "yes" }],
    ],
    [
      "an annotation of ours that goes is gone, though it was the only one",
      { "kubechain.humanlayer.dev/approve": "fine" },
      unsay,
      [unsaid],
    ],
    [
      "an annotation of ours that goes leaves the others",
      { "kubechain.humanlayer.dev/approve": "fine", team: "a", "kubechain.pepr.dev/admission": "succeeded" },
      unsay,
      [unsaid],
    ],
    [
      "one that comes as another goes",
      { "kubechain.humanlayer.dev/approve": "fine" },
      (raw) => {
        unsay(raw);
        annotate(raw);
      },
      [unsaid, { op: "add", path: "/metadata/annotations/mine", value: "yes" }],
    ],
  ])("%s", async (_sentence, annotations, mutate, expected) => {
    const response = await answer(annotations, mutate);
    withoutBookkeeping(response);
    expect(patchOf(response)).toEqual(expected);
    expect(response.patchType).toBe(expected === undefined ? undefined : "JSONPatch");
    expect(response.allowed).toBe(true);
  });

  test("a refusal by our action reaches the person as the reason of the refusal, once", async () => {
    const response = await answer(undefined, () => {
      throw new Error("remove spec.model.");
    });
    withoutBookkeeping(response);
    expect(response).toEqual({ uid: "u", allowed: false, status: { code: 422, message: "remove spec.model." } });
  });

  test("an answer of a Validate action passes as it is", () => {
    const response: AdmissionResponse = {
      allowed: false,
      status: { code: 422, message: "no" },
      warnings: ["Action failed: not by Mutate"],
    };
    withoutBookkeeping(response);
    expect(response).toEqual({
      allowed: false,
      status: { code: 422, message: "no" },
      warnings: ["Action failed: not by Mutate"],
    });
  });
});
