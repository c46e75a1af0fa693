// What was changed becomes the checkpoint's own, for whoever uses it from now on.
import { api, type Model } from "./api";
import { refreshModels, useCatalogue } from "./catalogue";
import { change, useDraft, type Draft } from "./draft";
import { say } from "./toasts";

/** In the words of `pixelforge set`; nothing where nothing was changed that a checkpoint keeps. */
function kept(d: Draft): Record<string, string> {
  const out: Record<string, string> = {};
  if (d.sampler) out.sampler = d.sampler;
  if (d.scheduler) out.scheduler = d.scheduler;
  if (d.steps) out.steps = String(d.steps);
  if (d.cfg_scale !== undefined) out.cfg = String(d.cfg_scale);
  if (d.width && d.height) out.size = `${d.width}x${d.height}`;
  return out;
}

export function KeepSettings({ model }: { model: Model | undefined }) {
  const { account } = useCatalogue();
  const values = kept(useDraft());
  if (!model || account?.admin === false || !Object.keys(values).length) return null;
  const keep = async () => {
    try {
      await api.set(model.name, values);
      await refreshModels();
      const own = undefined;
      change({ sampler: own, scheduler: own, steps: own, cfg_scale: own });
      if (values.size) change({ width: own, height: own });
      say(`${model.name} draws with these from now on.`);
    } catch (e) {
      say((e as Error).message, { alarm: true });
    }
  };
  return <button onClick={() => void keep()}>Keep these for {model.name}</button>;
}
