/**
 * The keys of one control plane, made once and kept in its state folder: two authorities (one for the API, one for
 * etcd alone, so that no API user reaches the data past RBAC), the operator's token, and the kubeconfigs that carry what
 * the clients need.
 */
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { State } from "./state";
import type { KeyPair, Subject } from "./x509";
import { newAuthority, newCertificate, newKey, publicKeyOf } from "./x509";

/** The user the operator is, and to whom its ClusterRole is bound. */
export const OPERATOR_USER = "kubechain-operator";

const API_AUTHORITY = "kubechain";
const ETCD_AUTHORITY = "kubechain-etcd";
const LOCAL = { names: ["localhost"], addresses: ["127.0.0.1"] };
const API_HOSTS = {
  names: ["localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc"],
  addresses: ["127.0.0.1", "10.96.0.1"],
};

const SUBJECTS = {
  apiserver: { commonName: "kube-apiserver", hosts: API_HOSTS },
  webhooks: { commonName: "kubechain-webhooks", hosts: LOCAL },
  admin: { commonName: "kubernetes-admin", organization: "system:masters" },
  controllers: { commonName: "system:kube-controller-manager" },
} satisfies Record<string, Subject>;

type Holder = keyof typeof SUBJECTS | "ca" | "etcd-ca" | "etcd" | "service-accounts";

/** The files of one holder. */
export interface KeyFiles {
  key: string;
  certificate: string;
}

/** Where a holder's key and certificate are. For `service-accounts` the certificate is the public key. */
export function keyFiles(state: State, holder: Holder): KeyFiles {
  return { key: join(state.certificates, `${holder}.key`), certificate: join(state.certificates, `${holder}.crt`) };
}

/**
 * The API server's list of tokens (`token,user,uid`): the operator has one, as a pod has. A certificate would be verified
 * anew with every request (Kubernetes 1.36), which took 6 % of the API server's time under load.
 */
export function tokenFile(state: State): string {
  return join(state.certificates, "tokens.csv");
}

/** Makes all keys and certificates unless they are there already. They are made together or not at all. */
export function ensureCertificates(state: State): void {
  const tokens = tokenFile(state);
  if (!existsSync(tokens)) {
    const token = randomBytes(32).toString("hex");
    writeFileSync(tokens, `${token},${OPERATOR_USER},${OPERATOR_USER}\n`, { mode: 0o600 });
  }
  const last = keyFiles(state, "service-accounts");
  if (existsSync(last.certificate)) return;
  const ca = newAuthority(API_AUTHORITY);
  const etcdCa = newAuthority(ETCD_AUTHORITY);
  write(keyFiles(state, "ca"), ca);
  write(keyFiles(state, "etcd-ca"), etcdCa);
  write(keyFiles(state, "etcd"), newCertificate({ commonName: "etcd", hosts: LOCAL }, etcdCa, ETCD_AUTHORITY));
  for (const [holder, subject] of Object.entries(SUBJECTS)) {
    write(keyFiles(state, holder as keyof typeof SUBJECTS), newCertificate(subject, ca, API_AUTHORITY));
  }
  const key = newKey();
  write(last, { key, certificate: publicKeyOf(key) });
}

function write(files: KeyFiles, pair: KeyPair): void {
  writeFileSync(files.key, pair.key, { mode: 0o600 });
  writeFileSync(files.certificate, pair.certificate, { mode: 0o600 });
}

/** Writes the kubeconfigs of the admin, the controllers and the operator for an API server on this port. */
export function writeKubeconfigs(state: State, port: number): void {
  const ca = base64(keyFiles(state, "ca").certificate);
  const write = (file: string, name: string, credentials: Credentials): void =>
    writeFileSync(file, kubeconfig({ port, ca, name, credentials }), { mode: 0o600 });
  const [token = ""] = readFileSync(tokenFile(state), "utf8").split(",");
  write(state.kubeconfig, "admin", keysOf(state, "admin"));
  write(state.operatorKubeconfig, OPERATOR_USER, { token });
  write(state.controllersKubeconfig, "system:kube-controller-manager", keysOf(state, "controllers"));
}

/** How a user of a kubeconfig shows who they are. */
type Credentials = { token: string } | { "client-certificate-data": string; "client-key-data": string };

function keysOf(state: State, holder: Holder): Credentials {
  const { certificate, key } = keyFiles(state, holder);
  return { "client-certificate-data": base64(certificate), "client-key-data": base64(key) };
}

function kubeconfig(of: { port: number; ca: string; name: string; credentials: Credentials }): string {
  const context = { cluster: "kubechain", user: of.name };
  const server = `https://127.0.0.1:${of.port}`;
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "kubechain", cluster: { server, "certificate-authority-data": of.ca } }],
    users: [{ name: of.name, user: of.credentials }],
    contexts: [{ name: "kubechain", context }],
    "current-context": "kubechain",
  };
  // JSON is YAML.
  return `${JSON.stringify(config, undefined, 2)}\n`;
}

function base64(file: string): string {
  return readFileSync(file).toString("base64");
}
