/**
 * Just enough of X.509 to run a control plane on this machine: ECDSA P-256 keys and certificates signed by an authority
 * of our own. The encoding is DER (ITU-T X.690), the fields are those of RFC 5280. It keeps no state and writes no file.
 */
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import type { KeyObject } from "node:crypto";

const OID = {
  commonName: "2.5.4.3",
  organization: "2.5.4.10",
  subjectKeyIdentifier: "2.5.29.14",
  keyUsage: "2.5.29.15",
  subjectAltName: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  authorityKeyIdentifier: "2.5.29.35",
  extendedKeyUsage: "2.5.29.37",
  serverAuth: "1.3.6.1.5.5.7.3.1",
  clientAuth: "1.3.6.1.5.5.7.3.2",
  ecdsaWithSha256: "1.2.840.10045.4.3.2",
} as const;

const TAG = {
  boolean: 1,
  integer: 2,
  bits: 3,
  octets: 4,
  oid: 6,
  utf8: 12,
  utcTime: 23,
  generalizedTime: 24,
  sequence: 48,
  set: 49,
} as const;
const DIGITAL_SIGNATURE = 0x80;
const CERTIFICATE_AND_CRL_SIGN = 0x06;

/** Local certificates outlive any checkout; nothing renews them. */
const VALID_FOR_YEARS = 10;

/** A private key and its certificate, both PEM. */
export interface KeyPair {
  key: string;
  certificate: string;
}

/** Who a certificate is for: Kubernetes reads CN as the user and O as the group. */
export interface Subject {
  commonName: string;
  organization?: string;
  /** Subject alternative names, as a client would dial them. IPv4 only. */
  hosts?: { names: string[]; addresses: string[] };
}

/** A new ECDSA P-256 private key, PEM (PKCS 8). */
export function newKey(): string {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  return privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}

/** The public half of a private key, PEM. */
export function publicKeyOf(privateKeyPem: string): string {
  return createPublicKey(privateKeyPem).export({ type: "spki", format: "pem" }).toString();
}

/** A new authority that signs itself. */
export function newAuthority(commonName: string): KeyPair {
  const key = newKey();
  const extensions = [
    extension(OID.basicConstraints, sequence(der(TAG.boolean, Buffer.from([0xff]))), true),
    extension(OID.keyUsage, bitFlags(CERTIFICATE_AND_CRL_SIGN), true),
  ];
  return { key, certificate: certify({ commonName }, key, { commonName, key }, extensions) };
}

/** A new key with a certificate from `authority`, good for serving and for being a client. `issuer` is its common name. */
export function newCertificate(subject: Subject, authority: KeyPair, issuer: string): KeyPair {
  const key = newKey();
  const extensions = [
    extension(OID.basicConstraints, sequence(), true),
    extension(OID.keyUsage, bitFlags(DIGITAL_SIGNATURE), true),
    extension(OID.extendedKeyUsage, sequence(oid(OID.serverAuth), oid(OID.clientAuth))),
  ];
  if (subject.hosts) extensions.push(extension(OID.subjectAltName, alternativeNames(subject.hosts)));
  return { key, certificate: certify(subject, key, { commonName: issuer, key: authority.key }, extensions) };
}

interface Issuer {
  commonName: string;
  key: string;
}

function certify(subject: Subject, key: string, issuer: Issuer, extensions: Buffer[]): string {
  const publicKey = createPublicKey(key);
  const from = new Date();
  const until = new Date(from);
  until.setUTCFullYear(from.getUTCFullYear() + VALID_FOR_YEARS);
  const algorithm = sequence(oid(OID.ecdsaWithSha256));
  const identifiers = [
    extension(OID.subjectKeyIdentifier, der(TAG.octets, keyIdentifier(publicKey))),
    extension(OID.authorityKeyIdentifier, sequence(context(0, keyIdentifier(createPublicKey(issuer.key))))),
  ];
  const toBeSigned = sequence(
    constructed(0, integer(Buffer.from([2]))),
    integer(serialNumber()),
    algorithm,
    distinguishedName({ commonName: issuer.commonName }),
    sequence(moment(from), moment(until)),
    distinguishedName(subject),
    publicKey.export({ type: "spki", format: "der" }),
    constructed(3, sequence(...extensions, ...identifiers)),
  );
  const signature = sign("sha256", toBeSigned, createPrivateKey(issuer.key));
  return pem(sequence(toBeSigned, algorithm, der(TAG.bits, Buffer.concat([Buffer.from([0]), signature]))));
}

/** Positive and never zero-led, as RFC 5280 section 4.1.2.2 wants it. */
function serialNumber(): Buffer {
  const serial = randomBytes(16);
  serial[0] = (serial.readUInt8(0) & 0x7f) | 0x40;
  return serial;
}

function distinguishedName(subject: Subject): Buffer {
  const attributes = [
    ...(subject.organization === undefined ? [] : [{ id: OID.organization, value: subject.organization }]),
    { id: OID.commonName, value: subject.commonName },
  ];
  return sequence(
    ...attributes.map(({ id, value }) => der(TAG.set, sequence(oid(id), der(TAG.utf8, Buffer.from(value, "utf8"))))),
  );
}

function alternativeNames(hosts: { names: string[]; addresses: string[] }): Buffer {
  return sequence(
    ...hosts.names.map((name) => context(2, Buffer.from(name, "ascii"))),
    ...hosts.addresses.map((address) => context(7, Buffer.from(address.split(".").map(Number)))),
  );
}

function keyIdentifier(publicKey: KeyObject): Buffer {
  return createHash("sha1")
    .update(publicKey.export({ type: "spki", format: "der" }))
    .digest();
}

function extension(id: string, value: Buffer, critical = false): Buffer {
  const mark = critical ? [der(TAG.boolean, Buffer.from([0xff]))] : [];
  return sequence(oid(id), ...mark, der(TAG.octets, value));
}

/** A BIT STRING of one byte whose trailing zero bits are not counted (X.690 section 11.2.2). */
function bitFlags(byte: number): Buffer {
  const unused = 31 - Math.clz32(byte & -byte);
  return der(TAG.bits, Buffer.from([unused, byte]));
}

/** RFC 5280 wants UTCTime before 2050. */
function moment(time: Date): Buffer {
  const digits = time.toISOString().replace(/[-:T]/g, "").slice(0, 14);
  const isShort = time.getUTCFullYear() < 2050;
  return der(
    isShort ? TAG.utcTime : TAG.generalizedTime,
    Buffer.from(`${isShort ? digits.slice(2) : digits}Z`, "ascii"),
  );
}

function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  return der(TAG.oid, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

function base128(value: number): number[] {
  const bytes = [value & 0x7f];
  for (let left = value >>> 7; left > 0; left >>>= 7) bytes.unshift((left & 0x7f) | 0x80);
  return bytes;
}

function integer(bytes: Buffer): Buffer {
  return der(TAG.integer, bytes);
}

function sequence(...parts: Buffer[]): Buffer {
  return der(TAG.sequence, Buffer.concat(parts));
}

function constructed(number: number, content: Buffer): Buffer {
  return der(0xa0 + number, content);
}

function context(number: number, content: Buffer): Buffer {
  return der(0x80 + number, content);
}

function der(tag: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.from([tag]), length(content.length), content]);
}

function length(size: number): Buffer {
  if (size < 0x80) return Buffer.from([size]);
  const bytes: number[] = [];
  for (let left = size; left > 0; left >>>= 8) bytes.unshift(left & 0xff);
  return Buffer.from([0x80 | bytes.length, ...bytes]);
}

function pem(content: Buffer): string {
  const lines = content.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}
