import { useEffect, useState } from "react";

/** How long something has to last before it is worth a word. */
const LASTING_MS = 500;

/** Whether this has been the case for half a second. @param key what is the case; undefined if nothing is */
export function useLasting(key: string | undefined): boolean {
  const [lasting, setLasting] = useState<string>();
  useEffect(() => {
    if (key === undefined) return;
    const timer = setTimeout(() => setLasting(key), LASTING_MS);
    return () => {
      clearTimeout(timer);
      setLasting(undefined);
    };
  }, [key]);
  return key !== undefined && lasting === key;
}
