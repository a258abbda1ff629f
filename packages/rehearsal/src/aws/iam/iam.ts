import type { QueryService } from '../dispatcher.ts';
import { hexId, nameOf } from '../ids.ts';
import type { CallContext } from '../service.ts';
import { AwsFault } from '../service.ts';

interface Role {
  readonly name: string;
  readonly path: string;
  readonly arn: string;
  readonly id: string;
  /** Percent-encoded, as IAM answers policies (API_GetRole, API_GetRolePolicy). */
  readonly trust: string;
  readonly description: string | undefined;
  readonly maxSessionDuration: number;
  readonly tags: unknown;
  readonly createdAt: number;
  /** Inline policies by name, percent-encoded. */
  readonly policies: Map<string, string>;
}

export interface LocalIam {
  readonly service: QueryService;
  /** Creates a role that `service` may assume, unless there is one of that name; a name or an ARN. */
  createRole(nameOrArn: string, service?: string): void;
  /** Creates a role with this trust policy (JSON), unless there is one of that name. */
  createTrustedRole(arn: string, trust: string): void;
  role(name: string): { readonly arn: string; readonly trust: string; readonly maxSessionDuration: number } | undefined;
}

/** RFC 3986, which encodes more than encodeURIComponent does. */
const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`);

const trustOf = (service: string): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' }],
  });

const policy = (text: unknown): string => {
  try {
    JSON.parse(String(text));
  } catch {
    throw new AwsFault('MalformedPolicyDocumentException', 'Syntax errors in policy.');
  }
  return encode(String(text));
};

interface RoleRequest {
  readonly RoleName: string;
  readonly AssumeRolePolicyDocument: string;
  readonly Path?: string;
  readonly Description?: string;
  readonly MaxSessionDuration?: number;
  readonly Tags?: unknown;
}

const answerOf = (role: Role) => ({
  Path: role.path,
  RoleName: role.name,
  RoleId: role.id,
  Arn: role.arn,
  CreateDate: new Date(role.createdAt),
  AssumeRolePolicyDocument: role.trust,
  ...(role.description === undefined ? {} : { Description: role.description }),
  MaxSessionDuration: role.maxSessionDuration,
  ...(role.tags === undefined ? {} : { Tags: role.tags }),
});

/** Returns AWS Identity and Access Management, as far as roles with inline policies go. */
export const createIam = ({ accountId, now }: Pick<CallContext, 'accountId'> & { now(): number }): LocalIam => {
  const roles = new Map<string, Role>();
  const required = (name: unknown): Role => {
    // Names "are not distinguished by case" when they are made, but are looked up as they are (API_CreateRole).
    const role = roles.get(String(name));
    if (role === undefined)
      throw new AwsFault('NoSuchEntityException', `The role with name ${String(name)} cannot be found.`);
    return role;
  };
  const create = (request: RoleRequest): Role => {
    const { RoleName: name, Path: path = '/', Description, MaxSessionDuration = 3600, Tags } = request;
    if (!/^[\w+=,.@-]{1,64}$/.test(name))
      throw new AwsFault('ValidationError', 'The specified value for roleName is invalid.');
    if ([...roles.keys()].some((other) => other.toLowerCase() === name.toLowerCase()))
      throw new AwsFault('EntityAlreadyExistsException', `Role with name ${name} already exists.`);
    const role: Role = {
      name,
      path,
      arn: `arn:aws:iam::${accountId}:role${path}${name}`,
      id: `AROA${hexId(16).toUpperCase()}`,
      trust: policy(request.AssumeRolePolicyDocument),
      description: Description,
      maxSessionDuration: MaxSessionDuration,
      tags: Tags,
      createdAt: now(),
      policies: new Map(),
    };
    roles.set(name, role);
    return role;
  };
  const inline = (input: Record<string, unknown>) => {
    const found = required(input.RoleName).policies.get(String(input.PolicyName));
    if (found === undefined)
      throw new AwsFault(
        'NoSuchEntityException',
        `The role policy with name ${String(input.PolicyName)} cannot be found.`,
      );
    return found;
  };
  const createTrustedRole = (nameOrArn: string, AssumeRolePolicyDocument: string) => {
    const RoleName = nameOf(nameOrArn);
    const [, Path = '/'] = /:role(\/.*?)[^/]*$/.exec(nameOrArn) ?? [];
    if (!roles.has(RoleName)) create({ RoleName, Path, AssumeRolePolicyDocument });
  };
  return {
    createRole: (nameOrArn, service = 'ecs-tasks.amazonaws.com') => createTrustedRole(nameOrArn, trustOf(service)),
    createTrustedRole,
    role: (name) => {
      const found = roles.get(name);
      return found && { ...found, trust: decodeURIComponent(found.trust) };
    },
    service: {
      name: 'iam',
      targetPrefix: 'AWSIdentityManagementV20100508',
      version: '2010-05-08',
      namespace: 'https://iam.amazonaws.com/doc/2010-05-08/',
      operations: {
        CreateRole: (input) => ({ Role: answerOf(create(input as unknown as RoleRequest)) }),
        GetRole: (input) => ({ Role: answerOf(required(input.RoleName)) }),
        DeleteRole: (input) => {
          const role = required(input.RoleName);
          if (role.policies.size > 0)
            throw new AwsFault('DeleteConflictException', 'Cannot delete entity, must delete policies first.');
          roles.delete(role.name);
          return {};
        },
        PutRolePolicy: (input) => {
          required(input.RoleName).policies.set(String(input.PolicyName), policy(input.PolicyDocument));
          return {};
        },
        GetRolePolicy: (input) => ({
          RoleName: input.RoleName,
          PolicyName: input.PolicyName,
          PolicyDocument: inline(input),
        }),
        ListRolePolicies: (input) => ({
          PolicyNames: [...required(input.RoleName).policies.keys()],
          IsTruncated: false,
        }),
        DeleteRolePolicy: (input) => {
          inline(input);
          required(input.RoleName).policies.delete(String(input.PolicyName));
          return {};
        },
      },
    },
  };
};
