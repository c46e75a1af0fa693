// The sheet as it fills.
import type { Cell, Sheet } from "./grid-run";
import { open } from "./lightbox";

export function Table({ sheet: s }: { sheet: Sheet }) {
  return (
    <div className="sheet" tabIndex={0} role="group" aria-label="Sheet, scrolls sideways">
      <table>
        <caption className="sr">
          {s.prompt}: {s.x.label} across, {s.y.label} down
        </caption>
        <thead>
          <tr>
            <td />
            {s.x.values.map((v) => (
              <th key={v} scope="col">
                {s.x.label} {v}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {s.y.values.map((v, row) => (
            <tr key={v}>
              <th scope="row">
                {s.y.label} {v}
              </th>
              {s.cells[row].map((cell, column) => (
                <td key={column}>
                  <CellView cell={cell} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function CellView({ cell }: { cell: Cell }) {
  if (cell.picture) {
    return (
      <button className="thumb-open" onClick={() => open(cell.picture!)}>
        <img src={cell.picture.url} alt={`seed ${cell.picture.seed}`} />
      </button>
    );
  }
  return (
    <div className={`cell ${cell.state}`}>
      {cell.state === "failed" ? cell.error : <span className="sr">{cell.state}</span>}
    </div>
  );
}
