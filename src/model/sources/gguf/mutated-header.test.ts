import fc from "fast-check";
import { expect, test } from "vitest";
import { EngineError } from "../../../shared/engine-error.ts";
import { fixtureBytes, loadLocal, localFile } from "./gguf-testing.ts";

const CONTROL = fixtureBytes("hostile/control.gguf");

/** Where the numbers of the tensors begin: nothing before that is harmless to change. */
const HEADER_BYTES = 1760;

/** Changes of a file: bytes that are overwritten, left out or put in. */
const change = fc.record({
  at: fc.nat(HEADER_BYTES),
  remove: fc.constantFrom(0, 0, 1, 4, 8, 100),
  insert: fc.oneof(
    fc.constantFrom([], [0xff, 0xff, 0xff, 0xff], [0, 0, 0, 0, 0, 0, 0, 0x80], [9, 0, 0, 0]),
    fc.array(fc.nat(255), { maxLength: 9 }),
  ),
});

/** Overwritten bytes leave everything behind them where it is, so that more of it is read. */
const overwriting = fc
  .record({
    at: fc.nat(HEADER_BYTES),
    insert: fc.array(fc.nat(255), { minLength: 1, maxLength: 8 }),
  })
  .map(({ at, insert }) => ({ at, insert, remove: insert.length }));

/** The processor's time for one of them. */
const MOST_CPU_MS = 1000;

test("1,000 mutations of a sound header are read, or refused as expected failures are", async () => {
  const codes = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(fc.oneof(overwriting, overwriting, change), async ({ at, remove, insert }) => {
      const bytes = new Uint8Array([
        ...CONTROL.subarray(0, at),
        ...insert,
        ...CONTROL.subarray(at + remove),
      ]);
      const begun = process.cpuUsage();
      const code = await loadLocal([localFile("a.gguf", bytes)]).then(
        () => "loaded",
        (error: unknown) => {
          if (!(error instanceof EngineError)) throw error;
          return error.failure.code;
        },
      );
      expect(["loaded", "model-invalid", "model-unsupported"]).toContain(code);
      const { user, system } = process.cpuUsage(begun);
      expect((user + system) / 1000).toBeLessThan(MOST_CPU_MS);
      codes.set(code, (codes.get(code) ?? 0) + 1);
    }),
    { numRuns: 1000 },
  );
  for (const code of ["loaded", "model-invalid"]) expect(codes.get(code)).toBeGreaterThan(50);
});
