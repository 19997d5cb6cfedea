// Generated from the definitions in crds/ by `npm run generate`. Do not edit.

import type { ObjectMeta } from "../object";
import type { Condition, SecretSource } from "./shared";

/**
 * A ContactChannel is a way to ask people for approval or an answer, and to tell them results. You write it with apiVersion kubechain.humanlayer.dev/v1alpha1.
 */
export interface ContactChannel {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  spec: ContactChannelSpec;
  status?: ContactChannelStatus;
}
/**
 * You say here how people are reached. Example: `{type: email, email: {address: approver@example.com}}`.
 */
export interface ContactChannelSpec {
  /**
   * You choose how people are reached; kubernetes needs no service, people answer with kubectl. Example: `email`.
   */
  type: "email" | "slack" | "kubernetes" | "webhook";
  /**
   * You say where the key of your HumanLayer project is; for types email and slack. Example: `{secretKeyRef: {name: humanlayer, key: HUMANLAYER_API_KEY}}`.
   */
  apiKeyFrom?: SecretSource;
  /**
   * You give the address of a server compatible with HumanLayer's, when it is not HumanLayer itself. Example: `https://humanlayer.example.com`.
   */
  baseUrl?: string;
  email?: EmailOptions;
  slack?: SlackOptions;
  webhook?: WebhookOptions;
  /**
   * You say how long an answer is waited for; for ever when you say nothing. Example: `72h`.
   */
  timeout?: string;
  /**
   * You say what happens then: Reject counts as a no, Fail as a failed call. It goes with timeout. Example: `Reject`.
   */
  onTimeout?: "Reject" | "Fail";
  approvers?: Approvers;
}
/**
 * You say whom to write to; for type email. Example: `{address: approver@example.com}`.
 */
export interface EmailOptions {
  /**
   * You give the address that is written to. Example: `approver@example.com`.
   */
  address: string;
  /**
   * You give the subject of the emails. Example: `Approval request`.
   */
  subject?: string;
  /**
   * You tell the model who reads these emails. Example: `Primary approver for web requests`.
   */
  contextAboutUser?: string;
}
/**
 * You say where to post; for type slack. Example: `{channelOrUserID: C0123456789}`.
 */
export interface SlackOptions {
  /**
   * You give the id of a Slack channel or user. Example: `C0123456789`.
   */
  channelOrUserID: string;
  /**
   * You tell the model who reads there. Example: `The on-call engineers`.
   */
  contextAboutChannelOrUser?: string;
  /**
   * You let only these Slack users answer; without a list, anybody there may. Example: `[U0123456789]`.
   */
  allowedResponderIDs?: string[];
}
/**
 * You say which server is told; for type webhook. Example: `{url: https://example.com/approvals}`.
 */
export interface WebhookOptions {
  /**
   * You give the address that questions are posted to. Example: `https://example.com/approvals`.
   */
  url: string;
  /**
   * You say where the key is with which the posts are signed. Example: `{secretKeyRef: {name: approvals, key: WEBHOOK_SECRET}}`.
   */
  secretFrom?: SecretSource;
}
/**
 * You say whose word is enough. Example: `{quorum: 2, mayNotBeRequester: true}`.
 */
export interface Approvers {
  /**
   * You say how many different people must approve; one when you say nothing. Example: `2`.
   */
  quorum?: number;
  /**
   * You forbid that whoever created the task approves its calls. Example: `true`.
   */
  mayNotBeRequester?: boolean;
}
/**
 * You read here what the operator found and did; only the operator writes it. Example: `{ready: true, status: Ready}`.
 */
export interface ContactChannelStatus {
  /**
   * You see true here once the object can be used. Example: `true`.
   */
  ready?: boolean;
  /**
   * You get the state in one word. Example: `Ready`.
   */
  status?: string;
  /**
   * You get the state in a sentence, with what to do when something is missing. Example: `Waiting for the operator to look at this object.`.
   */
  statusDetail?: string;
  /**
   * You can wait for these with kubectl wait. Example: `[{type: Ready, status: True}]`.
   */
  conditions?: Condition[];
  /**
   * You can tell from this which generation of the spec the status speaks of. Example: `3`.
   */
  observedGeneration?: number;
  /**
   * You read which HumanLayer project the key belongs to. Example: `my-project`.
   */
  projectSlug?: string;
  /**
   * You read which HumanLayer organization the key belongs to. Example: `my-org`.
   */
  orgSlug?: string;
}
