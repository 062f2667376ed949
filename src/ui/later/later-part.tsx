import { type ComponentType, type ReactNode, useEffect, useSyncExternalStore } from "react";
import { ObservableValue } from "../../client/observable-value.ts";
import { whenIdle } from "../when-idle.ts";

/** A component whose code is not part of what the page needs at first. */
export interface LaterPart<Props extends object> {
  /** Draws nothing until the code is there. It is fetched once the page has nothing else to do. */
  (props: Props): ReactNode;
  /** Fetches the code now. It can be tried again. @throws where it cannot be fetched */
  fetch: () => Promise<void>;
  /** Fetches it ahead, where it is about to be needed. */
  fetchAhead: () => void;
}

/**
 * Makes a component of one that comes later. Unlike React's own `lazy`, what cannot be fetched takes nothing else from the
 * page, and is fetched anew when it is asked for again.
 */
export function laterPart<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
): LaterPart<Props> {
  const loaded = new ObservableValue<{ Part?: ComponentType<Props> }>({});
  const fetch = async () => {
    if (!loaded.getSnapshot().Part) loaded.set({ Part: await load() });
  };
  // Whoever needs the part is told that it is not there.
  const fetchAhead = () => void fetch().catch(() => undefined);
  const Later = (props: Props) => {
    const { Part } = useSyncExternalStore(loaded.subscribe, loaded.getSnapshot);
    useEffect(() => whenIdle(fetchAhead), []);
    return Part ? <Part {...props} /> : null;
  };
  return Object.assign(Later, { fetch, fetchAhead });
}
