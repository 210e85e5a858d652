// To be built.

export function ScenePanel() {
  return <div className="panel" />;
}
