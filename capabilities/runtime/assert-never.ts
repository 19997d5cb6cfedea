/** Ends every switch over a union: the compiler refuses a forgotten variant. Throws if types lied at run time (a bug). */
export function assertNever(value: never): never {
  throw new Error(`Unexpected variant: ${JSON.stringify(value)}`);
}
