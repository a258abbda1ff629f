import type { Permissions } from './permissions.ts';

export interface GrantedJob {
  readonly permissions: Permissions;
  readonly identity: {
    readonly github: Readonly<Record<string, unknown>>;
    /** Of the file that the job stands in. */
    readonly workflow: { readonly ref: string; readonly sha: string };
    readonly environment: string | undefined;
  };
}

export interface Grant {
  /** GITHUB_TOKEN of the job. */
  readonly token: string;
  /** Variables of its steps: where it asks for ID tokens, if it may. */
  readonly env: Readonly<Record<string, string>>;
  /** What of `env` no log shows. */
  readonly secrets: readonly string[];
  /** Called when the job has ended. */
  revoke(): void;
}

/** Gives jobs their tokens. */
export interface JobAuthority {
  grant(job: GrantedJob): Grant;
}
