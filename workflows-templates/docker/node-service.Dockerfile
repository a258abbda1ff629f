# A service of a pnpm workspace: replace apps/api by its folder and @PROJECT/api by its name. Build it from the root.
ARG BASE_IMAGE=node:24-alpine

FROM ${BASE_IMAGE} AS build
WORKDIR /app
RUN npm install --global pnpm@9.15.9
# Only what decides the dependencies comes first, so that a change of the sources keeps this layer.
COPY package.json pnpm-lock.yaml pnpm-workspace.yaml ./
COPY apps/api/package.json apps/api/
COPY packages packages
RUN pnpm install --frozen-lockfile --filter "@PROJECT/api..."
COPY apps/api apps/api
RUN pnpm --filter "@PROJECT/api..." run build
# One folder with the service and its production dependencies, without links to what is not copied.
RUN pnpm deploy --filter "@PROJECT/api" --prod --legacy /out

FROM ${BASE_IMAGE} AS runtime
WORKDIR /app
ENV NODE_ENV=production
COPY --from=build --chown=node:node /out ./
USER node
ENV PORT=3000
EXPOSE 3000
# The base image has Node.js and no curl.
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.PORT + '/health').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/server.js"]
