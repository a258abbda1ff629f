import { randomBytes, randomInt } from 'node:crypto';

/** 32 hexadecimal digits, as task ids and target group ids have (16 for the latter). */
export const hexId = (digits = 32): string => randomBytes(digits / 2).toString('hex');

/** 19 digits, as in `ecs-svc/4980306466373578954` and in the ARN of a service revision. */
export const digitsId = (): string => `4${Array.from({ length: 18 }, () => randomInt(10)).join('')}`;

/** 21 characters of the URL-safe base64 alphabet, as the id of a service deployment. */
export const shortId = (): string => randomBytes(16).toString('base64url').slice(0, 21);

/** Returns what follows the last `/` of an ARN, or the text itself: the APIs take names and ARNs alike. */
export const nameOf = (nameOrArn: string): string => nameOrArn.split('/').at(-1) ?? nameOrArn;
