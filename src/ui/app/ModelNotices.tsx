import { useClient, useKeeping } from "../../client/hooks/client-context.ts";
import { plainName } from "../../client/models/plain-name.ts";
import { FileQuestion } from "../models/FileQuestion.tsx";
import { FileRefusalAlert } from "../models/FileRefusalAlert.tsx";
import { KeepCopyNotice } from "../models/KeepCopyNotice.tsx";
import type { ModelFiles } from "../models/use-model-files.ts";
import { ConsentQuestion } from "../notices/ConsentQuestion.tsx";
import type { ModelDecision } from "../notices/use-model-decision.ts";

interface ModelNoticesProps {
  model: ModelDecision;
  files: ModelFiles;
}

/** What is to be decided about the model, or was refused. */
export function ModelNotices({ model, files }: ModelNoticesProps) {
  const { modelChoice, localModels } = useClient();
  const keeping = useKeeping();
  return (
    <>
      <Question model={model} files={files} />
      {files.refusal && <FileRefusalAlert refusal={files.refusal} onDismiss={files.dismiss} />}
      {keeping && (
        <KeepCopyNotice
          keeping={keeping}
          onKeep={() => void modelChoice.keepCopy()}
          onDecline={() => localModels.decline()}
        />
      )}
    </>
  );
}

function Question({ model: { question, decide }, files }: ModelNoticesProps) {
  const { modelChoice } = useClient();
  switch (question?.about) {
    case undefined:
      return null;
    case "host":
    case "size":
    case "blocked-host":
      return <ConsentQuestion question={question} onDecide={decide} />;
    case "file-permission":
    case "file-denied":
    case "file-changed":
    case "file-gone":
      return (
        <FileQuestion
          about={question.about}
          name={modelChoice.nameOf(question.url) ?? plainName(question.url)}
          onDecide={decide}
          onFiles={files.open}
        />
      );
  }
}
