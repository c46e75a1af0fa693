// The library: what is there, bringing more in, and the papers of each.
import { useState } from "react";
import type { Model } from "./api";
import { useCatalogue } from "./catalogue";
import { Fetching } from "./fetching";
import { Licence } from "./licence";
import { ModelPapers } from "./model-papers";
import { Placeholder } from "./placeholder";
import { bytes, goodForWords } from "./words";

const kinds: [string, string][] = [
  ["checkpoint", "Checkpoints"],
  ["lora", "LoRAs"],
  ["vae", "VAEs"],
  ["embedding", "Embeddings"],
];

export function Models() {
  const { models, account } = useCatalogue();
  const [filter, setFilter] = useState("");
  const [opened, setOpened] = useState<Model | null>(null);
  const wanted = filter.toLowerCase();
  const shown = models.filter((m) =>
    `${m.name} ${m.title} ${m.family} ${m.kind} ${m.tags}`.toLowerCase().includes(wanted),
  );
  const named = new Set(kinds.map(([kind]) => kind));
  const groups: [string, Model[]][] = [
    ...kinds.map(([kind, title]): [string, Model[]] => [title, shown.filter((m) => m.kind === kind)]),
    ["Others", shown.filter((m) => !named.has(m.kind))],
  ];
  return (
    <section className="view narrow" aria-label="Models">
      <header className="view-head">
        <h1>Models</h1>
        <input
          type="search"
          aria-label="Find a model"
          placeholder="Find a model"
          value={filter}
          onChange={(e) => setFilter(e.target.value)}
        />
      </header>
      {account?.admin !== false && <Fetching />}
      {groups.map(
        ([title, members]) =>
          members.length > 0 && (
            <section key={title}>
              <h2>{title}</h2>
              <ul className="rows">
                {members.map((m) => (
                  <li key={m.name} className="row">
                    <span className="row-picture">
                      <Placeholder name={m.name} src={m.preview} />
                    </span>
                    <div className="row-text">
                      <p className="row-title">{m.name}</p>
                      <p className="quiet">
                        {[m.title, bytes(m.bytes), m.embedded && "in the program"].filter(Boolean).join(" · ")}
                      </p>
                      {goodForWords(m) && <p className="quiet">{goodForWords(m)}</p>}
                      {m.description && <p className="quiet clamp">{m.description}</p>}
                      <p className="badges">
                        <Licence of={m.commercial} />
                        {m.supported === false && <span className="badge no">not supported</span>}
                      </p>
                    </div>
                    <button aria-label={`Details of ${m.name}`} onClick={() => setOpened(m)}>
                      Details
                    </button>
                  </li>
                ))}
              </ul>
            </section>
          ),
      )}
      {!shown.length && <p className="nothing">No model is called that.</p>}
      {opened && <ModelPapers model={opened} onClose={() => setOpened(null)} />}
    </section>
  );
}
