/**
 * Plays a scenario without a crash, and then once for every outside call with a crash before it and after it, and in the
 * middle of every call of a model or a tool, and of every question that is put. Collects the sentences that did not hold; judges nothing itself.
 */
import type { OutsideCall } from "./invariants/index";
import type { Scenario } from "./scenario";
import type { Kill, Options } from "./simulation";
import { play } from "./simulation";

/** Thousands of runs take their time on a busy machine; a run that hangs is still noticed. */
export const PATIENCE_MS = 120_000;

/** The crashes that a run with these calls can have. `watchesToo`: also where it only looks after its watches. */
function killsOf({ stride = 1 }: Scenario, calls: OutsideCall[], watchesToo: boolean): Kill[] {
  return calls.flatMap(({ what }, i): Kill[] => {
    if (i % stride !== 0 || (what.startsWith("listMetadata") && !watchesToo)) return [];
    const moments: Kill["moment"][] = /^(ask|mcp\.call|channels\.create)$/.test(what)
      ? ["before", "during", "after"]
      : ["before", "after"];
    return moments.map((moment) => ({ call: i + 1, moment }));
  });
}

/** What a run broke, after what was done to it. */
export async function broken(scenario: Scenario, options: Options): Promise<string[]> {
  const { violations, processes } = await play(scenario, options);
  const sentences = processes > 1 ? violations : ["Nobody was killed", ...violations];
  return sentences.map((sentence) => `${sentence} ${JSON.stringify(options)}`);
}

/** Registers the tests. Looking after the watches is the same in every scenario, so its calls are killed in `watched` only. */
export function keepsEveryPromise(scenarios: Scenario[], watched?: Scenario): void {
  describe.each(scenarios.map((scenario) => [scenario.name, scenario] as const))("%s", (_name, scenario) => {
    test(
      "keeps every promise without a crash, and with one at any outside call",
      async () => {
        const plain = await play(scenario);
        expect(plain.violations).toEqual([]);
        const kills = killsOf(scenario, plain.calls, scenario === watched);
        expect(kills).not.toEqual([]);
        const sentences: string[] = [];
        for (const kill of kills) sentences.push(...(await broken(scenario, { kills: [kill] })));
        expect(sentences).toEqual([]);
      },
      PATIENCE_MS,
    );
  });
}

/** Registers the test that nothing happens for a day once all is done. */
export function leavesAQuietDay(sentence: string, scenario: Scenario | undefined): void {
  test(
    sentence,
    async () => {
      if (!scenario) throw new Error("There is no such scenario.");
      const run = await play(scenario, { quietMs: 24 * 3_600_000 });
      expect(run.violations).toEqual([]);
    },
    PATIENCE_MS,
  );
}
