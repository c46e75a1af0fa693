// The X/Y grid: one picture for each pair of values, on a labelled sheet.
import { useRef, useState } from "react";
import { change, draft, requestOf, useDraft } from "./draft";
import type { JobRequest, Picture } from "./api";
import { useCatalogue } from "./catalogue";
import { saveBlob } from "./files";
import { axesOf, valuesOf, type Axis } from "./grid-axes";
import { sheetPicture } from "./grid-sheet";
import { cancel, ended, submit } from "./jobs";
import { open } from "./lightbox";
import { createKept, createStore, useStore } from "./store";

interface Cell {
  state: "waiting" | "drawing" | "done" | "failed";
  picture?: Picture;
  error?: string;
}

interface Sheet {
  x: { label: string; values: string[] };
  y: { label: string; values: string[] };
  prompt: string;
  cells: Cell[][];
  running: boolean;
}

const choice = createKept("grid", { x: "steps", y: "cfg_scale", xs: "8, 20", ys: "2, 4, 7" });
const sheet = createStore<Sheet | null>(null);
const together = 2; // jobs handed in at once, so that others have a turn

export function Grid() {
  const c = useStore(choice);
  const s = useStore(sheet);
  const { prompt, loras } = useDraft();
  const catalogue = useCatalogue();
  const stopped = useRef(false);
  const axes = axesOf(catalogue, loras);
  const axis = (name: string) => axes.find((a) => a.name === name) ?? axes[0];
  const [wrong, setWrong] = useState("");

  const run = async () => {
    const x = axis(c.x);
    const y = axis(c.y);
    const xs = valuesOf(x, c.xs);
    const ys = valuesOf(y, c.ys);
    if (!prompt.trim()) return setWrong("It needs a prompt.");
    if (!xs.length || !ys.length) return setWrong("Each side needs at least one value, separated by commas.");
    if (x.name === y.name) return setWrong("The two sides must differ.");
    setWrong("");
    stopped.current = false;
    // One seed for all, so that only what the sides say differs.
    const seed = draft.get().seed ?? Math.floor(Math.random() * 2 ** 32);
    const base: JobRequest = { ...requestOf(draft.get()), seed, count: 1 };
    sheet.set({
      x: { label: x.label, values: xs },
      y: { label: y.label, values: ys },
      prompt: base.prompt,
      cells: ys.map(() => xs.map(() => ({ state: "waiting" }))),
      running: true,
    });
    const todo = ys.flatMap((_, row) => xs.map((_, column) => [row, column]));
    const worker = async () => {
      for (let at = todo.shift(); at && !stopped.current; at = todo.shift()) {
        const [row, column] = at;
        await drawCell(row, column, y.apply(x.apply(base, xs[column]), ys[row]), stopped);
      }
    };
    await Promise.all(Array.from({ length: together }, worker));
    sheet.set((now) => now && { ...now, running: false });
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
          void run();
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
          <button type="button" onClick={() => (stopped.current = true)}>
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

function setCell(row: number, column: number, cell: Cell): void {
  sheet.set(
    (s) => s && { ...s, cells: s.cells.map((r, y) => (y === row ? r.map((c, x) => (x === column ? cell : c)) : r)) },
  );
}

async function drawCell(
  row: number,
  column: number,
  request: JobRequest,
  stopped: { current: boolean },
): Promise<void> {
  setCell(row, column, { state: "drawing" });
  const job = await submit(request);
  if (!job) {
    stopped.current = true;
    return setCell(row, column, { state: "failed", error: "not accepted" });
  }
  const watch = window.setInterval(() => stopped.current && void cancel(job.id), 300);
  const last = await ended(job);
  window.clearInterval(watch);
  const picture = last.images[0];
  setCell(
    row,
    column,
    picture ? { state: "done", picture } : { state: "failed", error: last.error?.message ?? last.state },
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

interface SideProps {
  title: string;
  axes: Axis[];
  axis: Axis;
  values: string;
  onChange: (name: string, values: string) => void;
}

function Side({ title, axes, axis, values, onChange }: SideProps) {
  const chosen = valuesOf(axis, values);
  const flip = (value: string) =>
    onChange(axis.name, (chosen.includes(value) ? chosen.filter((v) => v !== value) : [...chosen, value]).join(", "));
  return (
    <fieldset className="side">
      <legend>{title}</legend>
      <select
        aria-label={`${title}: setting`}
        value={axis.name}
        onChange={(e) => onChange(e.target.value, axes.find((a) => a.name === e.target.value)!.usual)}
      >
        {axes.map((a) => (
          <option key={a.name} value={a.name}>
            {a.label}
          </option>
        ))}
      </select>
      {axis.choices ? (
        <div className="chips" role="group" aria-label={`${title}: values`}>
          {axis.choices.map((v) => (
            <button
              key={v.name}
              type="button"
              className="chip"
              aria-pressed={chosen.includes(v.name)}
              onClick={() => flip(v.name)}
            >
              {v.label}
            </button>
          ))}
        </div>
      ) : (
        <input
          aria-label={`${title}: values, separated by commas`}
          value={values}
          onChange={(e) => onChange(axis.name, e.target.value)}
        />
      )}
    </fieldset>
  );
}

function Table({ sheet: s }: { sheet: Sheet }) {
  return (
    <div className="sheet" tabIndex={0} role="group" aria-label="Sheet, scrolls sideways">
      <table>
        <caption className="sr">
          {s.prompt}: {s.x.label} across, {s.y.label} down
        </caption>
        <thead>
          <tr>
            <td />
            {s.x.values.map((v) => (
              <th key={v} scope="col">
                {s.x.label} {v}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {s.y.values.map((v, row) => (
            <tr key={v}>
              <th scope="row">
                {s.y.label} {v}
              </th>
              {s.cells[row].map((cell, column) => (
                <td key={column}>
                  <CellView cell={cell} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function CellView({ cell }: { cell: Cell }) {
  if (cell.picture) {
    return (
      <button className="thumb-open" onClick={() => open(cell.picture!)}>
        <img src={cell.picture.url} alt={`seed ${cell.picture.seed}`} />
      </button>
    );
  }
  return (
    <div className={`cell ${cell.state}`}>
      {cell.state === "failed" ? cell.error : <span className="sr">{cell.state}</span>}
    </div>
  );
}
