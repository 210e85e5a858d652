// stub
import { PanelMessage } from './panel-message.tsx';
export function MaskEditor(_: { readonly visible: boolean }) {
  return <PanelMessage title="stub" />;
}
