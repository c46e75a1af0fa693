import { useEffect, useLayoutEffect, useRef } from "react";
import { change, draft, requestOf, useDraft } from "./draft";
import { cancel, isOpen, jobs, shownJob, submit, useJobs } from "./jobs";

export const promptId = "prompt";

export async function generate(): Promise<void> {
  const request = requestOf(draft.get());
  if (request.prompt) await submit(request);
  else document.getElementById(promptId)?.focus();
}

/** The words, and the one button. Enter draws, Shift+Enter begins a line. */
export function Prompt() {
  const { prompt } = useDraft();
  const open = useJobs().filter(isOpen).length;
  const area = useRef<HTMLTextAreaElement>(null);
  useLayoutEffect(() => {
    const at = area.current!;
    at.style.height = "auto";
    at.style.height = `${at.scrollHeight}px`;
  }, [prompt]);
  useEffect(() => {
    area.current!.enterKeyHint = "go";
    if (matchMedia("(pointer: fine)").matches) area.current!.focus();
  }, []);
  return (
    <form
      className="prompt"
      onSubmit={(e) => {
        e.preventDefault();
        void generate();
      }}
    >
      <label className="sr" htmlFor={promptId}>
        Prompt: what the picture should show
      </label>
      <textarea
        id={promptId}
        ref={area}
        rows={1}
        value={prompt}
        placeholder="What should the picture show?"
        onChange={(e) => change({ prompt: e.target.value })}
        onKeyDown={(e) => {
          const shown = shownJob(jobs.get());
          if (e.key === "Escape" && shown && isOpen(shown)) void cancel(shown.id);
          if (e.key !== "Enter" || e.shiftKey || e.nativeEvent.isComposing) return;
          e.preventDefault();
          void generate();
        }}
      />
      <button className="primary" type="submit">
        {open ? "Queue" : "Generate"}
        {open > 0 && (
          <span className="count" title="not done yet">
            {open}
          </span>
        )}
      </button>
    </form>
  );
}
