/**
 * The HumanLayer projects in use: one for every address and key, shared by all channels that have both, for as long as any
 * question is reached through it.
 */
import { HumanLayerApi } from "./humanlayer";
import type { ChannelTarget } from "./port";
import type { ProjectOptions } from "./project";
import { Project } from "./project";
import type { Wire } from "./wire";
import { HUMANLAYER_API } from "./words";

/** A project, and the end of its use. */
export interface Lease {
  project: Project;
  release(): void;
}

interface Entry {
  project: Project;
  users: number;
}

/** The projects in use, by address and key. */
export class Projects {
  readonly #wire: Wire;
  readonly #options: ProjectOptions;
  readonly #entries = new Map<string, Entry>();

  constructor(wire: Wire, options: ProjectOptions) {
    this.#wire = wire;
    this.#options = options;
  }

  /** The project that a target leads to. */
  lease(target: ChannelTarget): Lease {
    const key = projectKey(target);
    const entry = this.#entries.get(key) ?? { project: new Project(this.api(target), this.#options), users: 0 };
    this.#entries.set(key, entry);
    entry.users++;
    const release = (): void => {
      entry.users--;
      if (entry.users > 0) return;
      entry.project.close();
      if (this.#entries.get(key) === entry) this.#entries.delete(key);
    };
    return { project: entry.project, release };
  }

  /** The API that a target leads to. */
  api({ baseUrl, apiKey = "" }: ChannelTarget): HumanLayerApi {
    return new HumanLayerApi({ baseUrl, apiKey }, this.#wire);
  }
}

/** The same for targets of one project. */
export function projectKey({ baseUrl, apiKey }: ChannelTarget): string {
  return JSON.stringify([baseUrl ?? HUMANLAYER_API, apiKey]);
}
