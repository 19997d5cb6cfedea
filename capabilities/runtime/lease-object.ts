// The Lease as it is stored, and what is written to it: drafts and patches, as plain values. Every patch carries the version it
// was made from, so the API server refuses it when anybody has written in between. Owns no time and asks nobody.
import type { ClusterObject, Draft, Ref, Resource } from "./objects";

/** Where leases are kept. */
export const LEASES: Resource = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", plural: "leases" };

/** The one lease. `pepr-system` is where Pepr 1.1.4 puts every module (`lib/assets/rbac.ts`); locally it is made likewise. */
export const LEASE: Ref = { namespace: "pepr-system", name: "kubechain-operator" };

/** How logs name it. */
export const LEASE_NAME = `${LEASE.namespace}/${LEASE.name}`;

/** The holder's place among processes, for a successor that starts in the same one (same-host.ts). */
const PLACE = "kubechain.humanlayer.dev/holder-place";

/** A Lease, as far as it is read. Times are for people: nothing here compares the clocks of two machines. */
export interface StoredLease extends ClusterObject {
  spec?: {
    /** Empty when it has been given back; absent when somebody has taken it out. */
    holderIdentity?: string;
    leaseDurationSeconds?: number;
    acquireTime?: string;
    renewTime?: string;
    /** How often it has gone from one holder to another. */
    leaseTransitions?: number;
  };
}

/** Who asks for it, and where that process runs. */
export interface Claimant {
  holder: string;
  place: string;
}

/** A claim at a time, for so long. */
export interface Claim extends Claimant {
  now: Date;
  durationMs: number;
}

/** Who holds it; undefined when nobody does. */
export function holderOf(lease: StoredLease): Claimant | undefined {
  const holder = lease.spec?.holderIdentity ?? "";
  return holder === "" ? undefined : { holder, place: lease.metadata.annotations?.[PLACE] ?? "" };
}

/** How often it has changed hands. */
export function transitionsOf(lease: StoredLease): number {
  return lease.spec?.leaseTransitions ?? 0;
}

/** For how long after its last renewal its holder counts as alive. */
export function durationOf(lease: StoredLease, usualMs: number): number {
  const seconds = lease.spec?.leaseDurationSeconds;
  return seconds === undefined ? usualMs : seconds * 1_000;
}

/** The lease when there is none. */
export function newLease(claim: Claim): Draft<StoredLease> {
  const { apiVersion, kind } = LEASES;
  const metadata = { ...LEASE, annotations: { [PLACE]: claim.place } };
  return { apiVersion, kind, metadata, spec: { ...held(claim), acquireTime: micro(claim.now), leaseTransitions: 0 } };
}

/** Takes a lease over, or keeps what is the claimant's already. */
export function claimOn(lease: StoredLease, claim: Claim): object {
  const metadata = { resourceVersion: lease.metadata.resourceVersion, annotations: { [PLACE]: claim.place } };
  if (lease.spec?.holderIdentity === claim.holder) return { metadata, spec: held(claim) };
  const leaseTransitions = transitionsOf(lease) + 1;
  return { metadata, spec: { ...held(claim), acquireTime: micro(claim.now), leaseTransitions } };
}

/** Says that the holder is alive. */
export function renewal(resourceVersion: string, now: Date): object {
  return { metadata: { resourceVersion }, spec: { renewTime: micro(now) } };
}

/** Gives it back. */
export function release(resourceVersion: string, now: Date): object {
  return { metadata: { resourceVersion }, spec: { holderIdentity: "", renewTime: micro(now) } };
}

function held({ holder, now, durationMs }: Claim): NonNullable<StoredLease["spec"]> {
  return { holderIdentity: holder, leaseDurationSeconds: durationMs / 1_000, renewTime: micro(now) };
}

/** `metav1.MicroTime` insists on six decimals. */
function micro(when: Date): string {
  return when.toISOString().replace("Z", "000Z");
}
