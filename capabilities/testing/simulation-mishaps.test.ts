/** The promise where one call to the API server goes wrong, once for every call: it fails before or after it took effect, or meets somebody else's write. */
import type { Scenario } from "./scenario";
import { scenarios } from "./scenarios";
import type { Mishap } from "./simulation";
import { play } from "./simulation";
import { PATIENCE_MS } from "./simulation-kills";
import type { Trouble } from "./simulation-weather";

/** What can go wrong with a call: only a status write can lose a race. Catalog and events fare alike in all scenarios, and have the storms. */
function mishapsOf(scenario: Scenario, whats: string[]): Mishap[] {
  return whats.flatMap((what, i): Mishap[] => {
    if (i % (scenario.stride ?? 1) !== 0 || !/ (tasks|toolcalls|secrets)$/.test(what)) return [];
    const troubles: Trouble[] = what.startsWith("replaceStatus")
      ? ["Conflict", "Refused", "AnswerLost"]
      : ["Refused", "AnswerLost"];
    return troubles.map((trouble) => ({ call: i + 1, trouble }));
  });
}

test.each(scenarios.map((scenario) => [scenario.name, scenario] as const))(
  "one failing call breaks no promise: %s",
  async (_name, scenario) => {
    const { calls } = await play(scenario);
    const mishaps = mishapsOf(
      scenario,
      calls.map(({ what }) => what),
    );
    expect(mishaps).not.toEqual([]);
    const sentences: string[] = [];
    for (const mishap of mishaps) {
      const { violations } = await play(scenario, { mishaps: [mishap] });
      sentences.push(...violations.map((sentence) => `${sentence} ${JSON.stringify(mishap)}`));
    }
    expect(sentences).toEqual([]);
  },
  PATIENCE_MS,
);
