// Drawing a sheet: a job for each pair of values. It goes on while one looks at something else.
import type { JobRequest, Picture } from "./api";
import type { Axis } from "./grid-axes";
import { cancel, ended, submit } from "./jobs";
import { createStore } from "./store";

export interface Cell {
  state: "waiting" | "drawing" | "done" | "failed";
  picture?: Picture;
  error?: string;
}

export interface Sheet {
  x: { label: string; values: string[] };
  y: { label: string; values: string[] };
  prompt: string;
  cells: Cell[][];
  running: boolean;
}

export interface Values {
  axis: Axis;
  values: string[];
}

export const sheet = createStore<Sheet | null>(null);

const together = 2; // jobs handed in at once, so that others have a turn
let stopped = false;
const open = new Set<string>();

export function stop(): void {
  stopped = true;
  for (const id of open) void cancel(id);
}

export async function drawSheet(base: JobRequest, x: Values, y: Values): Promise<void> {
  stopped = false;
  sheet.set({
    x: { label: x.axis.label, values: x.values },
    y: { label: y.axis.label, values: y.values },
    prompt: base.prompt,
    cells: y.values.map(() => x.values.map(() => ({ state: "waiting" }))),
    running: true,
  });
  const todo = y.values.flatMap((_, row) => x.values.map((_, column) => [row, column]));
  const worker = async () => {
    for (let at = todo.shift(); at && !stopped; at = todo.shift()) {
      const [row, column] = at;
      const request = y.axis.apply(x.axis.apply(base, x.values[column]), y.values[row]);
      setCell(row, column, { state: "drawing" });
      setCell(row, column, await drawCell(request));
    }
  };
  await Promise.all(Array.from({ length: together }, worker));
  sheet.set((now) => now && { ...now, running: false });
}

function setCell(row: number, column: number, cell: Cell): void {
  sheet.set(
    (s) => s && { ...s, cells: s.cells.map((r, y) => (y === row ? r.map((c, x) => (x === column ? cell : c)) : r)) },
  );
}

async function drawCell(request: JobRequest): Promise<Cell> {
  const job = await submit(request);
  if (!job) {
    stopped = true; // what one job was refused for, the others would be too
    return { state: "failed", error: "not accepted" };
  }
  open.add(job.id);
  const last = await ended(job);
  open.delete(job.id);
  const picture = last.images[0];
  return picture ? { state: "done", picture } : { state: "failed", error: last.error?.message ?? last.state };
}
