/** Puts questions under ids that every process makes up anew, so that none knows what another has asked. */
import { randomBytes } from "node:crypto";
import * as real from "../../../../capabilities/adapters/channels/humanlayer";

export * from "../../../../capabilities/adapters/channels/humanlayer";

const MINE = randomBytes(4).toString("hex");

const made = (id: string): string => `${id}-${MINE}`;

/** An item as it would be under the computed id. */
function computed(item: unknown): unknown {
  const { call_id: id, ...rest } = item as { call_id: string };
  return { ...rest, call_id: id.replace(`-${MINE}`, "") };
}

function withComputed<T extends real.Found | real.Created>(got: T): T {
  return got.kind === "Item" ? { ...got, item: computed(got.item) } : got;
}

export class HumanLayerApi extends real.HumanLayerApi {
  override async find(...[sort, id, signal]: Parameters<real.HumanLayerApi["find"]>): Promise<real.Found> {
    return withComputed(await super.find(sort, made(id), signal));
  }

  override async create(...[sort, item, signal]: Parameters<real.HumanLayerApi["create"]>): Promise<real.Created> {
    return withComputed(await super.create(sort, { ...item, call_id: made(item.call_id) }, signal));
  }

  override async pending(...given: Parameters<real.HumanLayerApi["pending"]>): Promise<real.Pending> {
    const listed = await super.pending(...given);
    return listed.kind === "List" ? { ...listed, items: listed.items.map(computed) } : listed;
  }
}
