// To be built.

export function SpectrumPanel() {
  return <div className="panel" />;
}
