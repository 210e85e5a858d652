// To be built.

export function ImagesPanel() {
  return <div className="panel" />;
}
