// Which checkpoint and LoRAs the prompt would get, while the choice is left to the server.
import { useEffect } from "react";
import { api, type Choice } from "./api";
import { useDraft } from "./draft";
import { createStore, useStore } from "./store";

const chosen = createStore<Choice | null>(null);

export const useChosen = () => useStore(chosen);

/** Asked anew a moment after what matters to it has changed. */
export function useChoosing(): void {
  const { prompt, negative, width, height, checkpoint } = useDraft();
  const words = prompt.trim();
  const asks = words !== "" && !checkpoint;
  useEffect(() => {
    if (!asks) return chosen.set(null);
    const abort = new AbortController();
    const timer = window.setTimeout(async () => {
      try {
        chosen.set(await api.choose({ prompt: words, negative, width, height }, abort.signal));
      } catch (e) {
        // The plan, which is asked for too, says what is wrong.
        if ((e as Error).name !== "AbortError") chosen.set(null);
      }
    }, 400);
    return () => {
      window.clearTimeout(timer);
      abort.abort();
    };
  }, [asks, words, negative, width, height]);
}
