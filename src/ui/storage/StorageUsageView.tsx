import { t } from "@lingui/core/macro";
import type { ReactNode } from "react";
import type { ConversationRecord, StorageUsage } from "../../protocol/store-api.ts";
import { byteSize } from "../byte-size.ts";
import { usageRows, type UsageRow } from "./storage-words.ts";

interface StorageUsageViewProps {
  usage: StorageUsage;
  conversations: readonly ConversationRecord[];
  /** The control that chooses the quality of a row's conversation. */
  choiceFor: (row: UsageRow) => ReactNode;
}

/** How much room the caches take, in all and per conversation. */
export function StorageUsageView({ usage, conversations, choiceFor }: StorageUsageViewProps) {
  const { kvBytes, limitBytes } = usage;
  const rows = usageRows(usage, conversations);
  return (
    <>
      <div className="used">
        <meter aria-label={t`Caches`} min={0} max={limitBytes} value={kvBytes} />
        <p>{t`${{ used: byteSize(kvBytes) }} of ${{ limit: byteSize(limitBytes) }} used`}</p>
      </div>
      {rows.length > 0 && (
        <table>
          <thead>
            <tr>
              <th scope="col">{t`Conversation`}</th>
              <th scope="col">{t`Cache`}</th>
              <th scope="col">{t`Quality`}</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.conversationId}>
                <td dir="auto" translate={row.isListed ? "no" : undefined}>
                  {row.title}
                </td>
                <td>
                  {row.size}
                  {row.form && <span className="form">{row.form}</span>}
                </td>
                <td>{row.isListed && choiceFor(row)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}
