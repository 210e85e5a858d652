// To be built.

export function MembersPanel() {
  return <div className="panel" />;
}
