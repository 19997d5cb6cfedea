/**
 * The questions to people, as the machines see them. Owns which questions are put and who is told of changes; each question's
 * own life is in humanlayer-question.ts and webhook-question.ts.
 */
import type { Clock } from "../../runtime/clock";
import type { Log } from "../../runtime/log";
import type { Asking, Home } from "./asking";
import { checkHumanLayer, checkWebhook } from "./check";
import { HumanLayerQuestion } from "./humanlayer-question";
import type { Asked, Channels, ChannelTarget, Question } from "./port";
import { Projects } from "./projects";
import type { ChannelEnvironment } from "./target";
import { WebhookQuestion } from "./webhook-question";
import { createWire } from "./wire";

/** What the channels are made of. */
export interface ChannelsOptions {
  clock: Clock;
  log: Log;
  /** The dice of all pauses, [0, 1). */
  random: () => number;
  /** The operator's environment; the process's own when not given. */
  environment?: ChannelEnvironment;
}

interface Entry {
  /** Of the ContactChannel, and by which kind of service it is reached: another one makes it another question. */
  way: string;
  asking: Asking;
}

/** The real channels. Nobody is asked before a question is put. */
export function createChannels({ clock, log, random, environment = process.env }: ChannelsOptions): Channels {
  const entries = new Map<string, Entry>();
  const listeners: ((id: string) => void)[] = [];
  let isClosed = false;
  const wire = createWire(clock);
  const home: Home = {
    clock,
    log,
    random,
    wire,
    projects: new Projects(wire, { clock, random }),
    receiverUrl: receiverUrl(environment),
    tell: (id) => {
      // Not from within `put`, which has not kept the question yet.
      queueMicrotask(() => {
        if (!isClosed) for (const listener of listeners) listener(id);
      });
    },
  };

  function put(target: ChannelTarget, question: Question, wasSent: boolean): void {
    if (isClosed) return;
    const known = entries.get(question.id);
    const way = wayOf(target);
    const isSame = known?.way === way || known?.asking.asked.kind === "Answered";
    if (isSame) return known.asking.retarget(structuredClone(target));
    known?.asking.close();
    const Life = target.webhook ? WebhookQuestion : HumanLayerQuestion;
    const own = { target: structuredClone(target), question: structuredClone(question) };
    entries.set(question.id, { way, asking: new Life(own.target, own.question, wasSent && !known, home) });
  }

  function drop(id: string): void {
    const entry = entries.get(id);
    if (!entry) return;
    entries.delete(id);
    entry.asking.close();
    home.tell(id);
  }

  async function close(_graceMs: number): Promise<void> {
    isClosed = true;
    for (const { asking } of entries.values()) asking.close();
    entries.clear();
    await wire.close(); // Nothing is waited for: a question that is on its way is looked for before it is put again.
  }

  return {
    put,
    drop,
    close,
    check: async (target, signal) =>
      target.webhook ? checkWebhook(target) : checkHumanLayer(target, home.projects.api(target), signal),
    look: (id): Asked | undefined => entries.get(id)?.asking.asked,
    hint: (id) => entries.get(id)?.asking.hint(),
    subscribe: (listener) => void listeners.push(listener),
  };
}

function wayOf({ uid, webhook }: ChannelTarget): string {
  return `${uid}/${webhook ? "webhook" : "humanlayer"}`;
}

function receiverUrl({ KUBECHAIN_RECEIVER_URL = "" }: ChannelEnvironment): string | undefined {
  const address = KUBECHAIN_RECEIVER_URL.trim().replace(/\/+$/, "");
  return address === "" ? undefined : address;
}
