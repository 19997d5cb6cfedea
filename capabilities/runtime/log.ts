// A port for logging with the shape of pino's functions, so that Pepr's `Log` fits without an import of Pepr. Fields are
// searched by machines, messages are read by people; neither ever holds a secret or an object's content.

/** Where lines of the log go. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** For callers that have nobody to tell. */
export const silentLog: Log = {
  debug: ignore,
  info: ignore,
  warn: ignore,
  error: ignore,
};

function ignore(): void {
  // Nobody listens.
}
