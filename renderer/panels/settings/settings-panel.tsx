// To be built.

export function SettingsPanel() {
  return <div className="panel" />;
}
