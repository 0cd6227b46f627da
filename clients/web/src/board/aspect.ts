// The shape of the picture.

/** Width divided by height of `2.39:1`, `16:9` or `1.85`; 16:9 for what cannot be read. */
export function aspectRatio(text: string): number {
  const [width, height = 1] = text.split(/[:/x]/).map(Number);
  const ratio = (width ?? Number.NaN) / height;
  return Number.isFinite(ratio) && ratio > 0.2 && ratio < 5 ? ratio : 16 / 9;
}
