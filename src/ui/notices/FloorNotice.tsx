import { hashOf } from "../address/conversation-location.ts";
import type { Floor } from "./floor.ts";

/** Why nothing can be sent, where the composer alone does not show it. */
export function FloorNotice({ floor }: { floor: Floor }) {
  switch (floor.is) {
    case "elsewhere":
      return (
        <p className="hint">
          The model is still answering in{" "}
          <a href={hashOf(floor.conversationId)}>another conversation</a>.
        </p>
      );
    case "other-tab":
      return (
        <p className="hint">
          This conversation is open in another tab. What is written there appears here as well.
        </p>
      );
    case "free":
    case "here":
    case "model-asked":
      return null;
  }
}
