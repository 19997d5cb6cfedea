/**
 * The order in which Jest runs the files: those that take longest begin first, so that no worker is left alone with one at
 * the end. Jest itself knows how long a file took only where it has run before, and takes small files for quick ones.
 */
import TestSequencer from "@jest/test-sequencer";

/** Parts of paths, from long to short. All others take seconds. */
const LONG = [
  "e2e/crash-proof",
  "e2e/crash.test",
  "e2e/approvals-admission",
  "e2e/controlplane",
  "e2e/humanlayer-page",
  "e2e/hostile-servers",
  "e2e/tools.test",
  "e2e/people-restarts",
  "e2e/examples",
  "e2e/mcp-conformance",
  "testing/simulation-approvals",
  "testing/simulation-mishaps",
  "testing/simulation-tools",
  "adapters/mcp/contract",
  "testing/simulation-questions",
  "adapters/mcp/servers",
  "testing/simulation.test",
  "adapters/mcp/programs",
  "humanlayer/run",
  "testing/simulation-weather",
  "testing/tool-server",
];

const placeOf = ({ path }) => {
  const place = LONG.findIndex((part) => path.includes(part));
  return place < 0 ? LONG.length : place;
};

export default class LongestFirst extends TestSequencer {
  sort(tests) {
    return super.sort(tests).sort((a, b) => placeOf(a) - placeOf(b));
  }
}
