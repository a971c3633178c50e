/** Runs the tests on Node against the built npm package: the paths into the source lead to `npm/esm/`. */
import { fileURLToPath } from "node:url";

const built = fileURLToPath(new URL("./npm/esm/", import.meta.url));
const vitest = fileURLToPath(new URL("./scripts/tools/node_modules/vitest/dist/index.js", import.meta.url));

const config: Record<string, unknown> = {
  resolve: {
    alias: [
      { find: /^(?:\.\.\/)+((?:src|ffi)\/.+|mod|sync|testing)\.ts$/, replacement: `${built}$1.js` },
      { find: /^vitest$/, replacement: vitest },
    ],
  },
  cacheDir: "scripts/tools/node_modules/.vite",
  test: {
    include: ["test/**/*_test.ts"],
    // Node itself loads what was built, as it will for a user.
    server: { deps: { external: [/\/npm\/esm\//] } },
    pool: "forks",
    fileParallelism: false,
    // test/harness.ts gives every test its own limit; these are nets.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    teardownTimeout: 30_000,
  },
};

export default config;
