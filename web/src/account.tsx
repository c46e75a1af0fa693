import { useCatalogue } from "./catalogue";
import { timeOf } from "./words";

/** How much is left today, where somebody counts. */
export function Allowance() {
  const allowance = useCatalogue().account?.allowance;
  if (!allowance) return null;
  const resets = timeOf(allowance.resets);
  if (allowance.left <= 0) return <p className="allowance out">No free pictures left; more at {resets}</p>;
  return (
    <p className="allowance" title={`More at ${resets}`}>
      {allowance.left} of {allowance.limit} free pictures left today
    </p>
  );
}
