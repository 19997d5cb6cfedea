// The limits of the house style, and the arrows of docs/architecture.md as rules with a sentence each. In flat
// config the last matching entry wins for a rule, so every file set lists all the arrows that apply to it.
import tseslint from "typescript-eslint";

const NO_CAPABILITIES = { group: ["**/capabilities/**"], message: "crds depends on nothing: it is the API." };
const NO_CRD_INNARDS = {
  regex: "crds/(?!index$|kinds$)",
  message: "crds/index (data and types) and crds/kinds (classes for Pepr) are the only doors of crds.",
};
const NO_KINDS = {
  group: ["**/catalog/**", "**/tasks/**", "**/toolcalls/**", "**/admission/**"],
  message: "runtime and adapters name no kind: pass what they need as a value.",
};
const NO_OTHER_KINDS = {
  group: ["**/catalog/**", "**/tasks/**", "**/toolcalls/**"],
  message: "Kinds meet in the cluster (owner references, labels, watches), never by import.",
};
const PURE = {
  group: [
    "**/runtime/**",
    "!**/runtime/assert-never",
    "!**/runtime/doubled",
    "!**/runtime/listed",
    "!**/runtime/same-json",
    "!**/runtime/storable",
    "!**/runtime/short-hash",
    "!**/runtime/fraction",
    "!**/runtime/json",
    "!**/runtime/later",
    "!**/runtime/trace",
    "!**/runtime/waiting",
    "**/adapters/**",
    "pepr",
    "kubernetes-fluent-client",
    "node:*",
  ],
  allowTypeImports: true,
  message: "state, decide, readiness and transcript are pure: data in, data out.",
};
const NO_CLUSTER_CLIENT = {
  group: ["@kubernetes/client-node", "undici"],
  message: "Only runtime/api-server opens connections to the API server; ask runtime/cluster.",
};
const EXPECTED_IS_A_VALUE = "What is expected to go wrong is a value; only runtime and adapters catch what is thrown.";
const NO_PEPR = { group: ["pepr"], message: "Only index.ts files and pepr.ts know Pepr." };

const arrow = (files, patterns, ignores = []) => ({
  files,
  ignores,
  rules: { "@typescript-eslint/no-restricted-imports": ["error", { patterns }] },
});

const everything = tseslint.config(
  { ignores: ["node_modules/", "dist/", ".kubechain/", "crds/generated/", "**/*.mjs"] },
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: { parserOptions: { project: "./tsconfig.all.json" } },
    rules: {
      complexity: ["error", 10],
      "max-params": ["error", 4],
      "max-lines": ["error", 250],
      "max-depth": ["error", 3],
      "no-console": "error",
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/no-non-null-assertion": "error",
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      "@typescript-eslint/require-await": "off",
      "no-restricted-properties": ["error", { object: "jest", property: "mock", message: "Fakes, not mocks." }],
    },
  },
  arrow(["crds/**/*.ts"], [NO_CAPABILITIES]),
  arrow(
    ["capabilities/**/*.ts"],
    [NO_CRD_INNARDS, NO_CLUSTER_CLIENT, NO_PEPR],
    [
      "capabilities/*/index.ts",
      "capabilities/watch-every-change.ts",
      "capabilities/runtime/api-server.ts",
      "capabilities/adapters/**",
    ],
  ),
  arrow(
    ["capabilities/runtime/**/*.ts"],
    [NO_CRD_INNARDS, NO_KINDS, NO_PEPR, NO_CLUSTER_CLIENT],
    ["capabilities/runtime/api-server.ts"],
  ),
  arrow(["capabilities/adapters/**/*.ts"], [NO_CRD_INNARDS, NO_KINDS, NO_PEPR]),
  arrow(
    ["capabilities/{catalog,tasks,toolcalls}/**/*.ts"],
    [NO_CRD_INNARDS, NO_OTHER_KINDS, NO_CLUSTER_CLIENT, NO_PEPR],
    ["capabilities/*/index.ts"],
  ),
  {
    files: ["capabilities/{catalog,tasks,toolcalls,admission}/**/*.ts"],
    rules: { "no-restricted-syntax": ["error", { selector: "CatchClause", message: EXPECTED_IS_A_VALUE }] },
  },
  arrow(
    [
      "capabilities/{catalog,tasks,toolcalls}/**/{state,decide,decision,ask,begin,hear,limits,status,report,readiness,transcript,offer,tools,children,await-tools,result,answers,ask-people,await-people,settle-question,waits,stored,approvals}.ts",
    ],
    [NO_CRD_INNARDS, NO_OTHER_KINDS, PURE],
  ),
  {
    files: ["**/*.test.ts", "capabilities/testing/**/*.ts", "e2e/**/*.ts"],
    rules: { "max-lines": ["error", 600], "@typescript-eslint/no-restricted-imports": "off" },
  },
  {
    files: [".ci/*.ts", "controlplane/**/*.ts", "codegen/**/*.ts", "bench/**/*.ts"],
    rules: { "no-console": "off" },
  },
);

// `pepr build` and `pepr dev` (1.1.4, cli/format) lint and format all that ESLint finds, with types, and go on whatever comes
// of it. That would be the work of `npm run lint` and `npm run format` once more: they get one file to look at.
const forPepr = tseslint.config(
  { ignores: ["**/*", "!pepr.ts"] },
  { files: ["pepr.ts"], languageOptions: { parser: tseslint.parser } },
);

export default process.env.KUBECHAIN_LINTED_ELSEWHERE ? forPepr : everything;
