// What is said of a model, to be said otherwise: what it is for, and how to draw with it.
import { useState, type FormEvent } from "react";
import { api, type Named, type Papers } from "./api";
import { useCatalogue } from "./catalogue";
import { Field } from "./field";
import { plainGoodFor } from "./words";

/** In the keys and words of `pixelforge set`. */
function said(papers: Papers): Record<string, string> {
  const { settings, recommended, set } = papers;
  const words = {
    good_for: set?.good_for ?? "",
    about: papers.description,
    tags: papers.tags,
    trigger_words: papers.trigger_words,
    license: papers.license,
  };
  if (papers.lora) return { ...words, strength: String(papers.lora.preferred_strength ?? "") };
  if (papers.kind.toLowerCase() !== "checkpoint") return words;
  return {
    ...words,
    sampler: settings?.sampler ?? "",
    scheduler: settings?.scheduler ?? "",
    steps: String(settings?.steps ?? ""),
    cfg: String(settings?.cfg_scale ?? ""),
    size: settings ? `${settings.width}x${settings.height}` : "",
    clip_skip: String(recommended?.clip_skip ?? ""),
    vae: recommended?.vae ?? "",
    negative: recommended?.negative ?? "",
  };
}

export function ModelProfile({ papers, onDone }: { papers: Papers; onDone: () => void }) {
  const { samplers, schedulers } = useCatalogue();
  const [before] = useState(() => said(papers));
  const [now, setNow] = useState(before);
  const [wrong, setWrong] = useState("");
  const changed = Object.fromEntries(Object.entries(now).filter(([key, value]) => value.trim() !== before[key]));
  const submit = (e: FormEvent) => {
    e.preventDefault();
    api.set(papers.name, changed).then(onDone, (problem: Error) => setWrong(problem.message));
  };
  const set = (key: string) => (e: { target: { value: string } }) => setNow({ ...now, [key]: e.target.value });
  const field = (key: string, label: string, more: object = {}) => (
    <Field label={label}>{(id) => <input id={id} value={now[key]} onChange={set(key)} {...more} />}</Field>
  );
  const choice = (key: string, label: string, all: Named[]) => (
    <Field label={label}>
      {(id) => (
        <select id={id} value={now[key]} onChange={set(key)}>
          <option value="">as its file says</option>
          {all.map((n) => (
            <option key={n.name} value={n.name}>
              {n.label}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
  return (
    <form className="profile" onSubmit={submit}>
      {field("good_for", "Good for", { placeholder: plainGoodFor(papers) || "pixel art, logos" })}
      <Field label="About">
        {(id) => <textarea id={id} rows={3} value={now.about} onChange={set("about")} />}
      </Field>
      {field("tags", "Tags", { placeholder: "words between commas" })}
      {field("trigger_words", "Trigger words", { placeholder: "words between commas" })}
      {field("license", "Licence", { placeholder: "not stated" })}
      {"strength" in now && field("strength", "Strength", { inputMode: "decimal", placeholder: "1" })}
      {"steps" in now && (
        <div className="pair">
          {field("steps", "Steps", { inputMode: "numeric" })}
          {field("cfg", "CFG scale", { inputMode: "decimal" })}
          {choice("sampler", "Sampler", samplers)}
          {choice("scheduler", "Scheduler", schedulers)}
          {field("size", "Size", { placeholder: "512x768" })}
          {field("clip_skip", "Clip skip", { inputMode: "numeric", placeholder: "1" })}
          {field("vae", "VAE", { placeholder: "its own" })}
        </div>
      )}
      {"negative" in now && field("negative", "Negative prompt", { placeholder: "none" })}
      {wrong && (
        <p className="problem" role="alert">
          {wrong}
        </p>
      )}
      <div className="confirm">
        <p className="quiet">An empty field goes back to what its file says.</p>
        <button className="primary" type="submit" disabled={!Object.keys(changed).length}>
          Save
        </button>
      </div>
    </form>
  );
}
