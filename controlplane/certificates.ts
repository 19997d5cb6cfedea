/**
 * The keys of one control plane, made once and kept in its state folder: two authorities (one for the API, one for
 * etcd alone, so that no API user reaches the data past RBAC), and the kubeconfigs that carry the clients' keys.
 */
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
  operator: { commonName: OPERATOR_USER },
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

/** Makes all keys and certificates unless they are there already. They are made together or not at all. */
export function ensureCertificates(state: State): void {
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
  const write = (file: string, holder: Holder, user: string): void =>
    writeFileSync(file, kubeconfig({ port, ca, user, keys: keyFiles(state, holder) }), { mode: 0o600 });
  write(state.kubeconfig, "admin", "admin");
  write(state.operatorKubeconfig, "operator", OPERATOR_USER);
  write(state.controllersKubeconfig, "controllers", "system:kube-controller-manager");
}

function kubeconfig(of: { port: number; ca: string; user: string; keys: KeyFiles }): string {
  const context = { cluster: "kubechain", user: of.user };
  const server = `https://127.0.0.1:${of.port}`;
  const user = {
    "client-certificate-data": base64(of.keys.certificate),
    "client-key-data": base64(of.keys.key),
  };
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "kubechain", cluster: { server, "certificate-authority-data": of.ca } }],
    users: [{ name: of.user, user }],
    contexts: [{ name: "kubechain", context }],
    "current-context": "kubechain",
  };
  // JSON is YAML.
  return `${JSON.stringify(config, undefined, 2)}\n`;
}

function base64(file: string): string {
  return readFileSync(file).toString("base64");
}
