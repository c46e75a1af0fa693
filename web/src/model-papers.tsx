// One model: all that is known of it, renaming, its settings, removing it.
import { useEffect, useState, type FormEvent } from "react";
import { api, type Model, type Papers } from "./api";
import { refreshModels, useCatalogue } from "./catalogue";
import { Dialog } from "./dialog";
import { Licence } from "./licence";
import { ModelProfile } from "./model-profile";
import { say } from "./toasts";
import { Vote } from "./vote";
import { bytes, plainGoodFor, settingsLine } from "./words";

export function ModelPapers({ model, onClose }: { model: Model; onClose: () => void }) {
  const { samplers, account } = useCatalogue();
  const [papers, setPapers] = useState<Papers | null>(null);
  const [votes, setVotes] = useState(false);
  useEffect(() => {
    api.model(model.name).then(setPapers, (e) => say(e.message, { alarm: true }));
  }, [model.name]);
  const act = async (what: Promise<unknown>, done: string) => {
    try {
      await what;
      await refreshModels();
      say(done);
      onClose();
    } catch (e) {
      say((e as Error).message, { alarm: true });
    }
  };
  const mayChange = account?.admin !== false;
  const goodFor = plainGoodFor(papers ?? model);
  return (
    <Dialog label={`Details of ${model.name}`} className="papers" onClose={onClose}>
      <h2>{model.name}</h2>
      {papers?.description && <p>{papers.description}</p>}
      <dl>
        <dt>Name</dt>
        <dd>{model.name}</dd>
        <dt>Kind</dt>
        <dd>
          {model.kind}, {model.title}
        </dd>
        {goodFor && (
          <>
            <dt>Good for</dt>
            <dd>{goodFor}</dd>
          </>
        )}
        <dt>Size</dt>
        <dd>{bytes(model.bytes)}</dd>
        <dt>Licence</dt>
        <dd>
          <Licence of={model.commercial} />
        </dd>
        {settingsLine(model.settings, samplers) && (
          <>
            <dt>Its settings</dt>
            <dd>{settingsLine(model.settings, samplers)}</dd>
          </>
        )}
        {model.trigger_words && (
          <>
            <dt>Trigger words</dt>
            <dd>{model.trigger_words}</dd>
          </>
        )}
        {papers?.lora?.preferred_strength != null && (
          <>
            <dt>Strength</dt>
            <dd>{papers.lora.preferred_strength}</dd>
          </>
        )}
      </dl>
      {mayChange && papers && (
        <details>
          <summary>Change what is said of it</summary>
          <ModelProfile papers={papers} onDone={() => void act(Promise.resolve(), `${model.name} was changed.`)} />
        </details>
      )}
      {model.supported && account?.admin !== false && (
        <details onToggle={(e) => setVotes(e.currentTarget.open)}>
          <summary>Which looks better?</summary>
          {votes && <Vote checkpoint={model.name} onMoved={() => void refreshModels()} />}
        </details>
      )}
      {mayChange && !model.embedded && (
        <>
          <Rename model={model} act={act} />
          <Remove model={model} act={act} />
        </>
      )}
      <details>
        <summary>Everything that is known</summary>
        <pre tabIndex={0}>{papers ? JSON.stringify(papers, null, 2) : "…"}</pre>
      </details>
    </Dialog>
  );
}

type Act = (what: Promise<unknown>, done: string) => Promise<void>;

function Rename({ model, act }: { model: Model; act: Act }) {
  const [name, setName] = useState(model.name);
  const submit = (e: FormEvent) => {
    e.preventDefault();
    void act(api.rename(model.name, name.trim()), `Now called ${name.trim()}.`);
  };
  return (
    <form className="fetch-line" onSubmit={submit}>
      <input aria-label="New name" value={name} required onChange={(e) => setName(e.target.value)} />
      <button type="submit" disabled={name.trim() === model.name}>
        Rename
      </button>
    </form>
  );
}

function Remove({ model, act }: { model: Model; act: Act }) {
  const [asked, setAsked] = useState(false);
  if (!asked) {
    return (
      <button className="danger" onClick={() => setAsked(true)}>
        Remove from the library…
      </button>
    );
  }
  return (
    <div className="confirm" role="alertdialog" aria-label="Confirm removal">
      <p>Remove {model.name}? What was copied or pulled is deleted from the disk; a linked file stays where it is.</p>
      <button
        className="danger"
        autoFocus
        onClick={() => void act(api.removeModel(model.name), `${model.name} was removed.`)}
      >
        Remove {bytes(model.bytes)}
      </button>
      <button onClick={() => setAsked(false)}>Keep</button>
    </div>
  );
}
