import { assert } from "../shared/assert.ts";

/** The mark and the head of a loop. Its groups are the indentation, the loop variable and the bound. */
const MARKED_LOOP = /^( *)\/\/ unroll\n *for \(var (\w+) = 0u; \2 < (\w+); \2\+\+\) \{/m;

/**
 * Unroll the WGSL loops that stand below a line `// unroll`.
 *
 * Registers cannot be indexed, so an array that a loop goes through lives in memory on adapters whose compiler
 * does not unroll loops (on SwiftShader this makes attention four times slower). For the reader the WGSL stays
 * a plain loop, and it means the same without the marks.
 *
 * @param constants values of the names that bound loops; a literal such as `4u` needs none
 */
export function unroll(
  wgsl: string,
  constants: Readonly<Record<string, number | boolean>> = {},
): string {
  const match = MARKED_LOOP.exec(wgsl);
  if (!match) return wgsl;
  const [head, indent = "", variable = "", bound = ""] = match;
  const bodyStart = match.index + head.length;
  const bodyEnd = closingBrace(wgsl, bodyStart);
  const body = wgsl.slice(bodyStart, bodyEnd);
  const name = new RegExp(`\\b${variable}\\b`, "g");
  const copies = Array.from(
    { length: countOf(bound, constants) },
    (_, i) => `${indent}{${body.replace(name, `${i}u`)}}`,
  );
  const unrolled = wgsl.slice(0, match.index) + copies.join("\n") + wgsl.slice(bodyEnd + 1);
  return unroll(unrolled, constants);
}

function countOf(bound: string, constants: Readonly<Record<string, number | boolean>>): number {
  const value = /^\d+u$/.test(bound) ? Number.parseInt(bound) : constants[bound];
  assert(typeof value === "number", `no value for the loop bound ${bound}`);
  return value;
}

/** Index of the brace that closes the one just before `from`. */
function closingBrace(text: string, from: number): number {
  let depth = 1;
  for (let i = from; i < text.length; i++) {
    if (text[i] === "{") depth++;
    if (text[i] === "}" && --depth === 0) return i;
  }
  throw new Error("invariant: a marked loop does not end");
}
