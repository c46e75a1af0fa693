// One setting: its name, what it means, a way back to the checkpoint's own value.
import { useId, type ReactNode } from "react";
import { explained, useCatalogue } from "./catalogue";
import { Icon } from "./icons";

interface Props {
  label: string;
  term?: string; // in the glossary, where it is not the label
  changed?: boolean;
  onReset?: () => void;
  wide?: boolean;
  children: (id: string) => ReactNode;
}

export function Field({ label, term, changed, onReset, wide, children }: Props) {
  const id = useId();
  return (
    <div className={wide ? "field wide" : "field"}>
      <div className="field-head">
        <label htmlFor={id}>{label}</label>
        <Help term={term ?? label} about={label} />
        {changed && onReset && (
          <button
            className="reset"
            onClick={onReset}
            aria-label={`Reset ${label}`}
            title="Back to the checkpoint's own"
          >
            <Icon name="reset" />
          </button>
        )}
      </div>
      {children(id)}
    </div>
  );
}

/** A question mark that explains a word; nothing where the glossary does not know it. */
export function Help({ term, about }: { term: string; about: string }) {
  const { glossary } = useCatalogue();
  const id = useId();
  const text = explained(glossary, term);
  if (!text) return null;
  return (
    <span className="help">
      <button
        type="button"
        aria-label={`What is ${about}?`}
        aria-describedby={id}
        onKeyDown={(e) => e.key === "Escape" && e.currentTarget.blur()}
      >
        ?
      </button>
      <span role="tooltip" id={id} className="tip">
        {text}
      </span>
    </span>
  );
}
