import { OpsError } from '@hospital-ops/action-kit/errors';

export interface GitHubRelease {
  readonly id: number;
  readonly draft: boolean;
  readonly page: string;
  /** Where assets are sent to. */
  readonly uploadUrl: string;
  readonly assets: ReadonlyArray<{ readonly id: number; readonly name: string }>;
}

export interface NewRelease {
  readonly tag: string;
  readonly notes: string;
  readonly prerelease: boolean;
}

/** The calls of GitHub's release API that publishing makes; all need `contents: write`. Each throws OpsError. */
export interface GitHubReleases {
  find(tag: string): Promise<GitHubRelease | undefined>;
  createDraft(release: NewRelease): Promise<GitHubRelease>;
  upload(release: GitHubRelease, name: string, content: Buffer): Promise<void>;
  removeAsset(id: number): Promise<void>;
  publish(release: GitHubRelease, latest: boolean): Promise<void>;
}

interface RawRelease {
  readonly id: number;
  readonly tag_name: string;
  readonly draft: boolean;
  readonly html_url: string;
  readonly upload_url: string;
  readonly assets?: ReadonlyArray<{ readonly id: number; readonly name: string }>;
}

const TIMEOUT_MS = 120_000;
/** Drafts stand first, and a hundred releases are more than are ever half done (docs.github.com, REST, list releases). */
const PER_PAGE = 100;

const toRelease = (raw: RawRelease): GitHubRelease => ({
  id: raw.id,
  draft: raw.draft,
  page: raw.html_url,
  // A URI template: `…/assets{?name,label}`.
  uploadUrl: raw.upload_url.replace(/\{.*$/, ''),
  assets: (raw.assets ?? []).map(({ id, name }) => ({ id, name })),
});

export interface GitHubReleasesOptions {
  readonly apiUrl: string;
  /** `owner/name`. */
  readonly repository: string;
  readonly token: string;
}

/** Returns the release API of a repository over HTTP. */
export const createGitHubReleases = ({ apiUrl, repository, token }: GitHubReleasesOptions): GitHubReleases => {
  const call = async <T>(what: string, method: string, url: string, body?: unknown): Promise<T> => {
    const binary = Buffer.isBuffer(body);
    const answer = await fetch(url, {
      method,
      headers: {
        accept: 'application/vnd.github+json',
        authorization: `Bearer ${token}`,
        'content-type': binary ? 'application/octet-stream' : 'application/json',
      },
      ...(body === undefined ? {} : { body: binary ? new Uint8Array(body) : JSON.stringify(body) }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    }).catch((cause: unknown) => {
      throw new OpsError({ what: `GitHub could not be reached to ${what}.`, why: String(cause), cause });
    });
    const text = await answer.text();
    if (!answer.ok) {
      throw new OpsError({
        what: `GitHub refused to ${what} (HTTP ${answer.status}).`,
        why: text.slice(0, 500),
        next: 'start the same release again: what is done already is left as it is. The token needs `contents: write`.',
      });
    }
    return (text === '' ? undefined : JSON.parse(text)) as T;
  };
  const base = `${apiUrl}/repos/${repository}/releases`;
  return {
    find: async (tag) => {
      const all = await call<RawRelease[]>('list releases', 'GET', `${base}?per_page=${PER_PAGE}`);
      const found = all.find(({ tag_name }) => tag_name === tag);
      return found && toRelease(found);
    },
    createDraft: async ({ tag, notes, prerelease }) =>
      toRelease(
        await call<RawRelease>('draft the release', 'POST', base, {
          tag_name: tag,
          name: tag,
          body: notes,
          draft: true,
          prerelease,
        }),
      ),
    upload: async ({ uploadUrl }, name, content) => {
      await call(`upload ${name}`, 'POST', `${uploadUrl}?name=${encodeURIComponent(name)}`, content);
    },
    removeAsset: async (id) => {
      await call('remove a half uploaded asset', 'DELETE', `${base}/assets/${id}`);
    },
    publish: async ({ id }, latest) => {
      await call('publish the release', 'PATCH', `${base}/${id}`, { draft: false, make_latest: String(latest) });
    },
  };
};
