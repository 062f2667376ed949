import { useState } from "react";

/** Which conversations are selected, to be deleted together. */
export interface Selection {
  /** Undefined while nothing is being selected. */
  ids: ReadonlySet<string> | undefined;
  begin: (id: string) => void;
  toggle: (id: string) => void;
  end: () => void;
}

export function useSelection(): Selection {
  const [ids, setIds] = useState<ReadonlySet<string>>();
  return {
    ids,
    begin: (id) => setIds(new Set([id])),
    toggle: (id) =>
      setIds((before = new Set()) => {
        const after = new Set(before);
        if (!after.delete(id)) after.add(id);
        return after;
      }),
    end: () => setIds(undefined),
  };
}
