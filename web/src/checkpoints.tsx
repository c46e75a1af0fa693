// Which checkpoint draws: "auto" on top, then a card for each.
import { useState } from "react";
import type { Model, Plan } from "./api";
import { AutoCard } from "./auto-card";
import { Card } from "./card";
import { useCatalogue } from "./catalogue";
import { change, useDraft } from "./draft";
import { Help } from "./field";
import { useGallery } from "./gallery";
import { Licence } from "./licence";
import { Placeholder } from "./placeholder";
import { goodForWords, settingsLine } from "./words";

export function Checkpoints({ plan }: { plan: Plan | null }) {
  const { models, samplers, account } = useCatalogue();
  const refusal = (m: Model) => {
    if (m.supported === false) return "not supported";
    return account?.commercial_only && m.commercial.verdict !== "yes" ? "not offered here: its licence" : "";
  };
  const { checkpoint } = useDraft();
  const { pictures } = useGallery(); // a checkpoint without a picture shows the last that it made
  const lastOf = (name: string) => pictures.find((p) => p.checkpoint === name);
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
        <AutoCard plan={plan} />
        {shown.map((m) => (
          <Card
            key={m.name}
            name={m.name}
            mark={<Placeholder name={m.name} src={m.preview ?? lastOf(m.name)?.thumbnail} />}
            chosen={checkpoint === m.name}
            disabled={refusal(m) !== ""}
            onChoose={() => change({ checkpoint: m.name })}
          >
            <span className="card-title">{m.name}</span>
            <span className="card-line clamp">{goodForWords(m) || m.description}</span>
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
