import type { ConversationRecord, StorageUsage } from "../protocol/store-api.ts";
import { byteSize } from "./byte-size.ts";
import { usageRows } from "./storage-words.ts";

interface StorageUsageViewProps {
  usage: StorageUsage;
  conversations: readonly ConversationRecord[];
}

/** How much room the caches take, in all and per conversation. */
export function StorageUsageView({ usage, conversations }: StorageUsageViewProps) {
  const { kvBytes, limitBytes } = usage;
  const rows = usageRows(usage, conversations);
  return (
    <>
      <div className="used">
        <meter aria-label="Caches" min={0} max={limitBytes} value={kvBytes} />
        <p>
          {byteSize(kvBytes)} of {byteSize(limitBytes)} used
        </p>
      </div>
      {rows.length > 0 && (
        <table>
          <thead>
            <tr>
              <th scope="col">Conversation</th>
              <th scope="col">Cache</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ conversationId, title, size }) => (
              <tr key={conversationId}>
                <td>{title}</td>
                <td>{size}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}
