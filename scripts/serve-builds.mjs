// Serves builds of the app for the end-to-end tests: `node scripts/serve-builds.mjs FOLDER=PORT…`.
import { preview } from "vite";
import { uncompressed } from "./uncompressed.mjs";

for (const build of process.argv.slice(2)) {
  const [outDir = "", port] = build.split("=");
  await preview({
    logLevel: "warn",
    build: { outDir },
    preview: { port: Number(port), strictPort: true },
    plugins: [uncompressed()],
  });
}
