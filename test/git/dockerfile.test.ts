import { contextSources } from '@hospital-ops/git/dockerfile';
import { expect, test } from '@jest/globals';

test.each<[string, string, string[]]>([
  [
    'COPY names its sources, all but the last word',
    'COPY package.json pnpm-lock.yaml ./',
    ['package.json', 'pnpm-lock.yaml'],
  ],
  ['ADD too, but no addresses', 'ADD https://example.org/x.tgz local.tgz /x/', ['local.tgz']],
  ['sources are cleaned', 'COPY ./apps/api/ /apps//web ./', ['apps/api', 'apps/web']],
  ['a dot is the whole context', 'COPY . .', ['.']],
  ['the JSON form may hold blanks', 'COPY ["a b", "c", "/x/"]', ['a b', 'c']],
  ['what comes from a stage is no source', 'COPY --from=build /app /app', []],
  ['other flags are skipped', 'COPY --chown=node:node --link src/ ./', ['src']],
  ['lines continue, comments between them too', 'COPY a \\\n# comment\n  b \\\n  ./', ['a', 'b']],
  ['an empty line does not end one that continues', 'COPY a \\\n\n  b \\\n ./', ['a', 'b']],
  ['nor is one lost that the end of the file cuts off', 'COPY a ./ \\\n', ['a']],
  ['another escape character is honoured', '# escape=`\nCOPY a `\n  b ./', ['a', 'b']],
  ['instructions may be in lower case', 'copy a ./', ['a']],
  [
    'bind mounts read from the context',
    'RUN --mount=type=bind,source=package.json,target=package.json npm ci',
    ['package.json'],
  ],
  ['a bind mount without a source is the whole context', 'RUN --mount=target=/src make', ['.']],
  [
    'cache mounts and mounts from stages are no source',
    'RUN --mount=type=cache,target=/c --mount=from=deps,target=/d make',
    [],
  ],
  ['ARG defaults are filled in', 'ARG APP=api\nCOPY apps/\x24{APP}/src $APP.json ./', ['apps/api/src', 'api.json']],
  ['a default in the place itself', 'COPY apps/\x24{APP:-web} ./', ['apps/web']],
  [
    'here-documents are no source and their body no instruction',
    'COPY <<EOF /x\nCOPY no no\nEOF\nCOPY yes ./',
    ['yes'],
  ],
  ['a here-string is no here-document', 'RUN cat <<< "x"\nCOPY yes ./', ['yes']],
  ['arithmetic is no here-document', 'RUN echo $((1<<X))\nCOPY yes ./', ['yes']],
  ['ONBUILD is for other images', 'ONBUILD COPY . .', []],
])('%s', (_, dockerfile, sources) => {
  expect(contextSources(dockerfile)).toEqual({ sources, unsure: undefined });
});

test('build arguments win over the defaults', () => {
  expect(contextSources('ARG APP=api\nCOPY apps/$APP ./', { buildArgs: { APP: 'web' } }).sources).toEqual(['apps/web']);
});

const STAGES = `FROM node AS base
COPY package.json ./
FROM base AS api
COPY apps/api ./
FROM base AS web
COPY apps/web ./
FROM scratch AS tests
COPY tests ./
FROM api
RUN --mount=from=web,target=/web true
`;

test.each<[string, string | undefined, string[]]>([
  ['the last stage', undefined, ['package.json', 'apps/api', 'apps/web']],
  ['the target', 'API', ['package.json', 'apps/api']],
  ['a stage by its number', '3', ['tests']],
  ['every stage when the target is none of them', 'x', ['package.json', 'apps/api', 'apps/web', 'tests']],
])('what is built: %s and all that it is made of', (_, target, expected) => {
  expect(contextSources(STAGES, { target }).sources.toSorted()).toEqual(expected.toSorted());
});

test('a stage that is named by a variable could be any', () => {
  const file = 'ARG BASE=a\nFROM x AS a\nCOPY a ./\nFROM y AS b\nCOPY b ./\nFROM $BASE\nCOPY c ./';
  expect(contextSources(file).sources.toSorted()).toEqual(['a', 'c']);
  expect(contextSources(file, { buildArgs: { BASE: undefined } }).sources.toSorted()).toEqual(['a', 'b', 'c']);
});

test('a variable counts where it is declared', () => {
  const file = 'ARG APP=api\nFROM x AS a\nARG APP\nCOPY apps/$APP ./\nFROM a\nCOPY more/$APP ./';
  expect(contextSources(file).sources.toSorted()).toEqual(['apps/api', 'more/api']);
  expect(contextSources('ARG APP=api\nFROM x\nCOPY apps/$APP ./').unsure).toMatch(/holds a variable/);
  expect(contextSources('FROM x\nENV APP=web\nARG APP=api\nCOPY apps/$APP ./').sources).toEqual(['apps/web']);
});

test.each([
  ['a form of a variable that is not known', 'ARG APP=x\nCOPY apps/\x24{APP%y} ./', /holds a variable/],
  ['a variable without a value', 'ARG APP\nCOPY apps/$APP ./', /holds a variable without a value/],
  ['a way upwards', 'COPY ../x ./', /leads upwards/],
  ['a here-document without an end', 'RUN <<EOF\nCOPY a b', /has no end/],
])('%s makes it unsure', (_, dockerfile, why) => {
  expect(contextSources(dockerfile).unsure).toMatch(why);
});
