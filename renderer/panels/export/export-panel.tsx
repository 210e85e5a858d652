// To be built.

export function ExportPanel() {
  return <div className="panel" />;
}
