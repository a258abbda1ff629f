export interface Comment {
  readonly id: number;
  readonly body: string;
  /** Login of who wrote it; `[bot]` stands at the end of an app's. */
  readonly author: string;
}

/** Comments of an issue or pull request. Each call throws OpsError that names the permission it would need. */
export interface Comments {
  /** Page `page`, from 1, oldest first; empty behind the last. Needs `pull-requests: read`. */
  list(number: number, page: number): Promise<readonly Comment[]>;
  /** Returns its id. Needs `pull-requests: write`. */
  create(number: number, body: string): Promise<number>;
  update(id: number, body: string): Promise<void>;
}

/** Longer discussions than 1,000 comments get a new comment. */
const MAX_PAGES = 10;

/** Returns the oldest comment by an app that begins with `marker`: what a person copies is not taken for our own. */
const find = async (comments: Comments, number: number, marker: string): Promise<Comment | undefined> => {
  for (let page = 1; page <= MAX_PAGES; page += 1) {
    const found = await comments.list(number, page);
    const own = found.find(({ author, body }) => author.endsWith('[bot]') && body.startsWith(marker));
    if (own !== undefined || found.length === 0) return own;
  }
  return undefined;
};

/** Makes `body` the one comment that `marker` tells from others: updates it where it is, else writes it. Returns its id. */
export const putComment = async (comments: Comments, number: number, marker: string, body: string): Promise<number> => {
  const marked = `${marker}\n${body}`;
  const known = await find(comments, number, marker);
  if (known === undefined) return comments.create(number, marked);
  await comments.update(known.id, marked);
  return known.id;
};
