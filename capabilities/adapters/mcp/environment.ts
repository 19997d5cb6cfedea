/**
 * The environment of a program that serves tools. It is given what its MCPServer says and what any program needs to run,
 * never the operator's own: credentials of the cluster, keys of models and settings of Node stay here.
 */

/**
 * All that is taken over from the operator's environment, where it is set. The last three name files of certificates that
 * the machine trusts, without which programs cannot reach anything where a company's proxy stands in between.
 */
const BASICS = [
  ...["HOME", "LANG", "LOGNAME", "PATH", "SHELL", "TERM", "TMPDIR", "TZ", "USER"],
  ...["NODE_EXTRA_CA_CERTS", "SSL_CERT_DIR", "SSL_CERT_FILE"],
];

/** The whole environment of the program: the basics of `operator`, overridden by what the MCPServer says. */
export function environmentOf(
  operator: NodeJS.ProcessEnv,
  own: Record<string, string> | undefined,
): Record<string, string> {
  const basics: Record<string, string> = {};
  for (const name of BASICS) {
    const value = operator[name];
    if (value !== undefined) basics[name] = value;
  }
  return { ...basics, ...own };
}
