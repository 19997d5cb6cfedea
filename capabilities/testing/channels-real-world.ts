/**
 * A world for the contract of Channels in which everything is real but time: the operator's own adapter against the
 * HumanLayer-compatible server, over loopback. People answer as the server's API lets them.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { startHumanLayer } from "../../humanlayer/server";
import { createChannels } from "../adapters/channels/index";
import type { Channels, ChannelTarget, Question } from "../adapters/channels/port";
import { silentLog } from "../runtime/log";
import type { ChannelsWorld, Reply } from "./channels-contract";
import { FakeClock } from "./fake-clock";

/** Nobody listens there: a port that only the system's own services may take. */
const NOBODY = "http://127.0.0.1:1/humanlayer/v1";
/** How far time goes on in one turn, and how long sockets are given for it, milliseconds. */
const TURN_MS = 100;
const SOCKETS_MS = 3;

/** Starts a server and a process's channels to it. */
export async function makeRealWorld(): Promise<ChannelsWorld> {
  const server = await startHumanLayer();
  const clock = new FakeClock();
  const base = `${server.url}/humanlayer/v1`;
  const made: Channels[] = [];
  const start = (): Channels => {
    const channels = createChannels({ clock, log: silentLog, random: () => 0.5, environment: {} });
    made.push(channels);
    return channels;
  };
  const request = (path: string, body?: object): Promise<Response> =>
    fetch(`${base}${path}`, {
      method: body ? "POST" : "GET",
      headers: { authorization: `Bearer ${server.key}`, "content-type": "application/json" },
      ...(body && { body: JSON.stringify(body) }),
    });
  const demand = async (path: string, body: object): Promise<void> => {
    const answer = await request(path, body);
    if (!answer.ok) throw new Error(`POST ${path} ${answer.status}: ${await answer.text()}`);
  };
  return {
    channels: start(),
    restart: start,
    target: target("mail", base, server.key),
    locked: target("mail", base, "not-the-key-of-this-server"),
    absent: target("nobody", NOBODY, server.key),
    count: async (id) => {
      const found = await Promise.all(sorts.map((sort) => request(`/${sort}/${id}`)));
      return found.filter(({ ok }) => ok).length;
    },
    answer: (question, reply) => demand(`/agent/${sortOf(question)}/${question.id}/respond`, statusOf(question, reply)),
    squat: (question) => {
      const somebodys = { run_id: "somebody-else", call_id: question.id };
      const spec = question.kind === "Approval" ? { fn: "wipe", kwargs: {} } : { msg: "Shall we dance?" };
      return demand(`/${sortOf(question)}`, { ...somebodys, spec });
    },
    pass: async () => {
      await clock.advance(TURN_MS);
      await sleep(SOCKETS_MS);
    },
    end: async () => {
      for (const channels of made) await channels.close(0);
      await server.close();
    },
  };
}

const sorts = ["function_calls", "human_contacts"] as const;

function sortOf({ kind }: Question): (typeof sorts)[number] {
  return kind === "Approval" ? "function_calls" : "human_contacts";
}

function target(name: string, baseUrl: string, apiKey: string): ChannelTarget {
  const own = { uid: `uid-of-${name}`, namespace: "default", name, type: "email" } as const;
  return { ...own, baseUrl, apiKey, email: { address: `${name}@example.com` } };
}

/** An answer in the words of the server's API. */
function statusOf(question: Question, { decision, comment }: Reply): object {
  if (question.kind === "Approval")
    return { approved: decision === "Approve", ...(comment !== undefined && { comment }) };
  const options = question.kind === "Input" ? (question.options ?? []) : [];
  const chosen = options.find((option) => option.decision === decision);
  return {
    ...(chosen && { response_option_name: chosen.name }),
    ...(comment !== undefined && { response: comment }),
  };
}
