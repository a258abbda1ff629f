/** Where messages may go, so that a URL from elsewhere cannot carry them (or the runner) to a third place. */
const HOSTS = {
  slack: ['hooks.slack.com', 'hooks.slack-gov.com'],
  discord: ['discord.com', 'discordapp.com', 'ptb.discord.com', 'canary.discord.com'],
} as const;

const PATHS = {
  slack: /^\/services\/\w+\/\w+\/\w+\/?$/,
  discord: /^\/api\/(?:v\d+\/)?webhooks\/\d+\/[\w-]+\/?$/,
} as const;

const SHAPES = {
  slack: 'https://hooks.slack.com/services/T…/B…/…',
  discord: 'https://discord.com/api/webhooks/<id>/<token>',
} as const;

export type ChatService = keyof typeof HOSTS;

export type ParsedWebhook =
  | { readonly url: URL; readonly problem?: undefined }
  | { readonly url?: undefined; readonly problem: string };

const isLoopback = (host: string) => host === 'localhost' || host === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(host);

/**
 * Returns the address of a webhook, or what is wrong with `text` in words that hold nothing of it: the whole address is a
 * credential. https to the service's own hosts; http to this machine alone, where a relay may listen.
 */
export const parseWebhookUrl = (service: ChatService, text: string): ParsedWebhook => {
  const expected = `expected an incoming webhook of the form ${SHAPES[service]}; its value is not shown, as it is a credential`;
  const trimmed = text.trim();
  if (/\s/.test(trimmed)) return { problem: `holds white space: ${expected}` };
  if (!URL.canParse(trimmed)) return { problem: `is not a URL: ${expected}` };
  const url = new URL(trimmed);
  if (url.username !== '' || url.password !== '') return { problem: `holds a user name or password: ${expected}` };
  if (url.protocol === 'http:' && isLoopback(url.hostname)) return { url };
  if (url.protocol !== 'https:') return { problem: `is not https: ${expected}` };
  const hosts: readonly string[] = HOSTS[service];
  if (!hosts.includes(url.hostname) || url.port !== '') {
    return { problem: `leads to another host than ${hosts.join(', ')}: ${expected}` };
  }
  if (service === 'slack' && /^\/(?:triggers|workflows)\//.test(url.pathname)) {
    return { problem: `starts a Slack workflow, which takes variables and no message: ${expected}` };
  }
  if (service === 'discord' && /\/(?:slack|github)\/?$/.test(url.pathname)) {
    return { problem: `ends in /slack or /github, which take another format: ${expected}` };
  }
  if (!PATHS[service].test(url.pathname)) return { problem: `has another path than a webhook's: ${expected}` };
  return { url };
};

/** Returns the parts of a webhook's address that must not be seen: the address itself, its path and its token. */
export const secretsOf = (url: URL): string[] => {
  const token =
    url.pathname
      .split('/')
      .filter((part) => part !== '')
      .at(-1) ?? '';
  return [url.href, url.pathname, token].filter((part) => part.length >= 8);
};
