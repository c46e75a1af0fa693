// The X/Y grid: one picture for each pair of values, on a labelled sheet.
import { useState } from "react";
import type { JobRequest } from "./api";
import { useCatalogue } from "./catalogue";
import { change, draft, requestOf, useDraft } from "./draft";
import { saveBlob } from "./files";
import { axesOf, valuesOf } from "./grid-axes";
import { drawSheet, sheet, stop, type Sheet } from "./grid-run";
import { sheetPicture } from "./grid-sheet";
import { Side } from "./grid-side";
import { Table } from "./grid-table";
import { createKept, useStore } from "./store";

const choice = createKept("grid", { x: "steps", y: "cfg_scale", xs: "8, 20", ys: "2, 4, 7" });

export function Grid() {
  const c = useStore(choice);
  const s = useStore(sheet);
  const { prompt, loras } = useDraft();
  const axes = axesOf(useCatalogue(), loras);
  const axis = (name: string) => axes.find((a) => a.name === name) ?? axes[0];
  const [wrong, setWrong] = useState("");

  const run = () => {
    const x = { axis: axis(c.x), values: valuesOf(axis(c.x), c.xs) };
    const y = { axis: axis(c.y), values: valuesOf(axis(c.y), c.ys) };
    if (!prompt.trim()) return setWrong("It needs a prompt.");
    if (!x.values.length || !y.values.length) {
      return setWrong("Each side needs at least one value, separated by commas.");
    }
    if (x.axis.name === y.axis.name) return setWrong("The two sides must differ.");
    setWrong("");
    // One seed for all, so that only what the sides say differs.
    const seed = draft.get().seed ?? Math.floor(Math.random() * 2 ** 32);
    const base: JobRequest = { ...requestOf(draft.get()), seed, count: 1 };
    void drawSheet(base, x, y);
  };

  return (
    <section className="view" aria-label="Grid">
      <header className="view-head">
        <h1>Grid</h1>
        <p className="quiet">The same picture for each pair of values; everything else as under Create.</p>
      </header>
      <form
        className="grid-form"
        onSubmit={(e) => {
          e.preventDefault();
          run();
        }}
      >
        <input
          className="grid-prompt"
          aria-label="Prompt"
          placeholder="What should the pictures show?"
          value={prompt}
          onChange={(e) => change({ prompt: e.target.value })}
        />
        <Side
          title="Across"
          axes={axes}
          axis={axis(c.x)}
          values={c.xs}
          onChange={(x, xs) => choice.set({ ...c, x, xs })}
        />
        <Side
          title="Down"
          axes={axes}
          axis={axis(c.y)}
          values={c.ys}
          onChange={(y, ys) => choice.set({ ...c, y, ys })}
        />
        {s?.running ? (
          <button type="button" onClick={stop}>
            Stop
          </button>
        ) : (
          <button type="submit" className="primary">
            Draw {valuesOf(axis(c.x), c.xs).length * valuesOf(axis(c.y), c.ys).length} pictures
          </button>
        )}
        {s && !s.running && (
          <button type="button" onClick={() => void download(s)}>
            Download as PNG
          </button>
        )}
      </form>
      {wrong && (
        <p className="problem" role="alert">
          {wrong}
        </p>
      )}
      {s && <Table sheet={s} />}
    </section>
  );
}

async function download(s: Sheet): Promise<void> {
  const blob = await sheetPicture(
    s.prompt,
    s.x,
    s.y,
    s.cells.map((r) => r.map((c) => c.picture?.url)),
  );
  saveBlob(blob, "grid.png");
}
