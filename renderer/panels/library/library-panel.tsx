// To be built.

export function LibraryPanel() {
  return <div className="panel" />;
}
