// Colours of plots from the style sheet's variables, and word of it when light turns to dark.

export const SERIES_COLOURS = 8;

const attribute = 'data-mantine-color-scheme';
let known = new Map<string, string>();
let knownScheme: string | undefined;

/** The value of a CSS variable, '--lab-accent', in the present colour scheme. */
export function cssColour(variable: string): string {
  const scheme = document.documentElement.getAttribute(attribute) ?? '';
  if (scheme !== knownScheme) {
    known = new Map();
    knownScheme = scheme;
  }
  let colour = known.get(variable);
  if (colour === undefined) {
    colour = getComputedStyle(document.documentElement).getPropertyValue(variable).trim();
    known.set(variable, colour);
  }
  return colour;
}

/** Name of the variable with the colour of the n-th line; they repeat after eight. */
export function seriesVariable(index: number): string {
  return `--lab-series-${index % SERIES_COLOURS}`;
}

/** Of the n-th run of a comparison; the first colour is left to the run on show. */
export function runVariable(index: number): string {
  return seriesVariable(index + 1);
}

export function onSchemeChange(listener: () => void): () => void {
  const observer = new MutationObserver(listener);
  observer.observe(document.documentElement, { attributeFilter: [attribute] });
  return () => observer.disconnect();
}
