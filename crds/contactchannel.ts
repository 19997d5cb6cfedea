/**
 * ContactChannel: how people are asked, told and heard: email, Slack, a webhook, or kubectl alone.
 */
import * as columns from "./columns";
import { fromSecret } from "./common";
import { define } from "./define";
import { statusOf } from "./status";
import type { Schema, ValidationRule } from "./schema";
import * as s from "./schema";

/** The ways to reach people. `kubernetes` needs no service: people answer with kubectl. */
export const channelTypes = ["email", "slack", "kubernetes", "webhook"] as const;
/** One of them. */
export type ChannelType = (typeof channelTypes)[number];

const email: Schema = s.object(
  "You say whom to write to; for type email.",
  "{address: approver@example.com}",
  {
    address: {
      description: "You give the address that is written to. Example: `approver@example.com`.",
      type: "string",
      format: "email",
      maxLength: 320,
    },
    subject: s.text("You give the subject of the emails.", "Approval request", {
      maxLength: 998,
    }),
    contextAboutUser: s.text("You tell the model who reads these emails.", "Primary approver for web requests", {
      maxLength: 4_096,
    }),
  },
  { title: "EmailOptions", required: ["address"] },
);

const slack: Schema = s.object(
  "You say where to post; for type slack.",
  "{channelOrUserID: C0123456789}",
  {
    channelOrUserID: s.text("You give the id of a Slack channel or user.", "C0123456789", {
      minLength: 1,
      maxLength: 64,
    }),
    contextAboutChannelOrUser: s.text("You tell the model who reads there.", "The on-call engineers", {
      maxLength: 4_096,
    }),
    allowedResponderIDs: s.list(
      "You let only these Slack users answer; without a list, anybody there may.",
      "[U0123456789]",
      { type: "string", minLength: 1, maxLength: 64 },
      { maxItems: 256, "x-kubernetes-list-type": "set" },
    ),
  },
  { title: "SlackOptions", required: ["channelOrUserID"] },
);

const webhook: Schema = s.object(
  "You say which server is told; for type webhook.",
  "{url: https://example.com/approvals}",
  {
    url: s.address("You give the address that questions are posted to.", "https://example.com/approvals"),
    secretFrom: fromSecret("You say where the key is with which the posts are signed.", "approvals", "WEBHOOK_SECRET"),
  },
  { title: "WebhookOptions", required: ["url"] },
);

const approvers: Schema = s.object(
  "You say whose word is enough.",
  "{quorum: 2, mayNotBeRequester: true}",
  {
    quorum: s.count("You say how many different people must approve; one when you say nothing.", "2", {
      minimum: 1,
      maximum: 16,
    }),
    mayNotBeRequester: s.flag("You forbid that whoever created the task approves its calls.", "true"),
  },
  { title: "Approvers" },
);

const blocks = { email, slack, webhook };

const blockRules = (block: string): ValidationRule[] => [
  s.ruleSaying(
    `!has(self.${block}) || self.type == '${block}'`,
    `"the block ${block} has no effect with type " + self.type + ": remove it, or set type to ${block}"`,
  ),
  s.rule(
    `self.type != '${block}' || has(self.${block})`,
    `type ${block} needs the block ${block}: it says who is reached`,
  ),
];

const spec: Schema = {
  title: "ContactChannelSpec",
  description: "You say here how people are reached. Example: `{type: email, email: {address: approver@example.com}}`.",
  type: "object",
  properties: {
    type: s.choice(
      "You choose how people are reached; kubernetes needs no service, people answer with kubectl.",
      "email",
      channelTypes,
    ),
    apiKeyFrom: fromSecret(
      "You say where the key of your HumanLayer project is; for types email and slack.",
      "humanlayer",
      "HUMANLAYER_API_KEY",
    ),
    baseUrl: s.address(
      "You give the address of a server compatible with HumanLayer's, when it is not HumanLayer itself.",
      "https://humanlayer.example.com",
    ),
    ...blocks,
    timeout: s.duration("You say how long an answer is waited for; for ever when you say nothing.", "72h"),
    onTimeout: s.choice(
      "You say what happens then: Reject counts as a no, Fail as a failed call. It goes with timeout.",
      "Reject",
      ["Reject", "Fail"],
    ),
    approvers,
  },
  required: ["type"],
  "x-kubernetes-validations": [
    ...Object.keys(blocks).flatMap(blockRules),
    s.ruleSaying(
      "!(has(self.apiKeyFrom) || has(self.baseUrl)) || self.type in ['email', 'slack']",
      `"apiKeyFrom and baseUrl are for types email and slack; type " + self.type + " needs neither: remove them"`,
    ),
    s.rule(
      "has(self.timeout) == has(self.onTimeout)",
      "timeout and onTimeout go together: say both how long to wait and what happens then, or neither",
    ),
  ],
};

/** The definition of the kind. */
export const contactChannel = define({
  kind: "ContactChannel",
  plural: "contactchannels",
  shortNames: ["channel"],
  description: "A ContactChannel is a way to ask people for approval or an answer, and to tell them results.",
  columns: [
    columns.shown("Type", ".spec.type", "How people are reached."),
    columns.ready,
    columns.status,
    columns.detail,
    columns.age,
  ],
  spec,
  status: {
    title: "ContactChannelStatus",
    ...statusOf({
      projectSlug: s.text("You read which HumanLayer project the key belongs to.", "my-project"),
      orgSlug: s.text("You read which HumanLayer organization the key belongs to.", "my-org"),
    }),
  },
});
