import type { LicenceVerdict, Verdict } from "./api";

const words: Record<Verdict, string> = {
  yes: "commercial use allowed",
  no: "no commercial use",
  ask: "check the licence",
};

/** What may be done with a model or its pictures, in a word and a colour. */
export function Licence({ of }: { of: LicenceVerdict }) {
  const text = words[of.verdict];
  return (
    <span className={`badge ${of.verdict}`} title={[text, of.why].filter(Boolean).join(": ")}>
      <span className="dot" />
      {of.licence || text}
      {of.licence && <span className="sr"> ({text})</span>}
    </span>
  );
}
