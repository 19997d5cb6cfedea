/** The protocol's own suite for clients, against the adapter that the operator uses: nothing here needs a cluster. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { projectFiles } from "../controlplane/project";

const { node, root } = projectFiles();
const suite = join(root, "node_modules", "@modelcontextprotocol", "conformance", "dist", "index.js");
const client = "--import ./node_modules/tsx/dist/loader.mjs e2e/mcp-client.ts";

/**
 * All but those of OAuth and skills, which we do not claim, and `elicitation-sep1034-client-defaults`: it asks a person over
 * an open connection, without being told that anybody would answer, and wants a form accepted that no person has seen.
 */
test.concurrent.each([
  "initialize",
  "tools_call",
  "sse-retry",
  "request-metadata",
  "sep-2322-client-request-state",
  "http-standard-headers",
  "http-custom-headers",
  "http-invalid-tool-headers",
  "json-schema-ref-no-deref",
  "json-schema-2020-12-preservation",
])("the client keeps to the protocol: %s", async (scenario) => {
  const args = [suite, "client", "--scenario", scenario, "--timeout", "60000", "--command", `${node} ${client}`];
  const child = spawn(node, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const [code] = (await once(child, "close")) as [number | null];
  // Shown in full when it fails: the suite says which rule was broken, and how.
  expect(code === 0 ? "" : said).toBe("");
  expect(said).toMatch(/Passed: ([1-9]\d*)\/\1,/);
});
