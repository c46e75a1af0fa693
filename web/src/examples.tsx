import { change } from "./draft";
import { generate } from "./prompt";

const prompts = [
  "a red balloon in the mountains",
  "a blue castle in the mountains",
  "a snowman in winter",
  "a purple mushroom, green background",
  "a pink flower in a meadow",
  "a white rabbit and a red apple on a blue background",
];

/** Where there is nothing yet: what the starter checkpoint draws well, one click away. */
export function Examples({ title = "Say it, press Enter, watch it appear." }: { title?: string }) {
  return (
    <section className="stage empty" aria-label="Examples">
      <h2>{title}</h2>
      <p>Or begin with one of these:</p>
      <ul className="examples">
        {prompts.map((prompt) => (
          <li key={prompt}>
            <button
              onClick={() => {
                change({ prompt });
                void generate();
              }}
            >
              {prompt}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
