import { change, useDraft } from "./draft";
import { Field } from "./field";
import { Icon } from "./icons";
import { shownJob, useJobs } from "./jobs";

/** Another one each time, or held: the last picture's, or a number of one's own. */
export function Seed() {
  const { seed } = useDraft();
  const last = shownJob(useJobs())?.plan?.seed;
  const take = (text: string) => {
    const n = Number(text);
    if (text === "") change({ seed: undefined });
    else if (Number.isSafeInteger(n) && n >= 0) change({ seed: n });
  };
  return (
    <Field label="Seed" changed={seed !== undefined} onReset={() => change({ seed: undefined })}>
      {(id) => (
        <div className="with-buttons">
          <input
            id={id}
            type="number"
            min={0}
            step={1}
            placeholder="random"
            value={seed ?? ""}
            onChange={(e) => take(e.target.value)}
          />
          <button className="icon" aria-label="A new random seed each time" title="Random" onClick={() => take("")}>
            <Icon name="dice" />
          </button>
          <button
            className="icon"
            aria-label="Keep the last picture's seed"
            title="Keep the last picture's seed"
            aria-pressed={seed !== undefined}
            disabled={seed === undefined && last === undefined}
            onClick={() => (seed === undefined ? change({ seed: last }) : change({ seed: undefined }))}
          >
            <Icon name="lock" />
          </button>
        </div>
      )}
    </Field>
  );
}
