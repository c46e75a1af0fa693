import type { Verdict } from "./api";

const words: Record<Verdict, string> = {
  yes: "commercial use allowed",
  no: "no commercial use",
  ask: "check the licence",
};

/** What may be done with a model or its pictures, in a word and a colour. */
export function Licence({ verdict, licence, why }: { verdict: Verdict; licence?: string; why?: string }) {
  const text = words[verdict] ?? words.ask;
  return (
    <span className={`badge ${verdict}`} title={[licence, why ?? text].filter(Boolean).join(": ")}>
      <span className="dot" />
      {licence || text}
      {licence && <span className="sr"> ({text})</span>}
    </span>
  );
}
