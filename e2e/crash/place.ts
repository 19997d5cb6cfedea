/**
 * Where a run of the crash proof happens: the control plane, the model, the tool servers and the mailbox, all of which live on
 * while the operator is killed, and the objects that are there before the first kill.
 */
import { join } from "node:path";
import type { Effect } from "../../capabilities/testing/tool-server";
import { receiverOf } from "../../controlplane/humanlayer";
import { recall } from "../../controlplane/state";
import type { HumanLayerServer } from "../../humanlayer/server";
import { startHumanLayer } from "../../humanlayer/server";
import type { OwnLab } from "../harness";
import { labIn } from "../harness";
import type { Model } from "../model";
import { startModel } from "../model";
import * as objects from "../objects";
import type { Changes } from "../operator";
import { expectOperator, startOperator } from "../operator";
import type { Scene } from "../scene";
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

/** Starts all but the operator, of which `bundle` is the program. */
export async function settle(folder: string, bundle: string): Promise<Place> {
  const model = await startModel();
  const remote = await startToolServer({ effects: join(folder, "remote.effects") });
  const lab = await labIn(join(folder, "state"), model.url);
  await expectOperator(lab);
  // The operator is told of answers while it lives; else it finds them when it looks.
  const webhook = `${receiverOf(recall(lab.state)) ?? ""}/humanlayer`;
  const mailbox = await startHumanLayer({ database: mailboxFile({ folder }), webhook });
  const leave = async (): Promise<void> => {
    await lab.cluster.stop();
    lab.close();
    await Promise.all([remote.end(), model.close(), mailbox.close()]);
  };
  const changes = { bundle, env: { HUMANLAYER_API_BASE: mailbox.url } };
  return { folder, lab, model, remote, mailbox, changes, leave };
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
