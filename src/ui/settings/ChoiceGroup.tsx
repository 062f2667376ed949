import type { LucideIcon } from "lucide-react";
import { useId } from "react";

interface ChoiceGroupProps<Value extends string> {
  label: string;
  options: readonly { value: Value; name: string; icon?: LucideIcon }[];
  chosen: Value;
  onChoose: (value: Value) => void;
}

/** One of a few things, which are all shown side by side. */
export function ChoiceGroup<Value extends string>(props: ChoiceGroupProps<Value>) {
  const { label, options, chosen, onChoose } = props;
  const name = useId();
  return (
    <fieldset className="choice-group">
      <legend>{label}</legend>
      {options.map(({ value, name: words, icon: Icon }) => (
        <label key={value} className="pill">
          <input
            type="radio"
            name={name}
            checked={value === chosen}
            onChange={() => onChoose(value)}
          />
          {Icon && <Icon aria-hidden size="1.125em" />}
          {words}
        </label>
      ))}
    </fieldset>
  );
}
