/** @file The table of imports as zones of the lint rule `import-x/no-restricted-paths`. */

import { MAY_IMPORT } from "./import-table.ts";

const isAllowed = (room: string, allowed: readonly string[]): boolean =>
  allowed.some((entry) =>
    entry.endsWith("/**") ? `${room}/`.startsWith(entry.slice(0, -2)) : room === entry,
  );

/** Zones of the lint rule `import-x/no-restricted-paths`: they say of each room what it must not import. */
export const ZONES = [...MAY_IMPORT].map(([room, allowed]) => ({
  target: `./${room}/*`,
  from: [...MAY_IMPORT.keys()]
    .filter((other) => other !== room && !isAllowed(other, allowed))
    .map((other) => `./${other}/*`),
  message: `${room} may import only: ${allowed.join(", ")}`,
}));

const topOf = (room: string): string => /^src\/\w+|^\w+/.exec(room)?.[0] ?? room;

/** What the tests of a folder may import besides what its other files may, because they test more of a row's way. */
const TESTS_MAY_IMPORT: Record<string, string[]> = {
  "src/downloads": ["src/model"],
  "src/tokenizer": ["src/model"],
  "src/kv": ["src/evaluation"],
  "src/engine": ["src/store"],
  "src/evaluation": ["src/store", "shaders"],
  "src/model": ["src/gpu", "src/cpu", "src/client"],
  "src/device": ["src/gpu", "src/cpu"],
};

/**
 * The zones of tests and benchmarks. They go by uppermost folders only, since a test looks into whatever it tests.
 */
export const TEST_ZONES = [...new Set([...MAY_IMPORT.keys()].map(topOf))].map((top) => {
  const rooms = [...MAY_IMPORT].filter(([room]) => topOf(room) === top);
  const allowed = new Set([
    top,
    "src/metrics",
    ...rooms.flatMap(([, entries]) => entries.map(topOf)),
    ...(TESTS_MAY_IMPORT[top] ?? []),
  ]);
  return {
    target: `./${top}`,
    from: [...new Set([...MAY_IMPORT.keys()].map(topOf))]
      .filter((other) => !allowed.has(other))
      .map((other) => `./${other}`),
    message: `Tests in ${top} may import only: ${[...allowed].join(", ")}`,
  };
});
