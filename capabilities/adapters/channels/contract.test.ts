/** The real channels, against our HumanLayer-compatible server, keep to the contract that the fakes of the simulation keep to. */
import { setTimeout as sleep } from "node:timers/promises";
import { startHumanLayer } from "../../../humanlayer/server";
import { silentLog } from "../../runtime/log";
import { channelsContract } from "../../testing/channels-contract";
import { FakeClock } from "../../testing/fake-clock";
import { createChannels } from "./index";
import type { Channels, ChannelTarget, Question } from "./port";

channelsContract("The channels over HumanLayer", async () => {
  const server = await startHumanLayer();
  const clock = new FakeClock(new Date());
  const all: Channels[] = [];
  const start = (): Channels => {
    const channels = createChannels({ clock, log: silentLog, random: () => 0.5, environment: {} });
    all.push(channels);
    return channels;
  };
  const at = (baseUrl: string, apiKey: string): ChannelTarget => ({
    ...{ uid: "c-1", namespace: "default", name: "mail", type: "email", baseUrl, apiKey },
    email: { address: "ann@example.com", subject: "A question" },
  });
  const base = `${server.url}/humanlayer/v1`;
  const ask = async (path: string, body?: unknown): Promise<{ status: number; json: unknown }> => {
    const headers = { authorization: `Bearer ${server.key}`, "content-type": "application/json" };
    const init = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
    const answer = await fetch(`${base}${path}`, { headers, ...init });
    return { status: answer.status, json: await answer.json() };
  };
  const folder = ({ kind }: Question): string => (kind === "Approval" ? "function_calls" : "human_contacts");
  return {
    channels: start(),
    restart: start,
    target: at(base, server.key),
    locked: at(base, "some other key"),
    absent: at("http://127.0.0.1:1/humanlayer/v1", server.key),
    count: async (id) => {
      const found = await Promise.all([ask(`/function_calls/${id}`), ask(`/human_contacts/${id}`)]);
      return found.filter(({ status }) => status === 200).length;
    },
    answer: async (question, { decision, comment }) => {
      const option = question.kind === "Input" ? question.options?.find((one) => one.decision === decision) : undefined;
      const status =
        question.kind === "Approval"
          ? { approved: decision === "Approve", ...(comment !== undefined && { comment }) }
          : {
              ...(option && { response_option_name: option.name }),
              ...(comment !== undefined && { response: comment }),
            };
      await ask(`/agent/${folder(question)}/${question.id}/respond`, status);
    },
    squat: async ({ id }) => {
      await ask("/function_calls", { run_id: "somebody", call_id: id, spec: { fn: "rm", kwargs: {} } });
    },
    pass: async () => {
      await clock.advance(100);
      await sleep(3);
    },
    end: async () => {
      await Promise.all(all.map((channels) => channels.close(0)));
      await server.close();
    },
  };
});
