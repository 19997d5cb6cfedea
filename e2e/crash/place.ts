/**
 * Where a run of the crash proof happens: the control plane, the model, the tool servers and the mailbox, all of which live on
 * while the operator is killed, and the objects that are there before the first kill.
 */
import { join } from "node:path";
import { collectionPath, objectPath } from "../../capabilities/runtime/paths";
import type { Effect } from "../../capabilities/testing/tool-server";
import { resources } from "../../crds/index";
import { stop } from "../../controlplane/controlplane";
import { receiverOf } from "../../controlplane/humanlayer";
import { recall } from "../../controlplane/state";
import type { HumanLayerServer } from "../../humanlayer/server";
import { startHumanLayer } from "../../humanlayer/server";
import type { Lab, OwnLab } from "../harness";
import { labIn } from "../harness";
import type { Model } from "../model";
import { startModel } from "../model";
import * as objects from "../objects";
import type { Changes } from "../operator";
import { expectOperator, startOperator } from "../operator";
import type { Scene, Stored } from "../scene";
import { until } from "../scene";
import type { ToolServer } from "../tool-servers";
import { effectsOf, mcpServer, startToolServer } from "../tool-servers";
import { ASKING_SERVERS, CHANNELS, FREE_SERVERS } from "./plan";

/** What is there before the first kill. */
export interface Place {
  folder: string;
  lab: OwnLab;
  model: Model;
  remote: ToolServer;
  mailbox: HumanLayerServer;
  /** How every operator is started. */
  changes: Changes & { bundle: string };
  /** Ends all of it; the folder stays. */
  leave(): Promise<void>;
}

/** What a run is given. */
export interface Given {
  /** Holds everything of this run alone. */
  folder: string;
  /** The operator's program. */
  bundle: string;
  /** The folder of a control plane that other runs had before, and may have after; else it is one for this run alone. */
  state?: string | undefined;
}

/** Starts all but the operator. */
export async function settle({ folder, bundle, state }: Given): Promise<Place> {
  const model = await startModel();
  const remote = await startToolServer({ effects: join(folder, "remote.effects") });
  const lab = await labIn(state ?? join(folder, "state"), model.url);
  if (state !== undefined) await clear(lab);
  await expectOperator(lab);
  // The operator is told of answers while it lives; else it finds them when it looks.
  const webhook = `${receiverOf(recall(lab.state)) ?? ""}/humanlayer`;
  const mailbox = await startHumanLayer({ database: mailboxFile({ folder }), webhook });
  const leave = async (): Promise<void> => {
    if (state === undefined) await lab.cluster.stop();
    else await stop(lab.state, "operator");
    lab.close();
    await Promise.all([remote.end(), model.close(), mailbox.close()]);
  };
  const changes = { bundle, env: { HUMANLAYER_API_BASE: mailbox.url } };
  return { folder, lab, model, remote, mailbox, changes, leave };
}

/**
 * Deletes every object of ours. Whatever an earlier run has left, the operators of this one would take up as theirs: their
 * work would be another than the one that is judged.
 */
async function clear({ api }: Lab): Promise<void> {
  const isEmpty = async (resource: (typeof resources)[keyof typeof resources]): Promise<boolean> => {
    const { status, body } = await api.call({ method: "GET", path: collectionPath(resource) });
    if (status !== 200) return false;
    const { items } = body as { items: Stored[] };
    await Promise.all(
      items.map(({ metadata }) => api.call({ method: "DELETE", path: objectPath(resource, metadata) })),
    );
    return items.length === 0;
  };
  const areEmpty = async (): Promise<boolean> =>
    (await Promise.all(Object.values(resources).map(isEmpty))).every((one) => one);
  await until("nothing is left of earlier runs", areEmpty);
}

/** The file of everything that people were asked by email. */
export const mailboxFile = ({ folder }: Pick<Place, "folder">): string => join(folder, "mailbox.sqlite");

/** All that was executed. */
export function executedIn(place: Pick<Place, "folder" | "remote">): Effect[] {
  return [localEffects(place), place.remote.effects].flatMap(effectsOf);
}

const localEffects = ({ folder }: Pick<Place, "folder">): string => join(folder, "local.effects");

/** An LLM, channels, servers and two agents, all Ready. The operator that saw to it is then asked to leave. */
export async function prepare(place: Place): Promise<Scene> {
  const { lab, model, remote, mailbox, changes } = place;
  const operator = startOperator(lab, changes);
  await operator.ready();
  const scene = await lab.scene("crash");
  const trusted = { trustAnnotations: true, timeout: "30s" };
  const over = { transport: "http" as const, url: remote.url, ...trusted };
  await scene.apply(
    objects.secret("humanlayer", { HUMANLAYER_API_KEY: mailbox.key }),
    objects.ours("ContactChannel", "people", { type: CHANNELS.people }),
    objects.ours("ContactChannel", "mail", {
      type: CHANNELS.mail,
      apiKeyFrom: { secretKeyRef: { name: "humanlayer", key: "HUMANLAYER_API_KEY" } },
      email: { address: "ann@example.com" },
    }),
    mcpServer("local", ["--effects", localEffects(place)], trusted),
    objects.ours("MCPServer", "remote", over),
    ...Object.entries(ASKING_SERVERS).map(([name, channel]) =>
      objects.ours("MCPServer", name, { ...over, approvalContactChannel: { name: channel } }),
    ),
  );
  const mcpServers = [...FREE_SERVERS, ...Object.keys(ASKING_SERVERS)].map((name) => ({ name }));
  const humanContactChannels = Object.keys(CHANNELS).map((name) => ({ name }));
  await scene.team(model, { agent: { mcpServers } });
  await scene.apply(objects.agent("asker", "gpt-4o", { mcpServers, humanContactChannels }));
  await scene.ready("Agent", "asker");
  await operator.end("SIGTERM");
  return scene;
}
