/**
 * The people of the crash proof: they look what waits for them, with kubectl and in their mailbox, and answer after a while,
 * sometimes two at once, sometimes with a second thought. They try again until their word is taken or refused, as people
 * do, and everything that they see and say is written down. They know nothing of kills.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { HumanLayerServer } from "../../humanlayer/server";
import type { Scene } from "../scene";
import type { Saying, Way } from "./answers";
import { answersTo } from "./answers";
import type { Said, Seen } from "./evidence";
import { decide, isHeard, questionOn } from "./kubectl-people";
import type { Letter, Tried } from "./mailbox";
import { acknowledge, answer, isAnsweredBy, readMailbox } from "./mailbox";
import { wordsFoundIn } from "./plan";

const LOOK_AGAIN_MS = 400;
const TRY_AGAIN_MS = 250;
const BLINK_MS = 50;

export interface People {
  seen: Seen[];
  said: Said[];
  /** They look no more, and what they have not said is not said. */
  goHome(): Promise<void>;
}

export interface PeopleOptions {
  scene: Scene;
  mailbox: HumanLayerServer;
  seed: number;
  /** Whether they answer what they have seen; until then they only look. */
  isTime: () => boolean;
}

/** What somebody answers to, and how an answer is brought there. */
interface Desk {
  topic: Pick<Said, "words" | "question" | "kind">;
  byEmail: boolean;
  way: Way;
  attempt: (saying: Saying) => Promise<Tried>;
  /** After a reply was lost. */
  isHeard: (saying: Saying) => Promise<boolean>;
}

/** Starts looking. */
export function gatherPeople({ scene, mailbox, seed, isTime }: PeopleOptions): People {
  const seen: Seen[] = [];
  const said: Said[] = [];
  /** What somebody is about to answer, by way and question. */
  const heardOf = new Set<string>();
  const speaking: Promise<void>[] = [];
  let isOver = false;

  const untilTrue = async (holds: () => boolean): Promise<void> => {
    while (!isOver && !holds()) await sleep(BLINK_MS);
  };
  const say = async (desk: Desk, saying: Saying): Promise<void> => {
    await untilTrue(() => isTime() && (!saying.isSecond || isTaken(desk.topic.question)));
    const at = Date.now() + saying.afterMs;
    await untilTrue(() => Date.now() >= at);
    const { way, decision, comment } = saying;
    const one: Said = { ...desk.topic, way, decision, comment, ending: "Unsaid" };
    said.push(one);
    while (!isOver && one.ending === "Unsaid") {
      await utter(one, desk, saying);
      if (one.ending === "Unsaid") await sleep(TRY_AGAIN_MS);
    }
  };
  const isTaken = (question: string): boolean =>
    said.some((one) => one.question === question && one.ending === "Taken");
  /** How many questions like this one were answered before. */
  const answeredBefore = ({ words, kind, question }: Desk["topic"]): number =>
    new Set(
      said
        .filter((one) => one.words === words && one.kind === kind && one.question !== question)
        .map((one) => one.question),
    ).size;
  const hearOf = (desk: Desk): void => {
    const id = `${desk.way}/${desk.topic.question}`;
    if (heardOf.has(id)) return;
    heardOf.add(id);
    const topic = { ...desk.topic, byEmail: desk.byEmail, before: answeredBefore(desk.topic) };
    for (const saying of answersTo(topic, seed)) if (saying.way === desk.way) speaking.push(say(desk, saying));
  };
  const lookWithKubectl = async (): Promise<void> => {
    for (const call of await scene.list("ToolCall")) {
      const found = questionOn(call);
      if (!found) continue;
      if (!seen.some(({ question }) => question === found.question)) seen.push(found);
      hearOf(kubectlDesk(scene, found, call.status?.question?.channel === "mail"));
    }
  };
  const lookIntoMailbox = async (): Promise<void> => {
    for (const letter of await readMailbox(mailbox)) {
      if (letter.kind === "Notice") await acknowledge(mailbox, letter);
      else hearOf(emailDesk(mailbox, letter));
    }
  };
  const looking = [lookWithKubectl, lookIntoMailbox].map(async (look) => {
    for (; !isOver; await sleep(LOOK_AGAIN_MS)) await look();
  });
  // Told by `goHome`.
  for (const work of looking) work.catch(() => undefined);
  return {
    seen,
    said,
    goHome: async () => {
      isOver = true;
      await Promise.all(looking);
      await Promise.all(speaking);
    },
  };
}

/** One attempt to say something, and what came of it. */
async function utter(one: Said, desk: Desk, saying: Saying): Promise<void> {
  const atMs = Date.now();
  const tried = await trying(one, desk, saying);
  if (tried === "Busy") return;
  if (tried !== "Refused") one.saidAtMs ??= atMs;
  if (tried !== "Unsure") one.ending = tried;
}

async function trying({ saidAtMs }: Said, { attempt, isHeard }: Desk, saying: Saying): Promise<Tried> {
  try {
    const tried = await attempt(saying);
    // Refused, after something may have been heard: it was heard then, or it comes too late.
    return tried === "Refused" && saidAtMs !== undefined && (await isHeard(saying)) ? "Taken" : tried;
  } catch {
    return "Unsure"; // No answer came: it may have been heard.
  }
}

function kubectlDesk(scene: Scene, found: Seen, byEmail: boolean): Desk {
  const { words, question, kind, name } = found;
  return {
    topic: { words, question, kind },
    byEmail,
    way: "kubectl",
    attempt: (saying) => decide(scene, found, saying),
    isHeard: (saying) => isHeard(scene, name, saying),
  };
}

function emailDesk(mailbox: HumanLayerServer, letter: Letter): Desk {
  const { id, kind, text } = letter;
  return {
    topic: { words: wordsFoundIn(text) ?? text, question: id, kind: kind === "Notice" ? "Input" : kind },
    byEmail: true,
    way: "email",
    attempt: (saying) => answer(mailbox, letter, saying),
    isHeard: (saying) => isAnsweredBy(mailbox, letter, saying),
  };
}
