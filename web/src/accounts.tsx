// Keys and users of a public server, for whoever runs it.
import { useEffect, useState } from "react";
import { api, type Registered } from "./api";
import { AccountForm, NewKey } from "./account-form";
import { useCatalogue } from "./catalogue";
import { local } from "./sign-in";
import { say } from "./toasts";
import { plural, when } from "./words";

export function Accounts() {
  const { account } = useCatalogue();
  const [all, setAll] = useState<Registered[] | null>(null);
  const [made, setMade] = useState<Registered | null>(null);
  const [changed, setChanged] = useState<Registered | null>(null);
  const load = () =>
    api.accounts().then(
      ({ data }) => setAll(data),
      (e: Error) => say(e.message, { alarm: true }),
    );
  const isAdmin = account?.admin ?? false;
  useEffect(() => {
    if (isAdmin) void load();
  }, [isAdmin]);
  const add = (account: Registered) => {
    setMade(account.secret ? account : null);
    if (!account.secret) say(`${account.name} may sign in now.`);
    void load();
  };
  const kinds: [string, Registered[]][] = [
    ["Keys", (all ?? []).filter((a) => a.kind === "key")],
    ["Users", (all ?? []).filter((a) => a.kind === "user")],
  ];
  return (
    <section className="view narrow" aria-label="Accounts">
      <header className="view-head">
        <h1>Keys and users</h1>
      </header>
      {account && !isAdmin && <p className="nothing">Only administrators see them.</p>}
      {account?.user === local && (
        <p className="quiet">This server asks nobody who they are. Keys and users count when it runs with --public.</p>
      )}
      {isAdmin && (
        <details>
          <summary>Add a key or a user</summary>
          <AccountForm onDone={add} />
        </details>
      )}
      {made && <NewKey made={made} onClose={() => setMade(null)} />}
      {kinds.map(
        ([title, members]) =>
          members.length > 0 && (
            <section key={title}>
              <h2>{title}</h2>
              <ul className="rows">
                {members.map((a) => (
                  <Row
                    key={a.id}
                    account={a}
                    isOpen={changed?.id === a.id}
                    onOpen={() => setChanged(changed?.id === a.id ? null : a)}
                    onDone={() => {
                      setChanged(null);
                      void load();
                    }}
                  />
                ))}
              </ul>
            </section>
          ),
      )}
      {all?.length === 0 && <p className="nothing">There is no key and no user yet.</p>}
    </section>
  );
}

function limitsLine({ limits, priority }: Registered): string {
  const parts = [
    limits.pictures_per_day !== undefined && `${plural(limits.pictures_per_day, "picture")} a day`,
    limits.megapixel_steps_per_day !== undefined && `${limits.megapixel_steps_per_day} megapixel steps a day`,
    limits.jobs_at_once !== undefined && `${plural(limits.jobs_at_once, "job")} at once`,
    limits.largest_side !== undefined && `up to ${limits.largest_side} pixels`,
    limits.checkpoints?.length && limits.checkpoints.join(", "),
  ].filter(Boolean);
  if (!parts.length) parts.push("no limits");
  return [...parts, priority && `priority ${priority}`].filter(Boolean).join(" · ");
}

interface RowProps {
  account: Registered;
  isOpen: boolean;
  onOpen: () => void;
  onDone: () => void;
}

function Row({ account, isOpen, onOpen, onDone }: RowProps) {
  const [asked, setAsked] = useState(false);
  const revoke = account.kind === "key" ? "Revoke" : "Remove";
  const remove = () =>
    api.removeAccount(account.id).then(
      () => {
        say(`${account.name} is gone.`);
        onDone();
      },
      (e: Error) => say(e.message, { alarm: true }),
    );
  return (
    <li className="account">
      <div className="row">
        <div className="row-text">
          <p className="row-title">
            {account.name} {account.admin && <span className="badge ask">administrator</span>}
          </p>
          <p className="quiet">{limitsLine(account)}</p>
          <p className="quiet">{account.last_used ? `last used ${when(account.last_used)}` : "never used"}</p>
        </div>
        <button aria-label={`Limits of ${account.name}`} aria-expanded={isOpen} onClick={onOpen}>
          Limits
        </button>
        <button className="danger" aria-label={`${revoke} ${account.name}`} onClick={() => setAsked(true)}>
          {revoke}
        </button>
      </div>
      {asked && (
        <div className="confirm" role="alertdialog" aria-label={`Confirm: ${revoke} ${account.name}`}>
          <p>
            {revoke} {account.name}? It is refused from now on; its pictures stay.
          </p>
          <button className="danger" autoFocus onClick={() => void remove()}>
            {revoke} it
          </button>
          <button onClick={() => setAsked(false)}>Keep</button>
        </div>
      )}
      {isOpen && <AccountForm account={account} onDone={onDone} />}
    </li>
  );
}
