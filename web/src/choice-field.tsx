import type { Named } from "./api";
import { Field } from "./field";
import { labelOf } from "./words";

interface Props {
  label: string;
  term?: string;
  all: Named[];
  value: string | undefined;
  own: string | undefined;
  onChange: (value: string | undefined) => void;
}

/** One name of a list; the empty one leaves it to the checkpoint, and says what that would take. */
export function ChoiceField({ label, term, all, value, own, onChange }: Props) {
  const known = value === undefined ? undefined : namedBy(all, value);
  return (
    <Field label={label} term={term} changed={value !== undefined} onReset={() => onChange(undefined)}>
      {(id) => (
        <select
          id={id}
          className={value === undefined ? "own" : undefined}
          value={known?.name ?? value ?? ""}
          onChange={(e) => onChange(e.target.value || undefined)}
        >
          <option value="">{own ? labelOf(all, own) : "the checkpoint's own"}</option>
          {value !== undefined && !known && <option value={value}>{value}</option>}
          {all.map((n) => (
            <option key={n.name} value={n.name}>
              {n.label}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

/** Other programs' pictures say "Karras" or "DPM++ 2M" where a request says "karras" and "dpmpp_2m". */
function namedBy(all: Named[], said: string): Named | undefined {
  const word = said.toLowerCase();
  return all.find((n) => [n.name, n.label, ...(n.aliases ?? [])].some((name) => name.toLowerCase() === word));
}
