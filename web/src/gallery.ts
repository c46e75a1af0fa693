// The pictures made so far, the newest first: as much of the list as has been looked at.
import { api, type Picture } from "./api";
import { createStore, useStore } from "./store";
import { say } from "./toasts";

export interface Filter {
  q: string;
  favourite: boolean;
  checkpoint: string;
}

interface Gallery {
  pictures: Picture[];
  next: string | null;
  filter: Filter;
  gone: string[]; // deleted, as far as the eye goes
  loading: boolean;
  loaded: boolean;
}

const everything: Filter = { q: "", favourite: false, checkpoint: "" };
const gallery = createStore<Gallery>({
  pictures: [],
  next: null,
  filter: everything,
  gone: [],
  loading: false,
  loaded: false,
});

export const useGallery = () => useStore(gallery);

let round = 0; // answers to an earlier filter are dropped

export async function show(filter: Filter = everything): Promise<void> {
  const mine = ++round;
  gallery.set((g) => ({ ...g, filter, loading: true }));
  try {
    const page = await api.images({ ...filter, limit: 40 });
    if (mine === round) {
      gallery.set((g) => ({ ...g, pictures: page.data, next: page.next, loading: false, loaded: true }));
    }
  } catch (e) {
    if (mine !== round) return;
    gallery.set((g) => ({ ...g, loading: false, loaded: true }));
    say((e as Error).message, { alarm: true });
  }
}

export async function showMore(): Promise<void> {
  const { next, filter, loading } = gallery.get();
  if (!next || loading) return;
  const mine = round;
  gallery.set((g) => ({ ...g, loading: true }));
  try {
    const page = await api.images({ ...filter, limit: 40, cursor: next });
    if (mine !== round) return;
    gallery.set((g) => ({
      ...g,
      pictures: [...g.pictures, ...page.data.filter((p) => !g.pictures.some((known) => known.id === p.id))],
      next: page.next,
      loading: false,
    }));
  } catch (e) {
    gallery.set((g) => ({ ...g, loading: false, next: mine === round ? null : g.next }));
    say((e as Error).message, { alarm: true });
  }
}

const fits = (p: Picture, f: Filter) =>
  (!f.q || p.prompt.toLowerCase().includes(f.q.toLowerCase())) &&
  (!f.favourite || p.favourite) &&
  (!f.checkpoint || p.checkpoint === f.checkpoint);

export function addPicture(picture: Picture): void {
  gallery.set((g) =>
    g.pictures.some((p) => p.id === picture.id) || !fits(picture, g.filter)
      ? g
      : { ...g, pictures: [picture, ...g.pictures] },
  );
}

function replace(id: string, fields: Partial<Picture>): void {
  gallery.set((g) => ({ ...g, pictures: g.pictures.map((p) => (p.id === id ? { ...p, ...fields } : p)) }));
}

export async function setFavourite(picture: Picture, favourite: boolean): Promise<void> {
  replace(picture.id, { favourite });
  try {
    await api.favourite(picture.id, favourite);
  } catch (e) {
    replace(picture.id, { favourite: !favourite });
    say((e as Error).message, { alarm: true });
  }
}

// Deleted for the eye at once, on the server when the time to undo is over or the page goes away.
const doomed = new Map<string, number>();
const secondsToUndo = 7;

export function remove(picture: Picture): void {
  const before = gallery.get().pictures;
  const place = before.findIndex((p) => p.id === picture.id);
  gallery.set((g) => ({
    ...g,
    pictures: g.pictures.filter((p) => p.id !== picture.id),
    gone: [...g.gone, picture.id],
  }));
  const timer = window.setTimeout(() => void destroy(picture), secondsToUndo * 1000);
  doomed.set(picture.id, timer);
  say("Picture deleted.", {
    seconds: secondsToUndo - 0.5,
    action: {
      label: "Undo",
      run: () => {
        window.clearTimeout(timer);
        doomed.delete(picture.id);
        gallery.set((g) => {
          const pictures = [...g.pictures];
          if (place >= 0) pictures.splice(place, 0, picture);
          return { ...g, pictures, gone: g.gone.filter((id) => id !== picture.id) };
        });
      },
    },
  });
}

async function destroy(picture: Picture): Promise<void> {
  doomed.delete(picture.id);
  try {
    await api.remove(picture.id);
  } catch (e) {
    say((e as Error).message, { alarm: true });
  }
}

window.addEventListener("pagehide", () => {
  for (const [id, timer] of doomed) {
    window.clearTimeout(timer);
    void api.remove(id, true);
  }
  doomed.clear();
});
