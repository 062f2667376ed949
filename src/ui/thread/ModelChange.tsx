import { t } from "@lingui/core/macro";
import { modelLabel } from "../../client/models/model-labels.ts";
import { isSameModel } from "../../protocol/model-address.ts";
import type { MessageRecord, ReplyModel } from "../../protocol/store-api.ts";

/** Stands before a reply that another model wrote than the reply before it. */
export function ModelChange({ model, before }: { model: ReplyModel; before: ReplyModel }) {
  return <p className="cut">{t`From here on ${{ name: modelLabel(model, before) }} answers.`}</p>;
}

/** The model of the last reply before each reply that another one wrote, by the later reply's id. */
export function modelChanges(messages: readonly MessageRecord[]): Map<string, ReplyModel> {
  const changes = new Map<string, ReplyModel>();
  let before: ReplyModel | undefined;
  for (const { id, model } of messages) {
    if (!model) continue;
    if (before && !isSameModel(before.url, model.url)) changes.set(id, before);
    before = model;
  }
  return changes;
}
