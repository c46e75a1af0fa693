// Beside the picture: every setting, each with the checkpoint's own value until it is changed.
import type { ModelSettings, Plan, Problem } from "./api";
import { useCatalogue } from "./catalogue";
import { Checkpoints } from "./checkpoints";
import { ChoiceField } from "./choice-field";
import { change, draft, useDraft } from "./draft";
import { Field } from "./field";
import { KeepSettings } from "./keep-settings";
import { Loras } from "./loras";
import { NumberField } from "./number-field";
import { Seed } from "./seed";
import { Size } from "./size";
import { StartPictureField } from "./start-picture";

const formats = [
  { name: "png", label: "PNG" },
  { name: "jpeg", label: "JPEG" },
  { name: "webp", label: "WebP" },
];
const tilings = [
  { name: "x", label: "left and right" },
  { name: "y", label: "top and bottom" },
  { name: "xy", label: "all sides" },
];

const levels = [
  { name: "fast", label: "fast" },
  { name: "balanced", label: "balanced" },
  { name: "best", label: "best" },
];
const upscalers = [
  { name: "picture", label: "the picture" },
  { name: "latent", label: "the latent" },
  { name: "latent-bicubic", label: "the latent, bicubic" },
];

export function Settings({ plan, problem }: { plan: Plan | null; problem: Problem | null }) {
  const { models, samplers, schedulers } = useCatalogue();
  const d = useDraft();
  const checkpoints = models.filter((m) => m.kind === "checkpoint");
  const model = checkpoints.find((m) => m.name === (d.checkpoint ?? plan?.checkpoint)) ?? checkpoints[0];
  // A plan knows more than the model's list: what the prompt and the rest lead to.
  const own: ModelSettings =
    plan && plan.checkpoint === model?.name ? { ...model.settings, ...plan } : { ...model?.settings };
  const anything = Object.keys(d).some((k) => k !== "prompt" && k !== "loras" && d[k as keyof typeof d] !== undefined);
  return (
    <div className="settings">
      {problem && (
        <p className="problem" role="alert">
          {problem.message}
        </p>
      )}
      <Checkpoints plan={plan} />
      <Loras family={model?.family} />
      <StartPictureField />
      <ChoiceField
        label="Level"
        term="Preset"
        all={levels}
        value={d.level}
        own="balanced"
        onChange={(level) => change({ level })}
      />
      <div className="pair">
        <NumberField
          label="Steps"
          value={d.steps}
          own={own.steps}
          min={1}
          max={1000}
          step={1}
          slider={{ min: 1, max: 60 }}
          onChange={(steps) => change({ steps })}
        />
        <NumberField
          label="CFG scale"
          value={d.cfg_scale}
          own={own.cfg_scale}
          min={0}
          max={100}
          step={0.5}
          slider={{ min: 1, max: 15 }}
          onChange={(cfg_scale) => change({ cfg_scale })}
        />
        <ChoiceField
          label="Sampler"
          all={samplers}
          value={d.sampler}
          own={own.sampler}
          onChange={(sampler) => change({ sampler })}
        />
        <ChoiceField
          label="Scheduler"
          all={schedulers}
          value={d.scheduler}
          own={own.scheduler}
          onChange={(scheduler) => change({ scheduler })}
        />
      </div>
      <Size own={own} usual={model?.settings ?? own} />
      <div className="pair">
        <Seed />
        <NumberField
          label="Pictures"
          term="Batch"
          value={d.count}
          own={1}
          min={1}
          max={64}
          step={1}
          onChange={(count) => change({ count })}
        />
      </div>
      <Field label="Negative prompt" changed={d.negative !== undefined} onReset={() => change({ negative: undefined })}>
        {(id) => (
          <textarea
            id={id}
            rows={2}
            placeholder="What should not be in it"
            value={d.negative ?? ""}
            onChange={(e) => change({ negative: e.target.value || undefined })}
          />
        )}
      </Field>
      <details>
        <summary>More</summary>
        <div className="pair">
          <NumberField
            label="Hires fix"
            value={d.hires}
            own={1}
            min={1}
            max={4}
            step={0.25}
            onChange={(hires) => change({ hires })}
          />
          {d.hires !== undefined && (
            <ChoiceField
              label="Hires enlarges"
              term="Hires fix"
              all={upscalers}
              value={d.hires_upscaler}
              own="picture"
              onChange={(hires_upscaler) => change({ hires_upscaler })}
            />
          )}
          <NumberField
            label="Clip skip"
            value={d.clip_skip}
            own={plan?.clip_skip ?? 1}
            min={1}
            max={12}
            step={1}
            onChange={(clip_skip) => change({ clip_skip })}
          />
          <ChoiceField
            label="Seamless"
            term="Tiling"
            all={tilings}
            value={d.tile}
            own="off"
            onChange={(tile) => change({ tile })}
          />
          <ChoiceField
            label="File format"
            all={formats}
            value={d.format}
            own="PNG"
            onChange={(format) => change({ format })}
          />
        </div>
      </details>
      {plan?.prompt_reading && (
        <details>
          <summary>How the prompt is read</summary>
          <pre tabIndex={0}>{plan.prompt_reading.join("\n")}</pre>
        </details>
      )}
      <KeepSettings model={model} />
      {(anything || d.loras.length > 0) && (
        <button className="quiet-button" onClick={() => draft.set({ prompt: d.prompt, loras: [] })}>
          Reset all settings
        </button>
      )}
    </div>
  );
}
