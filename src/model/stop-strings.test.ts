import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { StopStrings } from "./stop-strings.ts";

interface Outcome {
  text: string;
  stopped: boolean;
}

function run(stops: readonly string[], pieces: readonly string[]): Outcome {
  const detector = new StopStrings(stops);
  let text = "";
  for (const piece of pieces) {
    const { emit, stopped } = detector.push(piece);
    text += emit;
    if (stopped) return { text, stopped };
  }
  return { text: text + detector.flush(), stopped: false };
}

/** The shortest beginning of `text` that ends with a stop string, without the longest stop string that it ends with. */
function reference(stops: readonly string[], text: string): Outcome {
  for (let end = 1; end <= text.length; end++) {
    const complete = stops.filter((stop) => stop !== "" && text.slice(0, end).endsWith(stop));
    if (complete.length === 0) continue;
    const longest = Math.max(...complete.map((stop) => stop.length));
    return { text: text.slice(0, end - longest), stopped: true };
  }
  return { text, stopped: false };
}

const few = fc.string({ unit: fc.constantFrom("a", "b", "\n"), maxLength: 4 });

describe("StopStrings", () => {
  test("does what the reference does, however the text is cut", () => {
    fc.assert(
      fc.property(fc.array(few, { maxLength: 4 }), fc.array(few), (stops, pieces) => {
        expect(run(stops, pieces)).toEqual(reference(stops, pieces.join("")));
      }),
      { numRuns: 2000 },
    );
  });

  test("holds back no more than could begin a stop string", () => {
    fc.assert(
      fc.property(fc.array(few, { maxLength: 4 }), fc.array(few), (stops, pieces) => {
        const detector = new StopStrings(stops);
        let emitted = "";
        let pushed = "";
        for (const piece of pieces) {
          const { emit, stopped } = detector.push(piece);
          if (stopped) return;
          emitted += emit;
          pushed += piece;
          const held = pushed.slice(emitted.length);
          expect(held === "" || stops.some((stop) => stop.startsWith(held))).toBe(true);
        }
      }),
    );
  });

  test("holds a beginning back and lets it go when it was none", () => {
    const detector = new StopStrings(["\n\nUser:"]);
    expect(detector.push("Hello\n")).toEqual({ emit: "Hello", stopped: false });
    expect(detector.push("\nUs")).toEqual({ emit: "", stopped: false });
    expect(detector.push("e")).toEqual({ emit: "", stopped: false });
    expect(detector.push("ful")).toEqual({ emit: "\n\nUseful", stopped: false });
    expect(detector.push("\n\nUse")).toEqual({ emit: "", stopped: false });
    expect(detector.flush()).toBe("\n\nUse");
  });

  test("emits what stands before the stop string and nothing after it", () => {
    const detector = new StopStrings(["STOP"]);
    expect(detector.push("one STO")).toEqual({ emit: "one ", stopped: false });
    expect(detector.push("P two STOP")).toEqual({ emit: "", stopped: true });
    expect(detector.push("three")).toEqual({ emit: "", stopped: true });
    expect(detector.flush()).toBe("");
  });

  test("the stop string that is complete first ends the reply", () => {
    expect(run(["abcd", "bc"], ["xabcd"])).toEqual({ text: "xa", stopped: true });
    expect(run(["c", "abc"], ["xabc"])).toEqual({ text: "x", stopped: true });
  });

  test("without stop strings everything passes at once", () => {
    expect(new StopStrings(["", ""]).push("text")).toEqual({ emit: "text", stopped: false });
  });
});
