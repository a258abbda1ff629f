/** Calls the local AWS in-process: service, operation and input as on the wire. */
export type CallAws = (service: string, operation: string, input: Record<string, unknown>) => Promise<unknown>;
