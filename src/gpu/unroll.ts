import { assert } from "../shared/assert.ts";

/** A marked loop's head: indentation, loop variable, bound. */
const MARKED_LOOP = /^( *)\/\/ unroll\n *for \(var (\w+) = 0u; \2 < (\w+); \2\+\+\) \{/m;

/**
 * Unroll the WGSL loops that stand below a line `// unroll`.
 *
 * Registers cannot be indexed: an array that a loop goes through lives in memory on adapters whose
 * compiler does not unroll (SwiftShader: four times slower attention). The WGSL stays a plain loop to
 * the reader, and means the same with the marks ignored.
 *
 * @param constants values of the names that loops are bounded by; a literal such as `4u` needs none
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

/** Where the brace that was opened just before `from` closes. */
function closingBrace(text: string, from: number): number {
  let depth = 1;
  for (let i = from; i < text.length; i++) {
    if (text[i] === "{") depth++;
    if (text[i] === "}" && --depth === 0) return i;
  }
  throw new Error("invariant: a marked loop does not end");
}
