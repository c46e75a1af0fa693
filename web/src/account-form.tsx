// Makes a key or a user, or changes what one may do.
import { useId, useState, type FormEvent, type InputHTMLAttributes } from "react";
import { api, type Limits, type Registered } from "./api";
import { Field } from "./field";
import { say } from "./toasts";

const numbers: [keyof Omit<Limits, "checkpoints">, string][] = [
  ["pictures_per_day", "Pictures a day"],
  ["megapixel_steps_per_day", "Megapixel steps a day"],
  ["jobs_at_once", "Jobs at once"],
  ["largest_side", "Longest side, pixels"],
];

function limitsOf(form: FormData): Limits {
  const limits: Limits = {};
  for (const [name] of numbers) {
    const text = String(form.get(name)).trim();
    if (text) limits[name] = Number(text);
  }
  const checkpoints = String(form.get("checkpoints"))
    .split(",")
    .map((name) => name.trim())
    .filter(Boolean);
  if (checkpoints.length) limits.checkpoints = checkpoints;
  return limits;
}

export function AccountForm({ account, onDone }: { account?: Registered; onDone: (account: Registered) => void }) {
  const [kind, setKind] = useState<Registered["kind"]>("key");
  const [wrong, setWrong] = useState("");
  const isUser = (account?.kind ?? kind) === "user";
  const submit = (e: FormEvent<HTMLFormElement>) => {
    e.preventDefault();
    const form = e.currentTarget;
    const said = new FormData(form);
    const text = (name: string) => String(said.get(name) ?? "");
    const may = { limits: limitsOf(said), priority: Number(text("priority")), password: text("password") || undefined };
    const answer = account
      ? api.changeAccount(account.id, may)
      : api.addAccount({ kind, name: text("name").trim(), admin: said.has("admin"), ...may });
    answer.then(
      (done) => {
        setWrong("");
        form.reset();
        onDone(done);
      },
      (problem: Error) => setWrong(problem.message),
    );
  };
  return (
    <form className="fetch-form" onSubmit={submit}>
      {!account && (
        <div className="account-fields">
          <Field label="For">
            {(id) => (
              <select id={id} value={kind} onChange={(e) => setKind(e.target.value as Registered["kind"])}>
                <option value="key">a program: a key</option>
                <option value="user">a person: name and password</option>
              </select>
            )}
          </Field>
          <Text label="Name" name="name" required maxLength={80} />
        </div>
      )}
      <div className="account-fields">
        {isUser && (
          <Text
            label={account ? "New password" : "Password"}
            name="password"
            type="password"
            autoComplete="new-password"
            minLength={10}
            required={!account}
            placeholder={account ? "stays as it is" : "at least 10 characters"}
          />
        )}
        {numbers.map(([name, label]) => (
          <Text
            key={name}
            label={label}
            name={name}
            type="number"
            min={0}
            max={2147483647}
            placeholder="any"
            defaultValue={account?.limits[name]}
          />
        ))}
        <Text
          label="Checkpoints"
          name="checkpoints"
          placeholder="all; names between commas"
          defaultValue={account?.limits.checkpoints?.join(", ")}
        />
        <Text
          label="Priority"
          name="priority"
          type="number"
          min={-1000}
          max={1000}
          placeholder="0; higher goes first"
          defaultValue={account?.priority || undefined}
        />
      </div>
      {!account && (
        <label className="check">
          <input type="checkbox" name="admin" /> An administrator: may change models and accounts, sees everything
        </label>
      )}
      {wrong && (
        <p className="problem" role="alert">
          {wrong}
        </p>
      )}
      <div>
        <button className="primary">{account ? "Save" : isUser ? "Add the user" : "Make the key"}</button>
      </div>
    </form>
  );
}

const Text = ({ label, ...input }: { label: string } & InputHTMLAttributes<HTMLInputElement>) => (
  <Field label={label}>{(id) => <input id={id} {...input} />}</Field>
);

/** The only time it is seen: the server keeps its hash. */
export function NewKey({ made, onClose }: { made: Registered; onClose: () => void }) {
  const id = useId();
  const copy = () =>
    (navigator.clipboard?.writeText(made.secret!) ?? Promise.reject()).then(
      () => say("Copied."),
      () => say("The browser does not let a page copy here; select it and copy it yourself.", { alarm: true }),
    );
  return (
    <div className="fetch-form">
      <label htmlFor={id}>The key of {made.name}. Keep it: it is not shown again.</label>
      <div className="fetch-line">
        <input id={id} readOnly autoFocus value={made.secret} onFocus={(e) => e.target.select()} />
        <button onClick={() => void copy()}>Copy</button>
        <button onClick={onClose}>Done</button>
      </div>
    </div>
  );
}
