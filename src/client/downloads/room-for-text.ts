import type { Result } from "../../protocol/errors.ts";
import type { StoreApi } from "../../protocol/store-api.ts";

type TextStore = Pick<StoreApi, "appendMessage" | "updateMessage">;

/**
 * A store in which text comes before downloads: where it finds no room, though KV went already, unfinished downloads go,
 * and it is tried once more. Finished models are never taken without asking.
 *
 * @param dropUnfinished says whether there were any
 */
export function withRoomForText<Store extends TextStore>(
  store: Store,
  dropUnfinished: () => Promise<boolean>,
): Store {
  const withRoom = async <T>(write: () => Promise<Result<T>>): Promise<Result<T>> => {
    const written = await write();
    const isFull = !written.ok && written.failure.code === "quota-exceeded";
    return isFull && (await dropUnfinished()) ? write() : written;
  };
  return {
    ...store,
    appendMessage: (message) => withRoom(() => store.appendMessage(message)),
    updateMessage: (id, change) => withRoom(() => store.updateMessage(id, change)),
  };
}
