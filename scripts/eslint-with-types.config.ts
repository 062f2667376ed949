/**
 * @file The lint rules, and the compiler's own errors as one more rule. Typed rules need the whole program, and so does
 * the compiler: together they take two thirds of the time that they take one after the other.
 */

import type { Rule } from "eslint";
import { defineConfig } from "eslint/config";
import ts from "typescript";
import base from "../eslint.config.ts";

const told = new WeakSet<ts.Program>();

/** Errors of a file. Those of the program as a whole come with its first file. */
function errorsOf(program: ts.Program, path: string): readonly ts.Diagnostic[] {
  const file = program.getSourceFile(path);
  const own = [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)];
  if (told.has(program)) return own;
  told.add(program);
  return [
    ...program.getConfigFileParsingDiagnostics(),
    ...program.getOptionsDiagnostics(),
    ...program.getGlobalDiagnostics(),
    ...own,
  ];
}

const compilerErrors: Rule.RuleModule = {
  meta: { type: "problem", schema: [] },
  create: (context) => ({
    Program() {
      const { program } = context.sourceCode.parserServices as { program: ts.Program };
      for (const { start, messageText } of errorsOf(program, context.filename))
        context.report({
          loc: context.sourceCode.getLocFromIndex(start ?? 0),
          message: ts.flattenDiagnosticMessageText(messageText, "\n"),
        });
    },
  }),
};

export default defineConfig(...base, {
  plugins: { compiler: { rules: { errors: compilerErrors } } },
  rules: { "compiler/errors": "error" },
});
