// State outside of components: a value, and who is told when it changes.
import { useSyncExternalStore } from "react";

export interface Store<T> {
  get(): T;
  set(next: T | ((before: T) => T)): void;
  subscribe(listener: () => void): () => void;
}

export function createStore<T>(initial: T): Store<T> {
  let value = initial;
  const listeners = new Set<() => void>();
  return {
    get: () => value,
    set(next) {
      const now = typeof next === "function" ? (next as (before: T) => T)(value) : next;
      if (Object.is(now, value)) return;
      value = now;
      for (const listener of [...listeners]) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

export function useStore<T>(store: Store<T>): T {
  return useSyncExternalStore(store.subscribe, store.get);
}

/** A store whose value survives a reload, where the browser allows it. */
export function createKept<T>(key: string, initial: T, keep: (value: T) => unknown = (v) => v): Store<T> {
  const name = `pixelforge.${key}`;
  let start = initial;
  try {
    const kept = localStorage.getItem(name);
    if (kept) start = isRecord(initial) ? { ...initial, ...JSON.parse(kept) } : JSON.parse(kept);
  } catch {
    // Damaged or forbidden: begin anew.
  }
  const store = createStore(start);
  store.subscribe(() => {
    try {
      localStorage.setItem(name, JSON.stringify(keep(store.get())));
    } catch {
      // Full or forbidden: the page works on, it only forgets.
    }
  });
  return store;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
