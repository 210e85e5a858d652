// To be built.

export function ProblemsPanel() {
  return <div className="panel" />;
}
