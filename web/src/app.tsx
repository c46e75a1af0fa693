import { useEffect, useState } from "react";
import { Allowance } from "./account";
import { Accounts } from "./accounts";
import { useChoosing } from "./choice";
import { loadCatalogue, useCatalogue } from "./catalogue";
import { Dialog } from "./dialog";
import { Drop } from "./drop";
import { show } from "./gallery";
import { Grid } from "./grid";
import { History } from "./history";
import { Icon } from "./icons";
import { isOpen, resume, shareOf, shownJob, useJobs } from "./jobs";
import { Lightbox } from "./lightbox";
import { Models } from "./models";
import { Prompt, promptId } from "./prompt";
import { Queue } from "./queue";
import { Recent } from "./recent";
import { go, useView, views, type View } from "./route";
import { SignedIn } from "./sign-in";
import { Settings } from "./settings";
import { Stage } from "./stage";
import { ThemeSwitch } from "./theme";
import { Toasts } from "./toasts";
import { usePlan } from "./plan";

const titles: Record<View, string> = {
  create: "Create",
  history: "History",
  grid: "Grid",
  models: "Models",
  queue: "Queue",
  accounts: "Keys and users",
};

async function begin(): Promise<void> {
  await Promise.all([loadCatalogue(), show(), resume().catch(() => {})]);
}

export function App() {
  const view = useView();
  const { trouble } = useCatalogue();
  useEffect(() => void begin(), []);
  useTitle(view);
  useEffect(() => {
    const keys = (e: KeyboardEvent) => {
      const typing = e.target instanceof Element && e.target.closest("input, textarea, select, dialog");
      if (e.key !== "/" || typing || e.ctrlKey || e.metaKey || e.altKey) return;
      e.preventDefault();
      go("create");
      window.setTimeout(() => document.getElementById(promptId)?.focus());
    };
    window.addEventListener("keydown", keys);
    return () => window.removeEventListener("keydown", keys);
  }, []);
  return (
    <>
      <Header view={view} />
      <main>
        {trouble && (
          <p className="problem banner" role="alert">
            {trouble}{" "}
            <button className="link" onClick={() => void begin()}>
              Try again
            </button>
          </p>
        )}
        {view === "create" && <Create />}
        {view === "history" && <History />}
        {view === "grid" && <Grid />}
        {view === "models" && <Models />}
        {view === "queue" && <Queue />}
        {view === "accounts" && <Accounts />}
      </main>
      <Lightbox />
      <Drop />
      <Toasts />
    </>
  );
}

/** The tab says how far the picture is, for whoever looks at another one meanwhile. */
function useTitle(view: View): void {
  const job = shownJob(useJobs());
  const drawing = job?.state === "running" ? `${Math.round(100 * shareOf(job.progress))} % · ` : "";
  useEffect(() => {
    document.title = drawing + (view === "create" ? "PixelForge" : `${titles[view]} · PixelForge`);
  }, [view, drawing]);
}

function Header({ view }: { view: View }) {
  const open = useJobs().filter(isOpen).length;
  const admin = useCatalogue().account?.admin;
  return (
    <header className="top">
      <a className="mark" href="#/create" aria-label="PixelForge">
        <img src="/icon.svg" alt="" width={26} height={26} />
        <span>PixelForge</span>
      </a>
      <nav aria-label="Views">
        {views.map((v) => (
          <a key={v} href={`#/${v}`} aria-current={v === view ? "page" : undefined}>
            {titles[v]}
            {v === "queue" && open > 0 && <span className="count">{open}</span>}
          </a>
        ))}
      </nav>
      <Allowance />
      {admin && (
        <a
          className="icon"
          href="#/accounts"
          aria-label={titles.accounts}
          title={titles.accounts}
          aria-current={view === "accounts" ? "page" : undefined}
        >
          <Icon name="key" />
        </a>
      )}
      <SignedIn />
      <ThemeSwitch />
    </header>
  );
}

function Create() {
  const { plan, problem } = usePlan();
  useChoosing();
  const [drawer, setDrawer] = useState(false);
  const wide = useWide();
  const settings = <Settings plan={plan} problem={problem} />;
  return (
    <div className="create">
      <h1 className="sr">Make a picture</h1>
      <div className="work">
        <Prompt />
        {!wide && (
          <button className="settings-button" onClick={() => setDrawer(true)}>
            <Icon name="sliders" /> Settings
            <span className="quiet">
              {plan ? `${plan.checkpoint} · ${plan.steps} steps · ${plan.width}×${plan.height}` : ""}
            </span>
          </button>
        )}
        <Stage />
        <Recent />
      </div>
      {wide && (
        <aside className="panel" aria-label="Settings">
          {settings}
        </aside>
      )}
      {!wide && drawer && (
        <Dialog label="Settings" className="drawer" onClose={() => setDrawer(false)}>
          <h2>Settings</h2>
          {settings}
        </Dialog>
      )}
    </div>
  );
}

function useWide(): boolean {
  const query = "(min-width: 900px)";
  const [wide, setWide] = useState(() => matchMedia(query).matches);
  useEffect(() => {
    const media = matchMedia(query);
    const change = () => setWide(media.matches);
    media.addEventListener("change", change);
    return () => media.removeEventListener("change", change);
  }, []);
  return wide;
}
