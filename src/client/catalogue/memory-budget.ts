/** What kind of device a page runs on, as far as that says how much graphics memory a tab may have. */
export type DevicePlatform = "iphone" | "ipad" | "android" | "desktop";

/** How many bytes of graphics memory a model may take. */
export interface MemoryBudget {
  /** What takes at most this is expected to run. */
  bytes: number;
  /** What takes more than this is not. */
  mostBytes: number;
  /** What it goes by. */
  from: "platform" | "loaded-before" | "integrated" | "discrete";
}

interface Circumstances {
  platform: DevicePlatform;
  /** Whether the graphics have memory of their own. */
  isDiscrete: boolean;
  /** Bytes of the largest model that ran on this adapter before; undefined where none did. */
  loadedBytes: number | undefined;
  /** The computer's memory, as `navigator.deviceMemory` gives it; undefined where it is not told. */
  memoryGiB: number | undefined;
}

const MB = 1e6;
const GIB = 2 ** 30;

/** `navigator.deviceMemory` says no more than this, however much there is. */
const MOST_TOLD_GIB = 8;

/** How many times a careful guess a model may be and still be tried. */
const GUESS_FACTOR = 4;

/**
 * Nothing says how much graphics memory there is, and trying it out may cost the tab. So it goes by what was seen in the
 * field (webgpu-bench, 2026).
 *
 * MB1 An iPhone gives a tab about 700 MB, and ends one that takes 1.2 GB.
 * MB2 iPads and Android give about 1.5 GB. Some have more, but none twice as much.
 * MB3 A desktop's graphics have 4 GB where they are discrete and 2 GB where not, which are careful guesses: a model of up
 *     to four times as much may fit.
 * MB4 What ran on an adapter before fits again.
 * MB5 Graphics without memory of their own have at most the computer's, where that is told and below 8 GiB.
 */
export function memoryBudget({
  platform,
  isDiscrete,
  loadedBytes = 0,
  memoryGiB,
}: Circumstances): MemoryBudget {
  const guess = guessFor(platform, isDiscrete);
  const isShared = !isDiscrete && memoryGiB !== undefined && memoryGiB < MOST_TOLD_GIB;
  const ceiling = isShared ? memoryGiB * GIB : Infinity;
  const most = Math.min(guess.mostBytes, ceiling);
  if (loadedBytes > guess.bytes)
    return { bytes: loadedBytes, mostBytes: Math.max(most, loadedBytes), from: "loaded-before" };
  return { ...guess, bytes: Math.min(guess.bytes, most), mostBytes: most };
}

function guessFor(platform: DevicePlatform, isDiscrete: boolean): MemoryBudget {
  switch (platform) {
    case "iphone":
      return { bytes: 700 * MB, mostBytes: 1200 * MB, from: "platform" };
    case "ipad":
    case "android":
      return { bytes: 1500 * MB, mostBytes: 3000 * MB, from: "platform" };
    case "desktop":
      return careful(isDiscrete ? 4 * GIB : 2 * GIB, isDiscrete);
  }
}

const careful = (bytes: number, isDiscrete: boolean): MemoryBudget => ({
  bytes,
  mostBytes: GUESS_FACTOR * bytes,
  from: isDiscrete ? "discrete" : "integrated",
});

interface Browser {
  userAgent: string;
  maxTouchPoints: number;
}

/** The kind of device by what the browser says of itself. iPads say that they are Macs, which have no touch screen. */
export function platformOf({ userAgent, maxTouchPoints }: Browser): DevicePlatform {
  if (/iPhone|iPod/.test(userAgent)) return "iphone";
  if (/iPad/.test(userAgent) || (/Macintosh/.test(userAgent) && maxTouchPoints > 1)) return "ipad";
  return /Android/.test(userAgent) ? "android" : "desktop";
}

/**
 * Whether an adapter has memory of its own, by its vendor and architecture as WebGPU names them. AMD makes both kinds and
 * names them alike, so those count as integrated.
 */
export function isDiscreteCard({
  vendor,
  architecture,
  description,
}: Pick<GPUAdapterInfo, "vendor" | "architecture" | "description">): boolean {
  if (vendor === "nvidia") return true;
  if (vendor === "intel") return architecture === "xe-hpg" || /\bArc\b/.test(description);
  return vendor === "amd" && /Radeon (RX|Pro)/i.test(description);
}
