// To be built.

export function SteerPanel() {
  return <div className="panel" />;
}
