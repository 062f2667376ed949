import { expect, test } from "vitest";
import { bytesOf, byteSize } from "./byte-size.ts";

test("bytes are shown as they are below a thousand, then in decimal kilo-, mega- and gigabytes", () => {
  expect(byteSize(9_348_480)).toBe("9.3 MB");
  expect([0, 1, 999].map(byteSize)).toEqual(["0 bytes", "1 byte", "999 bytes"]);
  expect(byteSize(1000)).toBe("1.0 kB");
  expect(byteSize(81_920)).toBe("81.9 kB");
  expect(byteSize(1_250_000_000)).toBe("1.3 GB");
});

test("a part is shown in the unit of its whole", () => {
  expect(bytesOf(4_120_000, 9_348_480)).toBe("4.1 of 9.3 MB");
  expect(bytesOf(120_000_000, 1_200_000_000)).toBe("0.1 of 1.2 GB");
});
