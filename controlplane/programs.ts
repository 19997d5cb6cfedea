/**
 * The command lines of etcd, kube-apiserver and kube-controller-manager, and how every program is found again. Everything
 * listens on 127.0.0.1, and every command line holds the state folder, by which its process is found again.
 */
import { join } from "node:path";
import type { Binaries } from "./binaries";
import { keyFiles, tokenFile } from "./certificates";
import type { Program } from "./processes";
import type { State } from "./state";

/**
 * What a cluster without nodes needs: roles such as `edit` filled, owned objects collected, namespaces ended, service
 * accounts with tokens.
 */
const CONTROLLERS = [
  "clusterrole-aggregation-controller",
  "garbage-collector-controller",
  "namespace-controller",
  "serviceaccount-controller",
  "serviceaccount-token-controller",
];
const SERVICE_RANGE = "10.96.0.0/16";

/** How each program of a state is recognised among all processes. */
export function marksOf(state: State): Record<Program["name"], string> {
  return {
    etcd: `--data-dir=${state.etcdData}`,
    "kube-apiserver": `--client-ca-file=${keyFiles(state, "ca").certificate}`,
    "kube-controller-manager": `--kubeconfig=${state.controllersKubeconfig}`,
    model: `--model-of=${state.dir}`,
    humanlayer: `--database=${state.humanLayerDatabase}`,
    operator: `--operator-of=${state.dir}`,
  };
}

/** etcd, with its peer and client listeners closed to everybody without one of its own certificates. */
export function etcd(
  state: State,
  binaries: Binaries,
  ports: Record<"etcd" | "etcdPeer", number>,
  noFsync: boolean,
): Program {
  const mark = marksOf(state).etcd;
  const { key, certificate } = keyFiles(state, "etcd");
  const ca = keyFiles(state, "etcd-ca").certificate;
  const client = `https://127.0.0.1:${ports.etcd}`;
  const peer = `https://127.0.0.1:${ports.etcdPeer}`;
  const args = [
    mark,
    "--name=kubechain",
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=kubechain=${peer}`,
    "--client-cert-auth",
    `--trusted-ca-file=${ca}`,
    `--cert-file=${certificate}`,
    `--key-file=${key}`,
    "--peer-client-cert-auth",
    `--peer-trusted-ca-file=${ca}`,
    `--peer-cert-file=${certificate}`,
    `--peer-key-file=${key}`,
    "--log-level=warn",
    ...(noFsync ? ["--unsafe-no-fsync"] : []),
  ];
  return { name: "etcd", command: binaries.etcd, args, mark, env: process.env };
}

/** The API server. No pods ever run here, so they need no service account. */
export function apiserver(state: State, binaries: Binaries, ports: Record<"etcd" | "apiserver", number>): Program {
  const mark = marksOf(state)["kube-apiserver"];
  const serving = keyFiles(state, "apiserver");
  const etcdKeys = keyFiles(state, "etcd");
  const accounts = keyFiles(state, "service-accounts");
  const args = [
    mark,
    `--etcd-servers=https://127.0.0.1:${ports.etcd}`,
    `--etcd-cafile=${keyFiles(state, "etcd-ca").certificate}`,
    `--etcd-certfile=${etcdKeys.certificate}`,
    `--etcd-keyfile=${etcdKeys.key}`,
    "--bind-address=127.0.0.1",
    "--advertise-address=127.0.0.1",
    `--secure-port=${ports.apiserver}`,
    `--tls-cert-file=${serving.certificate}`,
    `--tls-private-key-file=${serving.key}`,
    `--cert-dir=${join(state.dir, "certificates")}`,
    `--token-auth-file=${tokenFile(state)}`,
    "--authorization-mode=RBAC",
    "--disable-admission-plugins=ServiceAccount",
    `--service-cluster-ip-range=${SERVICE_RANGE}`,
    "--service-account-issuer=https://kubernetes.default.svc",
    `--service-account-key-file=${accounts.certificate}`,
    `--service-account-signing-key-file=${accounts.key}`,
  ];
  return { name: "kube-apiserver", command: binaries.apiserver, args, mark, env: process.env };
}

/** The controllers that collect owned objects, end namespaces, make service accounts and fill roles such as `edit`. */
export function controllerManager(state: State, command: string): Program {
  const mark = marksOf(state)["kube-controller-manager"];
  const args = [
    mark,
    `--controllers=${CONTROLLERS.join(",")}`,
    // Each controller acts as a service account with a role of its own; the user they start as may delete nothing.
    "--use-service-account-credentials",
    "--leader-elect=false",
    "--secure-port=0",
    "--kube-api-qps=200",
    "--kube-api-burst=400",
    `--root-ca-file=${keyFiles(state, "ca").certificate}`,
    `--service-account-private-key-file=${keyFiles(state, "service-accounts").key}`,
  ];
  return { name: "kube-controller-manager", command, args, mark, env: process.env };
}
