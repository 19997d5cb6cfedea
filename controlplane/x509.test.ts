import { X509Certificate, createPrivateKey } from "node:crypto";
import { newAuthority, newCertificate } from "./x509";

const authority = newAuthority("test authority");
const hosts = { names: ["localhost", "kubernetes.default.svc"], addresses: ["127.0.0.1", "10.0.0.1"] };

describe("a certificate", () => {
  const pair = newCertificate(
    { commonName: "admin", organization: "system:masters", hosts },
    authority,
    "test authority",
  );
  const certificate = new X509Certificate(pair.certificate);

  test("is signed by its authority and by nobody else", () => {
    const other = new X509Certificate(newAuthority("test authority").certificate);
    expect(certificate.verify(new X509Certificate(authority.certificate).publicKey)).toBe(true);
    expect(certificate.verify(other.publicKey)).toBe(false);
    expect(certificate.checkIssued(new X509Certificate(authority.certificate))).toBe(true);
  });

  test("belongs to its key", () => {
    expect(certificate.checkPrivateKey(createPrivateKey(pair.key))).toBe(true);
  });

  test("names the user and the group that Kubernetes reads", () => {
    expect(certificate.subject.split("\n")).toEqual(["O=system:masters", "CN=admin"]);
  });

  test("is good for every host it was made for, and for no other", () => {
    for (const name of hosts.names) expect(certificate.checkHost(name)).toBe(name);
    for (const address of hosts.addresses) expect(certificate.checkIP(address)).toBe(address);
    expect(certificate.checkHost("example.org")).toBeUndefined();
  });

  test("is valid now and is no authority itself", () => {
    expect(Date.parse(certificate.validFrom)).toBeLessThanOrEqual(Date.now());
    expect(Date.parse(certificate.validTo)).toBeGreaterThan(Date.now());
    expect(certificate.ca).toBe(false);
    expect(new X509Certificate(authority.certificate).ca).toBe(true);
  });
});
