import { transformAsync } from "@babel/core";
import linguiMacro from "@lingui/babel-plugin-lingui-macro";
import { lingui } from "@lingui/vite-plugin";
import type { Plugin, PluginOption } from "vite";

/** Has the page's sentences be English in tests. */
export const ENGLISH_SETUP = "src/ui/locales/testing-english.ts";

/** Compiles the page's sentences, in the code and in the catalogues. */
export const messages = (): PluginOption[] => [macros(), lingui({ failOnCompileError: true })];

/**
 * Compiles the macros by which the page's sentences are marked. Each becomes a look-up in the catalogue of the reader's
 * language. In a build only the sentence's key stays in the code; elsewhere the sentence stays too, so that a catalogue
 * that is behind the code does no harm.
 */
const macros = (): Plugin => {
  let isBuild = false;
  return {
    name: "messages",
    enforce: "pre",
    configResolved: ({ command }) => {
      isBuild = command === "build";
    },
    transform: {
      filter: { id: /\/src\/ui\/.*\.tsx?$/, code: /@lingui\/(core|react)\/macro/ },
      handler: (code, id) => compile(code, id, isBuild),
    },
  };
};

async function compile(code: string, filename: string, stripMessageField: boolean) {
  const result = await transformAsync(code, {
    filename,
    babelrc: false,
    configFile: false,
    sourceMaps: true,
    // What is TypeScript and JSX stays so.
    parserOpts: { plugins: filename.endsWith("x") ? ["typescript", "jsx"] : ["typescript"] },
    plugins: [[linguiMacro, { stripMessageField }]],
  });
  return result?.code == null ? null : { code: result.code, map: result.map ?? null };
}
