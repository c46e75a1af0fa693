// "Auto": what it would take and why, with the second best and the LoRAs that fit a click away.
import type { Choice, Plan } from "./api";
import { Card, radioOf } from "./card";
import { useChosen } from "./choice";
import { addLora, change, dropLora, useDraft } from "./draft";
import { Icon } from "./icons";

export function AutoCard({ plan }: { plan: Plan | null }) {
  const { checkpoint } = useDraft();
  const choice = useChosen();
  const mark = (
    <span className="auto-mark">
      <Icon name="spark" />
    </span>
  );
  // A plan is of the draft as it was a moment ago; of another choice it says nothing.
  const settled = !checkpoint && plan && plan.checkpoint === choice?.checkpoint ? plan : null;
  return (
    <>
      <Card name="auto" mark={mark} chosen={!checkpoint} onChoose={() => change({ checkpoint: undefined })}>
        <span className="card-title">Auto</span>
        <span className="card-line" aria-live="polite">
          {choice ? `Takes ${choice.checkpoint}: ${choice.why}` : "Chosen for your prompt"}
        </span>
        {settled && <span className="card-line quiet">settings from {settled.settings_from}</span>}
        {settled?.notices.map((n) => (
          <span key={n} className="card-line quiet">
            {n}
          </span>
        ))}
      </Card>
      <div className="chips proposals" aria-live="polite">
        {choice && <Proposals choice={choice} />}
      </div>
    </>
  );
}

function Proposals({ choice }: { choice: Choice }) {
  const { loras } = useDraft();
  const second = choice.scores[1];
  const fix = () => {
    change({ checkpoint: second.checkpoint });
    radioOf(second.checkpoint)?.focus(); // the button goes
  };
  return (
    <>
      {second && (
        <button className="chip" title={second.why} onClick={fix}>
          <Icon name="swap" /> {second.checkpoint} instead
        </button>
      )}
      {choice.loras.map(({ name, strength, why }) => {
        const used = loras.some((l) => l.name === name);
        const label = `${name}, ${why}`;
        return (
          <button
            key={name}
            className="chip"
            aria-pressed={used}
            onClick={() => (used ? dropLora(name) : addLora(name, strength))}
          >
            {!used && <Icon name="plus" />} {label}
          </button>
        );
      })}
    </>
  );
}
