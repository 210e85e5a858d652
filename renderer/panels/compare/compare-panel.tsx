// To be built.

export function ComparePanel() {
  return <div className="panel" />;
}
