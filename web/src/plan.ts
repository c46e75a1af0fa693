// What the draft would become.
import { useEffect } from "react";
import { api, Problem, type JobRequest, type Plan } from "./api";
import { requestOf, useDraft, type Draft } from "./draft";
import { createStore, useStore } from "./store";

interface Planned {
  plan: Plan | null;
  problem: Problem | null;
}

const planned = createStore<Planned>({ plan: null, problem: null });

export const planNow = () => planned.get().plan;

/** Asked anew a moment after the draft has changed. */
export function usePlan(): Planned {
  const draft = useDraft();
  useEffect(() => {
    if (!draft.prompt.trim()) return planned.set({ plan: null, problem: null });
    const abort = new AbortController();
    const timer = window.setTimeout(async () => {
      try {
        planned.set({ plan: await api.plan(lightRequestOf(draft), abort.signal), problem: null });
      } catch (e) {
        if (!(e instanceof Problem)) return;
        const problem = e.status >= 400 && e.status < 500 && e.status !== 429 ? e : null;
        planned.set((p) => ({ plan: p.plan, problem }));
      }
    }, 350);
    return () => {
      window.clearTimeout(timer);
      abort.abort();
    };
  }, [draft]);
  return useStore(planned);
}

/** Without pictures, which have megabytes: all that they would change is the size. */
function lightRequestOf(draft: Draft): JobRequest {
  const { init, mask, strength, only_masked, ...request } = requestOf(draft);
  if (!draft.init) return request;
  const whole = (side: number) => Math.max(8, Math.round(side / 8) * 8);
  return { width: whole(draft.init.width), height: whole(draft.init.height), ...request };
}
