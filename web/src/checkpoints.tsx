// Which checkpoint draws: "auto" on top, then a card for each.
import { useState, type ReactNode } from "react";
import type { Model, Plan } from "./api";
import { useCatalogue } from "./catalogue";
import { change, useDraft } from "./draft";
import { Help } from "./field";
import { useGallery } from "./gallery";
import { Icon } from "./icons";
import { Licence } from "./licence";
import { Placeholder } from "./placeholder";
import { settingsLine } from "./words";

export function Checkpoints({ plan }: { plan: Plan | null }) {
  const { models, samplers, account } = useCatalogue();
  const refusal = (m: Model) => {
    if (m.supported === false) return "not supported";
    return account?.commercial_only && m.commercial.verdict !== "yes" ? "not offered here: its licence" : "";
  };
  const { checkpoint } = useDraft();
  const { pictures } = useGallery(); // a checkpoint without a picture shows the last that it made
  const [filter, setFilter] = useState("");
  const all = models.filter((m) => m.kind === "checkpoint");
  const wanted = filter.toLowerCase();
  const shown = all.filter((m) => `${m.name} ${m.title} ${m.tags}`.toLowerCase().includes(wanted));
  return (
    <fieldset className="checkpoints">
      <legend>
        Checkpoint <Help term="Checkpoint" about="a checkpoint" />
      </legend>
      {all.length > 6 && (
        <input
          type="search"
          placeholder={`Find among ${all.length}`}
          aria-label="Find a checkpoint"
          value={filter}
          onChange={(e) => setFilter(e.target.value)}
        />
      )}
      <div className="cards">
        <Card name="auto" chosen={!checkpoint} onChoose={() => change({ checkpoint: undefined })}>
          <span className="card-title">Auto</span>
          <span className="card-line">{chosenWords(plan, checkpoint, all)}</span>
          {!checkpoint &&
            plan?.notices.map((n) => (
              <span key={n} className="card-line quiet">
                {n}
              </span>
            ))}
        </Card>
        {shown.map((m) => (
          <Card
            key={m.name}
            name={m.name}
            preview={m.preview ?? pictures.find((p) => p.checkpoint === m.name)?.thumbnail}
            chosen={checkpoint === m.name}
            disabled={refusal(m) !== ""}
            onChoose={() => change({ checkpoint: m.name })}
          >
            <span className="card-title">{m.name}</span>
            {m.description && <span className="card-line clamp">{m.description}</span>}
            <span className="card-line">{refusal(m) || settingsLine(m.settings, samplers)}</span>
            <span className="card-line quiet">
              {m.title} <Licence of={m.commercial} />
            </span>
          </Card>
        ))}
      </div>
    </fieldset>
  );
}

function chosenWords(plan: Plan | null, checkpoint: string | undefined, all: Model[]): string {
  if (checkpoint || !plan) return "Chosen for your prompt";
  const model = all.find((m) => m.name === plan.checkpoint);
  return `Takes ${model ? model.name : plan.checkpoint}, settings from ${plan.settings_from}`;
}

const AutoMark = () => (
  <span className="auto-mark">
    <Icon name="spark" />
  </span>
);

interface CardProps {
  name: string;
  preview?: string | null;
  chosen: boolean;
  disabled?: boolean;
  onChoose: () => void;
  children: ReactNode;
}

function Card({ name, preview, chosen, disabled, onChoose, children }: CardProps) {
  return (
    <label className={name === "auto" ? "card auto" : "card"}>
      <input type="radio" name="checkpoint" value={name} checked={chosen} disabled={disabled} onChange={onChoose} />
      {name === "auto" ? <AutoMark /> : <Placeholder name={name} src={preview} />}
      <span className="card-text">{children}</span>
    </label>
  );
}
