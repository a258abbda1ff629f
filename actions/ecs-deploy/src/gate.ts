/** What a look at the alarms and metrics of a service says. */
export type GateVerdict =
  /** Nothing is breached, and every metric had data and traffic enough. */
  | { readonly kind: 'open' }
  /** Nothing is breached as far as is known, and something is not known: too little data or traffic. */
  | { readonly kind: 'waiting'; readonly reason: string }
  /** `reason` names which alarm or metric, its value and its threshold. */
  | { readonly kind: 'breached'; readonly reason: string };

/** Watches what must hold while a release goes on. Throws AwsError when it cannot look. */
export interface Gate {
  look(): Promise<GateVerdict>;
}
