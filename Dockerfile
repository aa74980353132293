# The service as an image. It writes to /data only, so the root can be read-only:
#   docker run --read-only --tmpfs /tmp -v live-response:/data -p 3978:3978 --env-file settings.env live-response
ARG NODE=node:24.22.3-trixie-slim

FROM ${NODE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc tsconfig.json tsconfig.build.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY src ./src
RUN npm run build

FROM ${NODE} AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund
COPY scripts/prune-packages.mjs ./scripts/
RUN node scripts/prune-packages.mjs node_modules

FROM ${NODE}
ENV NODE_ENV=production \
    NODE_USE_ENV_PROXY=1 \
    PORT=3978 \
    DATABASE_URL=sqlite:/data/live-response.db \
    EVIDENCE_DIR=/data/evidence \
    POLICY_FILE=/app/env/policy.yaml
WORKDIR /app
COPY --from=packages /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY package.json ./
# Who may approve is part of what is reviewed and deployed; a running service cannot change it.
COPY env/policy.yaml ./env/policy.yaml
RUN mkdir -m 0700 /data && chown node:node /data
VOLUME /data
USER node
EXPOSE 3978
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/healthz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/index.js"]
