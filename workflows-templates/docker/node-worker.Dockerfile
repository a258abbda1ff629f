# A worker of a pnpm workspace: replace apps/worker by its folder and @PROJECT/worker by its name. Build it from the root.
ARG BASE_IMAGE=node:24-alpine

FROM ${BASE_IMAGE} AS build
WORKDIR /app
RUN npm install --global pnpm@9.15.9
# Only what decides the dependencies comes first, so that a change of the sources keeps this layer.
COPY package.json pnpm-lock.yaml pnpm-workspace.yaml ./
COPY apps/worker/package.json apps/worker/
COPY packages packages
RUN pnpm install --frozen-lockfile --filter "@PROJECT/worker..."
COPY apps/worker apps/worker
RUN pnpm --filter "@PROJECT/worker..." run build
# One folder with the worker and its production dependencies, without links to what is not copied.
RUN pnpm deploy --filter "@PROJECT/worker" --prod --legacy /out

FROM ${BASE_IMAGE} AS runtime
WORKDIR /app
ENV NODE_ENV=production
COPY --from=build --chown=node:node /out ./
USER node
# It takes no connections: it is healthy while it touches its heartbeat file.
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 \
  CMD ["node", "-e", "process.exit(Date.now() - require('node:fs').statSync('/tmp/heartbeat').mtimeMs < 30000 ? 0 : 1)"]
CMD ["node", "dist/worker.js"]
