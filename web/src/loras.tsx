// LoRAs: chips to add one, a slider for the weight of each that is used, its trigger words.
import { api, type Model } from "./api";
import { useCatalogue } from "./catalogue";
import { addLora, addWords, change, dropLora, useDraft } from "./draft";
import { Help } from "./field";
import { Icon } from "./icons";
import { Slider } from "./slider";
import { wordsOf } from "./words";

const chipsShown = 8;

/** As strong as its user or its author likes it. */
const add = (name: string) =>
  void api.model(name).then(
    (m) => addLora(name, m.lora?.preferred_strength ?? 1),
    () => addLora(name),
  );

export function Loras({ family }: { family: string | undefined }) {
  const { models } = useCatalogue();
  const { loras } = useDraft();
  const known = models.filter((m) => m.kind === "lora" && m.supported !== false);
  const fitting = known.filter((m) => !family || m.family === family);
  const unused = fitting.filter((m) => !loras.some((l) => l.name === m.name));
  if (!known.length && !loras.length) return null;
  return (
    <fieldset className="loras">
      <legend>
        LoRAs <Help term="LoRA" about="a LoRA" />
      </legend>
      {loras.map((l) => (
        <Used key={l.name} name={l.name} strength={l.strength} model={known.find((m) => m.name === l.name)} />
      ))}
      <div className="chips">
        {unused.slice(0, chipsShown).map((m) => (
          <button key={m.name} className="chip" onClick={() => add(m.name)}>
            <Icon name="plus" /> {m.name}
          </button>
        ))}
        {unused.length > chipsShown && (
          <select aria-label="Add another LoRA" value="" onChange={(e) => add(e.target.value)}>
            <option value="">{unused.length - chipsShown} more…</option>
            {unused.slice(chipsShown).map((m) => (
              <option key={m.name} value={m.name}>
                {m.name}
              </option>
            ))}
          </select>
        )}
      </div>
    </fieldset>
  );
}

function Used({ name, strength, model }: { name: string; strength: number; model: Model | undefined }) {
  const { loras, prompt } = useDraft();
  const set = (value: number) => change({ loras: loras.map((l) => (l.name === name ? { ...l, strength: value } : l)) });
  const words = wordsOf(model).filter((w) => !prompt.toLowerCase().includes(w.toLowerCase()));
  return (
    <div className="lora">
      <div className="lora-head">
        <span className="lora-name">{name}</span>
        <output>{strength.toFixed(2)}</output>
        <button
          className="icon"
          aria-label={`Remove ${name}`}
          onClick={() => dropLora(name)}
        >
          <Icon name="close" />
        </button>
      </div>
      <Slider label={`Weight of ${name}`} min={-1} max={2} step={0.05} value={strength} onChange={set} />
      {words.length > 0 && (
        <div className="chips">
          <span className="quiet">its words:</span>
          {words.map((w) => (
            <button key={w} className="chip small" onClick={() => addWords(w)} title="Add to the prompt">
              {w}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}
