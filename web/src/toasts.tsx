// Short messages at the foot of the page.
import { createStore, useStore } from "./store";

interface Toast {
  id: number;
  text: string;
  alarm: boolean;
  action?: { label: string; run: () => void };
}

const toasts = createStore<Toast[]>([]);
let last = 0;

function drop(id: number): void {
  toasts.set((all) => all.filter((t) => t.id !== id));
}

export function say(
  text: string,
  more: { alarm?: boolean; seconds?: number; action?: { label: string; run: () => void } } = {},
): void {
  if (toasts.get().some((t) => t.text === text && !more.action)) return;
  const id = ++last;
  toasts.set((all) => [...all.slice(-2), { id, text, alarm: more.alarm ?? false, action: more.action }]);
  window.setTimeout(() => drop(id), 1000 * (more.seconds ?? (more.alarm ? 10 : 4)));
}

export function Toasts() {
  const all = useStore(toasts);
  return (
    <div className="toasts" role="status" aria-live="polite">
      {all.map((t) => (
        <div key={t.id} className={t.alarm ? "toast alarm" : "toast"}>
          <span>{t.text}</span>
          {t.action && (
            <button
              className="link"
              onClick={() => {
                t.action!.run();
                drop(t.id);
              }}
            >
              {t.action.label}
            </button>
          )}
          <button className="icon" aria-label="Dismiss" onClick={() => drop(t.id)}>
            ×
          </button>
        </div>
      ))}
    </div>
  );
}
