// What the server has: models, samplers, schedulers, the glossary, the account.
import { api, type Account, type Model, type Named, type Term } from "./api";
import { createStore, useStore } from "./store";

interface Catalogue {
  models: Model[];
  samplers: Named[];
  schedulers: Named[];
  glossary: Term[];
  account: Account | null;
  ready: boolean;
  trouble: string;
}

const catalogue = createStore<Catalogue>({
  models: [],
  samplers: [],
  schedulers: [],
  glossary: [],
  account: null,
  ready: false,
  trouble: "",
});

export const useCatalogue = () => useStore(catalogue);

export async function loadCatalogue(): Promise<void> {
  try {
    const [models, samplers, schedulers, glossary] = await Promise.all([
      api.models(),
      api.samplers(),
      api.schedulers(),
      api.glossary(),
    ]);
    catalogue.set((c) => ({
      ...c,
      models,
      samplers: samplers.data,
      schedulers: schedulers.data,
      glossary: glossary.data,
      ready: true,
      trouble: "",
    }));
  } catch (e) {
    catalogue.set((c) => ({ ...c, trouble: (e as Error).message }));
  }
  await refreshAccount();
  await lookAtCheckpoints();
}

/** A list of models says nothing that one would have to open the files for; a card shows it when it has been asked. */
async function lookAtCheckpoints(): Promise<void> {
  const unknown = catalogue.get().models.filter((m) => m.kind === "checkpoint" && m.settings === null);
  for (const { name } of unknown.slice(0, 60)) {
    try {
      const { settings, description, supported, good_for } = await api.model(name);
      catalogue.set((c) => ({
        ...c,
        models: c.models.map((m) => (m.name === name ? { ...m, settings, description, supported, good_for } : m)),
      }));
    } catch {
      // Its card stays as short as it is.
    }
  }
}

export async function refreshModels(): Promise<void> {
  const models = await api.models();
  catalogue.set((c) => ({ ...c, models }));
  await lookAtCheckpoints();
}

export async function refreshAccount(): Promise<void> {
  try {
    const account = await api.account();
    catalogue.set((c) => ({ ...c, account }));
  } catch {
    // The next job asks again.
  }
}

export const modelsNow = () => catalogue.get().models;

export const allowanceNow = () => catalogue.get().account?.allowance ?? null;

export function explained(glossary: Term[], word: string): string {
  const wanted = word.toLowerCase();
  const found = glossary.find(
    (t) => t.term.toLowerCase() === wanted || t.aliases.some((a) => a.toLowerCase() === wanted),
  );
  return found?.text ?? "";
}
