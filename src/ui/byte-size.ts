/** A number of bytes in decimal units, with one digit after the point: "81.0 kB", "9.3 MB", "1.2 GB". */
export function byteSize(bytes: number): string {
  const { perUnit, name } = unitFor(bytes);
  return `${inUnits(bytes, perUnit)} ${name}`;
}

/** A part and its whole, both in the unit of the whole: "4.1 of 9.3 MB". */
export function bytesOf(part: number, whole: number): string {
  const { perUnit } = unitFor(whole);
  return `${inUnits(part, perUnit)} of ${byteSize(whole)}`;
}

const inUnits = (bytes: number, perUnit: number): string => (bytes / perUnit).toFixed(1);

function unitFor(bytes: number): { perUnit: number; name: string } {
  if (bytes < 1e6) return { perUnit: 1e3, name: "kB" };
  return bytes < 1e9 ? { perUnit: 1e6, name: "MB" } : { perUnit: 1e9, name: "GB" };
}
