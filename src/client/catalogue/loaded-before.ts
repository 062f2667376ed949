import type { EngineStatus } from "../../protocol/engine-api.ts";

const KEY = "rekindle.loaded-on-cards";

/** More adapters than one computer has. Beyond this number the one that was used first is forgotten. */
const MAX_CARDS = 8;

/** In characters. This page did not write a longer text. */
const MAX_LENGTH = 10_000;

/** More than any graphics card has. */
const MAX_BYTES = 2 ** 40;

interface Loaded {
  /** As `adapterKey` gives it. */
  card: string;
  bytes: number;
}

/** What an adapter is called in the list, as the engine names it too. */
export const adapterKey = ({
  vendor,
  architecture,
  description,
}: Pick<GPUAdapterInfo, "vendor" | "architecture" | "description">): string =>
  [vendor, architecture, description].filter((part) => part !== "").join(" ") || "unknown";

/** Bytes of the largest model that ran on an adapter; undefined where none did, or the browser keeps nothing. */
export const loadedBytes = (card: string): number | undefined =>
  readList().find((loaded) => loaded.card === card)?.bytes;

/** Remembers that a model of this size ran on an adapter, if none was larger. */
export function rememberLoaded(card: string, bytes: number): void {
  const list = readList();
  const before = list.find((loaded) => loaded.card === card)?.bytes ?? 0;
  const others = list.filter((loaded) => loaded.card !== card);
  const kept = [{ card, bytes: Math.max(bytes, before) }, ...others].slice(0, MAX_CARDS);
  try {
    localStorage.setItem(KEY, JSON.stringify(kept));
  } catch {
    // Storage is blocked or full. The next visit goes by the careful guess again.
  }
}

interface StatusSource {
  subscribe: (listener: () => void) => unknown;
  getSnapshot: () => EngineStatus;
}

/** From now on, remembers every model that runs on a graphics card. */
export function rememberLoadedModels(engine: StatusSource): void {
  engine.subscribe(() => {
    const status = engine.getSnapshot();
    if (status.phase === "ready" && status.model.device === "gpu")
      rememberLoaded(status.model.adapter, status.model.gpuBytes);
  });
}

/** Whatever this page would not have written is left out. */
function readList(): Loaded[] {
  try {
    const text = localStorage.getItem(KEY) ?? "[]";
    const found: unknown = text.length <= MAX_LENGTH ? JSON.parse(text) : [];
    return Array.isArray(found) ? found.filter(isLoaded) : [];
  } catch {
    return [];
  }
}

function isLoaded(found: unknown): found is Loaded {
  if (typeof found !== "object" || found === null) return false;
  const { card, bytes } = found as Partial<Record<keyof Loaded, unknown>>;
  return typeof card === "string" && Number.isSafeInteger(bytes) && isPossible(Number(bytes));
}

const isPossible = (bytes: number): boolean => bytes > 0 && bytes <= MAX_BYTES;
