/**
 * The promise: kill the operator at any instant, as often as you like. Every scenario is played without a crash, and
 * then once for every outside call with a crash before it and after it, and in the middle of every model call.
 */
import type { OutsideCall } from "./invariants";
import type { Scenario } from "./scenarios";
import { crowd, scenarios } from "./scenarios";
import type { Kill, Options } from "./simulation";
import { play } from "./simulation";

/** Thousands of runs take their time on a busy machine; a run that hangs is still noticed. */
const PATIENCE_MS = 120_000;

const [plainAnswer] = scenarios;

/** Looking after the watches is the same in every scenario, so its calls are killed in the first one only. */
function killsOf(scenario: Scenario, calls: OutsideCall[]): Kill[] {
  return calls.flatMap(({ what }, i): Kill[] => {
    if (i % (scenario.stride ?? 1) !== 0 || (what.startsWith("listMetadata") && scenario !== plainAnswer)) return [];
    const moments: Kill["moment"][] = what === "ask" ? ["before", "during", "after"] : ["before", "after"];
    return moments.map((moment) => ({ call: i + 1, moment }));
  });
}

/** What a run broke, after what was done to it. */
async function broken(scenario: Scenario, options: Options): Promise<string[]> {
  const { violations, processes } = await play(scenario, options);
  const sentences = processes > 1 ? violations : ["Nobody was killed", ...violations];
  return sentences.map((sentence) => `${sentence} ${JSON.stringify(options)}`);
}

describe.each(scenarios.map((scenario) => [scenario.name, scenario] as const))("%s", (_name, scenario) => {
  test(
    "keeps every promise without a crash, and with one at any outside call",
    async () => {
      const plain = await play(scenario);
      expect(plain.violations).toEqual([]);
      const kills = killsOf(scenario, plain.calls);
      expect(kills).not.toEqual([]);
      const sentences: string[] = [];
      for (const kill of kills) sentences.push(...(await broken(scenario, { kills: [kill] })));
      expect(sentences).toEqual([]);
    },
    PATIENCE_MS,
  );
});

test(
  "a restart while there is nothing to do writes nothing and tells nothing",
  async () => {
    const sentences: string[] = [];
    for (let seed = 1; seed <= 20; seed++) sentences.push(...(await broken(crowd, { seed, restartAtRest: true })));
    expect(sentences).toEqual([]);
  },
  PATIENCE_MS,
);

test(
  "an answered task leaves a whole day in which nothing happens but the watching of watches and keys",
  async () => {
    if (!plainAnswer) throw new Error("There are no scenarios.");
    const run = await play(plainAnswer, { quietMs: 24 * 3_600_000 });
    expect(run.violations).toEqual([]);
  },
  PATIENCE_MS,
);
