/** Unit tables, contract tests and the simulation live beside the source; what needs the real control plane lives in e2e/. */
const shared = {
  testEnvironment: "node",
  extensionsToTreatAsEsm: [".ts"],
  transform: {
    "^.+\\.ts$": [
      "@swc/jest",
      { jsc: { target: "es2022", parser: { syntax: "typescript" } }, module: { type: "es6" } },
    ],
  },
};

export default {
  maxConcurrency: 10,
  // A test that hangs is cut; one on a busy machine is only slow.
  testTimeout: 60_000,
  testSequencer: "<rootDir>/capabilities/testing/longest-first.mjs",
  projects: [
    {
      ...shared,
      displayName: "unit",
      testEnvironment: "<rootDir>/capabilities/testing/jest-environment.mjs",
      roots: [
        "<rootDir>/crds",
        "<rootDir>/codegen",
        "<rootDir>/capabilities",
        "<rootDir>/controlplane",
        "<rootDir>/bench",
        "<rootDir>/humanlayer",
      ],
    },
    {
      ...shared,
      displayName: "e2e",
      roots: ["<rootDir>/e2e"],
      globalSetup: "<rootDir>/e2e/global-setup.mjs",
      globalTeardown: "<rootDir>/e2e/global-teardown.mjs",
      setupFilesAfterEnv: ["<rootDir>/e2e/patience.ts"],
    },
  ],
};
