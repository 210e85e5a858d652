// To be built.

export function TracesPanel() {
  return <div className="panel" />;
}
