import { Listeners } from "./listeners.ts";

const KEY = "rekindle.opened-hosts";

/** More hosts than a person opens often. Beyond this number the one that was opened longest ago is forgotten. */
const MAX_HOSTS = 200;

/** In characters; a host's name has 253 at most, and a port five. */
const MAX_HOST_LENGTH = 260;

/** In characters. This page did not write a longer text. */
const MAX_LENGTH = MAX_HOSTS * (MAX_HOST_LENGTH + 3) + 2;

const listeners = new Listeners();

/** Called when the list has changed in this tab. */
export const subscribeToKnownHosts = listeners.subscribe;

/** Whether a link to this host was opened before, on this device. */
export const isKnownHost = (host: string): boolean => readHosts().includes(host);

export const countKnownHosts = (): number => readHosts().length;

/** Remembers that a person wanted to go to this host. Only links that were asked about are remembered. */
export function rememberHost(host: string): void {
  write([host, ...readHosts().filter((known) => known !== host)].slice(0, MAX_HOSTS));
}

/** From now on every host is new again. */
export const forgetHosts = (): void => write([]);

function write(hosts: readonly string[]): void {
  try {
    if (hosts.length === 0) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, JSON.stringify(hosts));
  } catch {
    // Storage is blocked or full. The next link to the host is asked about again.
  }
  listeners.notify();
}

/** Whatever this page would not have written is left out. */
function readHosts(): string[] {
  try {
    const text = localStorage.getItem(KEY) ?? "[]";
    const found: unknown = text.length <= MAX_LENGTH ? JSON.parse(text) : [];
    return Array.isArray(found) ? found.filter(isHost).slice(0, MAX_HOSTS) : [];
  } catch {
    return [];
  }
}

const isHost = (found: unknown): found is string =>
  typeof found === "string" && found !== "" && found.length <= MAX_HOST_LENGTH;
