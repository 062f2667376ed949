import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { mergeConfig, type Plugin } from "vite";
import base from "../vite.config.ts";

/** The module that says which version of the database the code is written against. */
const SCHEMA = fileURLToPath(new URL("../src/store/records/schema.ts", import.meta.url));
if (!existsSync(SCHEMA)) throw new Error(`${SCHEMA} is no longer there: name its new place here`);

/** Gives the database a newer version, as a later build of the app would. */
const appendMigration = (): Plugin => ({
  name: "append-migration",
  enforce: "pre",
  transform(code, id) {
    if (id !== SCHEMA) return null;
    const version = "export const SCHEMA_VERSION";
    if (!code.includes(version)) throw new Error("the schema's version has another name now");
    return code.replace(
      version,
      `migrations.push((db) => db.createObjectStore("next"));\n${version}`,
    );
  },
});

/**
 * Builds a newer version of the app, for tests of updates. Its database has one more migration, and none of its
 * scripts and styles has the name of one of this build's.
 */
export default mergeConfig(base, {
  root: fileURLToPath(new URL("../", import.meta.url)),
  plugins: [appendMigration()],
  worker: { plugins: () => [appendMigration()] },
  build: { assetsDir: "next", emptyOutDir: true, reportCompressedSize: false },
});
