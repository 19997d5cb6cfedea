/** Every task reaches the end that it should, at the price that it should have, and none is lost. */
import type { Evidence, Expectation } from "./evidence";
import { isDisturbed } from "./evidence";
import type { Check, Life } from "./lives";
import { endingOf, requestsOf, stateOf, statusWrites } from "./lives";

/** Judges the last incarnation of the task of that name. */
export function endsAsExpected(name: string, expectation: Expectation, lives: Life[], evidence: Evidence): string[] {
  const life = lives.findLast((other) => other.name === name);
  const ending = endingOf(life?.deleted ? undefined : life?.last);
  if (!expectation.ends.includes(ending)) {
    return [
      `Task "${name}" ended as ${ending}, not as ${expectation.ends.join(" or ")}: ${life?.last.status?.statusDetail ?? ""}`,
    ];
  }
  return life && !isDisturbed(evidence)
    ? [...wrongPrices(life, expectation, evidence), ...wrongTools(life, expectation)]
    : [];
}

/** Exact counts, which hold where nothing went wrong. */
function wrongPrices(life: Life, expectation: Expectation, { questions }: Evidence): string[] {
  const { toolCalls } = life;
  const uids = [life.uid, ...toolCalls.map(({ uid }) => uid)];
  const asked = questions.filter(({ question, isForeign }) => !isForeign && uids.includes(question.about.uid));
  const executed = toolCalls.flatMap(({ sent }) => sent).filter(({ executedAt }) => executedAt);
  const prices: [what: string, paid: number, due: number | undefined][] = [
    ["model calls", life.calls.length, expectation.calls],
    ["status writes", statusWrites(life).length, expectation.writes],
    ["counted requests", requestsOf(life.last), life.deleted ? undefined : life.calls.length],
    ["status writes of tool calls", toolCalls.flatMap((call) => statusWrites(call)).length, expectation.toolWrites],
    ["effects of tools", executed.length, expectation.effects],
    ["questions to people", asked.length, expectation.asked],
  ];
  return prices.flatMap(([what, paid, due]) =>
    due === undefined || paid === due ? [] : [`Task "${life.name}" took ${paid} ${what}, not ${due}`],
  );
}

function wrongTools({ name, toolCalls }: Life, { tools }: Expectation): string[] {
  const ends = toolCalls.map(({ last }) => stateOf(last));
  return tools === undefined || ends.join() === tools.join()
    ? []
    : [`Task "${name}" had tool calls that ended as [${ends.join(", ")}], not as [${tools.join(", ")}]`];
}

/** Nothing is deleted but by a person or its own time to live. */
export const neverLost: Check = (life, { deletedByPeople }) => {
  if (!life.deleted || deletedByPeople.has(life.uid)) return [];
  const ttl = life.last.spec.ttlSecondsAfterFinished;
  const due = ttl === undefined ? Infinity : Date.parse(life.last.status?.completionTime ?? "") + ttl * 1_000;
  return life.deleted.at.getTime() >= due ? [] : ["was deleted though nobody had asked for it"];
};
