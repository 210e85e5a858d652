// Hands a file made in the window to the user, as a download.

/** A browser may read the file only some time after the click. */
const KEPT_MILLISECONDS = 60_000;

export function saveBlob(blob: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), KEPT_MILLISECONDS);
}
