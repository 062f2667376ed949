import { fileURLToPath } from "node:url";
import { mergeConfig, type Plugin } from "vite";
import base from "../vite.config.ts";

/** Gives the database a newer version, as a later build of the app does. */
const appendMigration = (): Plugin => ({
  name: "append-migration",
  enforce: "pre",
  transform(code, id) {
    if (!id.endsWith("/src/store/schema.ts")) return null;
    const version = "export const SCHEMA_VERSION";
    if (!code.includes(version)) throw new Error("the schema's version has another name now");
    return code.replace(
      version,
      `migrations.push((db) => db.createObjectStore("next"));\n${version}`,
    );
  },
});

/**
 * The build after this one, for tests: it has a newer database, and none of its scripts and styles has the
 * name of one of this build's.
 */
export default mergeConfig(base, {
  root: fileURLToPath(new URL("../", import.meta.url)),
  plugins: [appendMigration()],
  worker: { plugins: () => [appendMigration()] },
  build: { assetsDir: "next", emptyOutDir: true },
});
