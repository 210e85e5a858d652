// What a text typed into a number field means. Pure.

export type TypedNumber =
  | { readonly kind: 'empty' }
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'refused'; readonly why: string };

/** `check` says why the text, with a full stop for a decimal comma, cannot be taken. */
export function readTyped(text: string, check?: (text: string) => string | undefined): TypedNumber {
  const plain = text.trim().replace(',', '.');
  if (plain === '') return { kind: 'empty' };
  const value = Number(plain);
  const why = check?.(plain) ?? (Number.isFinite(value) ? undefined : 'Give a number.');
  return why === undefined ? { kind: 'number', value } : { kind: 'refused', why };
}
