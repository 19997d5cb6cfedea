/**
 * What a run of the simulation leaves behind, and what was expected of it: all that the invariants judge. Plain data,
 * from what the cluster stored over its whole history and what models and tool servers saw; never from what the
 * operator remembers.
 */
import type { ClusterObject } from "../../runtime/objects";
import type { FakeItem } from "../fake-contact-service";
import type { SeenToolCall } from "../fake-mcp";
import type { SeenCall } from "../scripted-model";

/** One version of one object, as it was stored. Marks order everything that happened in a run. */
export interface Version {
  mark: number;
  at: Date;
  change: "Stored" | "Deleted";
  object: ClusterObject;
}

/** One call that a process of the operator made to its outside. */
export interface OutsideCall {
  mark: number;
  at: Date;
  /** 1 for the first process. */
  process: number;
  /** `replaceStatus tasks`, `ask`, `mcp.call`, … */
  what: string;
  /** The object it was about, where there is one. */
  name: string;
}

/** The end of a process, by a kill or at the end of an orderly stop. */
export interface Death {
  process: number;
  mark: number;
  at: Date;
}

/** How a task is to end. Counts are those of a run in which nothing went wrong. */
export interface Expectation {
  /** The endings that are right: a phase, `Failed:<finishReason>`, `Suspended` or `Deleted`. */
  ends: string[];
  /** Model calls and status writes. */
  calls?: number;
  writes?: number;
  /** How its ToolCalls end, in the order in which they were asked for: `status.status`. */
  tools?: string[];
  /** Status writes of all its ToolCalls together. */
  toolWrites?: number;
  /** How often a tool did its work for it. */
  effects?: number;
  /** How many questions and notices were put to a service for it. */
  asked?: number;
  /** The names of ToolCalls that need nobody's word, though their server has a channel for approvals: the policy lets them through. */
  unguarded?: string[];
}

/** What a run left behind. */
export interface Evidence {
  versions: Version[];
  calls: SeenCall[];
  toolCalls: SeenToolCall[];
  /** What the services behind channels have, and what they could tell to be wrong. */
  questions: FakeItem[];
  misheard: string[];
  outside: OutsideCall[];
  deaths: Death[];
  /** By the task's name. */
  expected: Record<string, Expectation>;
  /** How often a process was killed; then exact counts do not hold. */
  kills: number;
  /** The API server misbehaved; then they do not hold either. */
  isStormy: boolean;
  /** The uids of objects that a person deleted. */
  deletedByPeople: ReadonlySet<string>;
  /** How soon a process notices what a person does, in milliseconds; longer with lagging watches and restarts. */
  noticeMs: number;
  /** From here on there was nothing left to do. */
  quietFrom: Date;
}

/** Whether anything went wrong at all. */
export const isDisturbed = ({ kills, isStormy }: Evidence): boolean => kills > 0 || isStormy;
