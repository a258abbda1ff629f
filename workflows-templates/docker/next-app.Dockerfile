# A Next.js application of a pnpm workspace with `output: "standalone"`: replace apps/web by its folder and @PROJECT/web by
# its name. Build it from the root. What NEXT_PUBLIC_* variables hold is baked in: an image that staging tested and
# production runs must not have any; read such settings at run time.
ARG BASE_IMAGE=node:24-alpine

FROM ${BASE_IMAGE} AS build
WORKDIR /app
RUN npm install --global pnpm@9.15.9
# Only what decides the dependencies comes first, so that a change of the sources keeps this layer.
COPY package.json pnpm-lock.yaml pnpm-workspace.yaml ./
COPY apps/web/package.json apps/web/
COPY packages packages
RUN pnpm install --frozen-lockfile --filter "@PROJECT/web..."
COPY apps/web apps/web
RUN pnpm --filter "@PROJECT/web..." run build

FROM ${BASE_IMAGE} AS runtime
WORKDIR /app
ENV NODE_ENV=production
# In a workspace the server stands below its folder, and looks for static files beside itself.
COPY --from=build --chown=node:node /app/apps/web/.next/standalone ./
COPY --from=build --chown=node:node /app/apps/web/.next/static apps/web/.next/static
COPY --from=build --chown=node:node /app/apps/web/public apps/web/public
USER node
ENV PORT=3000 HOSTNAME=0.0.0.0
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.PORT + '/').then((answer) => process.exit(answer.status < 500 ? 0 : 1), () => process.exit(1))"]
CMD ["node", "apps/web/server.js"]
