import { useCatalogue } from "./catalogue";

/** How much is left today, where somebody counts. */
export function Allowance() {
  const allowance = useCatalogue().account?.allowance;
  if (!allowance) return null;
  const resets = new Date(allowance.resets).toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" });
  if (allowance.left <= 0) return <p className="allowance out">No free pictures left; more at {resets}</p>;
  return (
    <p className="allowance" title={`More at ${resets}`}>
      {allowance.left} of {allowance.limit} <span>free pictures left today</span>
    </p>
  );
}
