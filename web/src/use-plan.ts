import { useEffect, useState } from "react";
import { api, Problem, type Plan } from "./api";
import { requestOf, useDraft } from "./draft";

/** What the draft would become, asked anew a moment after it changes. */
export function usePlan(): { plan: Plan | null; problem: Problem | null } {
  const draft = useDraft();
  const [state, setState] = useState<{ plan: Plan | null; problem: Problem | null }>({ plan: null, problem: null });
  useEffect(() => {
    if (!draft.prompt.trim()) return setState({ plan: null, problem: null });
    const abort = new AbortController();
    const timer = window.setTimeout(async () => {
      try {
        setState({ plan: await api.plan(requestOf(draft), abort.signal), problem: null });
      } catch (e) {
        if (!(e instanceof Problem)) return;
        const problem = e.status >= 400 && e.status < 500 && e.status !== 429 ? e : null;
        setState((s) => ({ plan: s.plan, problem }));
      }
    }, 350);
    return () => {
      window.clearTimeout(timer);
      abort.abort();
    };
  }, [draft]);
  return state;
}
