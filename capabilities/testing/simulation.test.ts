/**
 * The promise: kill the operator at any instant, as often as you like. Every scenario is played without a crash, and
 * then once for every outside call with a crash before it and after it, and in the middle of every model call.
 */
import type { Scenario } from "./scenarios";
import { scenarios } from "./scenarios";
import type { Kill, Options } from "./simulation";
import { play } from "./simulation";
import type { OutsideCall } from "./invariants";

/** What was wrong with a run, and how to see it again. */
async function faults(scenario: Scenario, options: Options): Promise<string[]> {
  const { violations } = await play(scenario, options);
  return violations.map((sentence) => `${sentence} [${JSON.stringify(options)}]`);
}

/** Looking after the watches is the same in every scenario, so its calls are killed in the first one only. */
function killsOf(scenario: Scenario, calls: OutsideCall[]): Kill[] {
  const isFirst = scenario === scenarios[0];
  return calls.flatMap(({ what }, i): Kill[] => {
    if (i % (scenario.stride ?? 1) !== 0 || (what.startsWith("listMetadata") && !isFirst)) return [];
    const moments: Kill["moment"][] = what === "ask" ? ["before", "during", "after"] : ["before", "after"];
    return moments.map((moment) => ({ call: i + 1, moment }));
  });
}

describe.each(scenarios.map((scenario) => [scenario.name, scenario] as const))("%s", (_name, scenario) => {
  test("keeps every promise without a crash, and again with one at any outside call", async () => {
    const plain = await play(scenario);
    expect(plain.violations).toEqual([]);
    expect(plain.calls.length).toBeGreaterThan(0);
    for (const kill of killsOf(scenario, plain.calls)) {
      const run = await play(scenario, { kills: [kill] });
      expect(run.processes).toBeGreaterThan(plain.processes);
      if (run.violations.length > 0) expect(await faults(scenario, { kills: [kill] })).toEqual([]);
    }
  });
});

test("a task that is answered costs two status writes, and then a day costs nothing", async () => {
  const scenario = scenarios[0];
  if (!scenario) throw new Error("There are no scenarios.");
  const run = await play(scenario, { quietMs: 24 * 3_600_000 });
  expect(run.violations).toEqual([]);
});
