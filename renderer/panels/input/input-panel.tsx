// To be built.

export function InputPanel() {
  return <div className="panel" />;
}
