/**
 * The promise, checked from outside: from what the cluster stored over its whole history and what models and tool
 * servers saw, never from what the operator remembers. Each check returns the sentences that are not true of a run;
 * none knows how a run was made, and none changes anything.
 */
import {
  askedOnce,
  obeysPeople,
  offersTheAgentsTools,
  oneAtATime,
  strangers,
  waitsAsLongAsAsked,
  writtenBeforeAsked,
} from "./asking";
import { answersAreTheModels, conversationsAreWhole } from "./conversations";
import {
  callsForWhoWantsIt,
  intentBeforeEffect,
  keysTellCallsApart,
  neverTwice,
  onceAtATime,
  strangeEffects,
  unknownOnlyWhereUnknown,
} from "./effects";
import { endsAsExpected, neverLost } from "./endings";
import { eventsTellTheTruth } from "./events";
import type { Evidence } from "./evidence";
import type { Check } from "./lives";
import { livesOf } from "./lives";
import {
  answersAreHeard,
  asksBeforeItSays,
  confirmedIsStored,
  finalAnswersAreTold,
  nothingWithoutApproval,
  peopleSeeTheArguments,
  questionsArePutOnce,
  refusalsHold,
  strangeQuestions,
  wordsArriveWhole,
} from "./people";
import { neverSpins, restsWhenDone } from "./rest";
import {
  answersAreKept,
  leavesNothingRunning,
  oneObjectACall,
  resultsAreStored,
  resultsAreTheServers,
} from "./results";
import { fitsTheSchema, storedOnceStoredForEver, toolCallsEndOnce, writesSaySomething } from "./storing";

export type { Death, Evidence, Expectation, OutsideCall, Version } from "./evidence";
export { endingOf } from "./lives";

const checks: Check[] = [
  neverLost,
  storedOnceStoredForEver,
  toolCallsEndOnce,
  answersAreTheModels,
  conversationsAreWhole,
  writtenBeforeAsked,
  offersTheAgentsTools,
  askedOnce,
  oneAtATime,
  waitsAsLongAsAsked,
  obeysPeople,
  writesSaySomething,
  fitsTheSchema,
  neverTwice,
  intentBeforeEffect,
  onceAtATime,
  callsForWhoWantsIt,
  unknownOnlyWhereUnknown,
  oneObjectACall,
  resultsAreStored,
  resultsAreTheServers,
  answersAreKept,
  leavesNothingRunning,
  questionsArePutOnce,
  peopleSeeTheArguments,
  answersAreHeard,
  confirmedIsStored,
  nothingWithoutApproval,
  refusalsHold,
  wordsArriveWhole,
  finalAnswersAreTold,
];

/** Every sentence of the promise that this run broke. None: all of them hold. */
export function violations(evidence: Evidence): string[] {
  const lives = livesOf(evidence);
  return [
    ...Object.entries(evidence.expected).flatMap(([name, expectation]) =>
      endsAsExpected(name, expectation, lives, evidence),
    ),
    ...lives.flatMap((life) =>
      checks.flatMap((check) => check(life, evidence).map((sentence) => `Task "${life.name}" ${sentence}`)),
    ),
    ...eventsTellTheTruth(evidence),
    ...strangers(lives, evidence),
    ...strangeEffects(lives, evidence),
    ...keysTellCallsApart(lives, evidence),
    ...strangeQuestions(lives, evidence),
    ...asksBeforeItSays(evidence),
    ...restsWhenDone(evidence),
    ...neverSpins(evidence),
  ];
}
