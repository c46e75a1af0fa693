// Who one is, on a server that asks: a visitor may sign in, a user may sign out.
import { useState, type FormEvent } from "react";
import { api } from "./api";
import { useCatalogue } from "./catalogue";
import { Dialog } from "./dialog";
import { say } from "./toasts";

export const local = "local"; // the one user of a server that is not public

// All that is shown belongs to whoever it was shown to, so the page begins anew.
const beginAnew = () => location.reload();

export function SignedIn() {
  const { account } = useCatalogue();
  const [asking, setAsking] = useState(false);
  if (!account || account.user === local) return null;
  if (account.visitor) {
    return (
      <>
        <button onClick={() => setAsking(true)}>Sign in</button>
        {asking && <SignIn onClose={() => setAsking(false)} />}
      </>
    );
  }
  const leave = () => api.signOut().then(beginAnew, (e: Error) => say(e.message, { alarm: true }));
  return (
    <button onClick={() => void leave()} title={`Signed in as ${account.user}`}>
      Sign out
    </button>
  );
}

function SignIn({ onClose }: { onClose: () => void }) {
  const [wrong, setWrong] = useState("");
  const submit = (e: FormEvent<HTMLFormElement>) => {
    e.preventDefault();
    const said = new FormData(e.currentTarget);
    api
      .signIn(String(said.get("name")), String(said.get("password")))
      .then(beginAnew, (problem: Error) => setWrong(problem.message));
  };
  return (
    <Dialog label="Sign in" className="sign-in" onClose={onClose}>
      <h2>Sign in</h2>
      <form onSubmit={submit}>
        <label>
          Name
          <input name="name" autoComplete="username" required autoFocus />
        </label>
        <label>
          Password
          <input name="password" type="password" autoComplete="current-password" required />
        </label>
        {wrong && (
          <p className="problem" role="alert">
            {wrong}
          </p>
        )}
        <button className="primary">Sign in</button>
      </form>
    </Dialog>
  );
}
