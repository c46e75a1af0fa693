// Bringing models in: from an address, with progress, or from a path of the server's machine.
import { useEffect, useState, type FormEvent } from "react";
import { api, type Task } from "./api";
import { refreshModels } from "./catalogue";
import { createStore, useStore } from "./store";
import { say } from "./toasts";
import { bytes } from "./words";

interface Fetch extends Task {
  label: string; // what was asked for; `what` is what it does now
}

// Beyond the view: a pull goes on while one looks at something else.
const fetches = createStore<Fetch[]>([]);

function update(task: Task): void {
  fetches.set((all) => all.map((t) => (t.id === task.id ? { ...t, ...task } : t)));
}

async function watch(task: Task, label: string): Promise<void> {
  fetches.set((all) => [{ ...task, label }, ...all]);
  let now = task;
  while (now.state === "running" || now.state === "queued") {
    await new Promise((resolve) => window.setTimeout(resolve, 700));
    try {
      now = await api.task(task.id);
      update(now);
    } catch (e) {
      now = { ...now, state: "failed", error: { code: "", message: (e as Error).message } };
      update(now);
    }
  }
  if (now.state !== "done") return;
  say(`${now.model?.name ?? label} is in the library.`);
  fetches.set((all) => all.filter((t) => t.id !== task.id));
  await refreshModels();
}

/** Those that were begun before this page was, or elsewhere. */
async function findRunning(): Promise<void> {
  const { data } = await api.tasks();
  const known = fetches.get();
  for (const task of data) {
    if (task.state === "running" && !known.some((t) => t.id === task.id)) void watch(task, `${task.kind} under way`);
  }
}

export function Fetching() {
  const all = useStore(fetches);
  // Where there is little room the list of models comes first.
  const [open, setOpen] = useState(() => matchMedia("(min-width: 900px)").matches);
  useEffect(() => void findRunning().catch(() => {}), []);
  return (
    <>
      <details open={open} onToggle={(e) => setOpen(e.currentTarget.open)}>
        <summary>Add a model</summary>
        <div className="fetching">
          <Form
            title="Pull from an address"
            label="Address"
            placeholder="https://… , hf:org/repo or civitai:ID"
            button="Pull"
            start={(source, name) => api.pull({ source, name })}
          />
          <Form
            title="Import from this server's disk"
            label="Path"
            placeholder="/path/to/model.safetensors"
            button="Import"
            modes
            start={(path, name, mode) => api.importModel({ path, name, mode })}
          />
        </div>
      </details>
      <ul className="rows" aria-live="polite">
        {all.map((t) => (
          <Row key={t.id} task={t} />
        ))}
      </ul>
    </>
  );
}

interface FormProps {
  title: string;
  label: string;
  placeholder: string;
  button: string;
  modes?: boolean;
  start: (what: string, name: string | undefined, mode: string) => Promise<Task>;
}

function Form({ title, label, placeholder, button, modes, start }: FormProps) {
  const [what, setWhat] = useState("");
  const [name, setName] = useState("");
  const [mode, setMode] = useState("link");
  const [wrong, setWrong] = useState("");
  useEffect(() => setWrong(""), [what, name]);
  const submit = async (e: FormEvent) => {
    e.preventDefault();
    try {
      const task = await start(what.trim(), name.trim() || undefined, mode);
      setWhat("");
      setName("");
      if (task?.id && task.state) void watch(task, name.trim() || what.trim());
      else await refreshModels();
    } catch (e) {
      setWrong((e as Error).message);
    }
  };
  return (
    <form className="fetch-form" onSubmit={(e) => void submit(e)}>
      <h2>{title}</h2>
      <input
        aria-label={label}
        required
        placeholder={placeholder}
        value={what}
        onChange={(e) => setWhat(e.target.value)}
      />
      <div className="fetch-line">
        <input
          aria-label="Name (optional)"
          placeholder="name (optional)"
          value={name}
          onChange={(e) => setName(e.target.value)}
        />
        {modes && (
          <select aria-label="What happens to the file" value={mode} onChange={(e) => setMode(e.target.value)}>
            <option value="link">leave it there</option>
            <option value="copy">copy it</option>
            <option value="move">move it</option>
          </select>
        )}
        <button type="submit">{button}</button>
      </div>
      {wrong && (
        <p className="problem" role="alert">
          {wrong}
        </p>
      )}
    </form>
  );
}

function Row({ task }: { task: Fetch }) {
  const share = task.total ? task.done / task.total : 0;
  const open = task.state === "running" || task.state === "queued";
  return (
    <li className="row">
      <div className="row-text">
        <p className="row-title">{task.label}</p>
        {open && (
          <>
            <div
              className="bar"
              role="progressbar"
              aria-label={`Progress of ${task.label}`}
              aria-valuenow={Math.round(100 * share)}
            >
              <span style={{ transform: `scaleX(${share})` }} />
            </div>
            <p className="quiet">
              {[task.what, task.done > 0 && `${bytes(task.done)}${task.total ? ` of ${bytes(task.total)}` : ""}`]
                .filter(Boolean)
                .join(" · ")}
            </p>
          </>
        )}
        {!open && <p className="row-error">{task.error?.message ?? task.state}</p>}
      </div>
      {open ? (
        <button onClick={() => void api.cancelTask(task.id).catch((e) => say(e.message, { alarm: true }))}>
          Cancel
        </button>
      ) : (
        <button onClick={() => fetches.set((all) => all.filter((t) => t.id !== task.id))}>Dismiss</button>
      )}
    </li>
  );
}
