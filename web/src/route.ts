// Which view is shown: in the address after #, so that back, reload and bookmarks work.
import { createStore, useStore } from "./store";

export const views = ["create", "history", "grid", "models", "queue"] as const;
const all = [...views, "accounts"] as const; // which has no tab: it is for few
export type View = (typeof all)[number];

const read = (): View => all.find((v) => location.hash === `#/${v}`) ?? "create";
const view = createStore<View>(read());
window.addEventListener("hashchange", () => view.set(read()));

export const useView = () => useStore(view);

export function go(to: View): void {
  location.hash = `#/${to}`;
  view.set(to); // now, not at the event: the caller may go on with what is shown
}
