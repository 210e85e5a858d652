// What a panel or a tile says where it has no picture: why, and what to do.

import { Loader } from '@mantine/core';
import type { ReactNode } from 'react';
import './panel-message.css';

export interface PanelMessageProps {
  readonly title: string;
  readonly children?: ReactNode;
  readonly busy?: boolean;
  readonly error?: boolean;
}

export function PanelMessage({ title, children, busy = false, error = false }: PanelMessageProps) {
  return (
    <div className="panel panel-message" role={error ? 'alert' : 'status'}>
      {busy && <Loader size="sm" type="dots" />}
      <p className={error ? 'panel-message-title panel-message-error' : 'panel-message-title'}>{title}</p>
      {children !== undefined && <div className="panel-message-text">{children}</div>}
    </div>
  );
}
